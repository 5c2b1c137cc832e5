package op_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

// anyID is what all identifiers have in common.
type anyID interface {
	encoding.TextUnmarshaler
	encoding.BinaryUnmarshaler
	MarshalText() ([]byte, error)
	MarshalBinary() ([]byte, error)
	String() string
	IsZero() bool
}

func identifiers() map[string]struct {
	fresh func() anyID
	size  int
} {
	return map[string]struct {
		fresh func() anyID
		size  int
	}{
		"TeamID":   {func() anyID { return new(op.TeamID) }, 16},
		"ScopeID":  {func() anyID { return new(op.ScopeID) }, 16},
		"ScopeTag": {func() anyID { return new(op.ScopeTag) }, 16},
		"UserID":   {func() anyID { return new(op.UserID) }, 16},
		"DeviceID": {func() anyID { return new(op.DeviceID) }, 16},
		"ID":       {func() anyID { return new(op.ID) }, 32},
		"EpochRef": {func() anyID { return new(op.EpochRef) }, 8},
		"Ref":      {func() anyID { return new(op.Ref) }, 28},
	}
}

func TestIdentifiersRoundTrip(t *testing.T) {
	for name, kind := range identifiers() {
		t.Run(name, func(t *testing.T) {
			if !kind.fresh().IsZero() {
				t.Error("the zero value is not zero")
			}
			rapid.Check(t, func(t *rapid.T) {
				raw := drawBytes(t, "id", kind.size)
				id := kind.fresh()
				if err := id.UnmarshalBinary(raw); err != nil {
					t.Fatal(err)
				}
				if back, err := id.MarshalBinary(); err != nil || !bytes.Equal(back, raw) {
					t.Fatalf("binary %x, %v; want %x", back, err, raw)
				}
				if id.IsZero() != bytes.Equal(raw, make([]byte, kind.size)) {
					t.Fatalf("IsZero() of %x = %v", raw, id.IsZero())
				}
				text := id.String()
				if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz234567") != "" {
					t.Fatalf("text form %q", text)
				}
				parsed := kind.fresh()
				if err := parsed.UnmarshalText([]byte(text)); err != nil || parsed.String() != text {
					t.Fatalf("%q was read as %v, %v", text, parsed, err)
				}
				encoded, err := json.Marshal(id)
				if err != nil || string(encoded) != `"`+text+`"` {
					t.Fatalf("JSON %s, %v", encoded, err)
				}
				packed, err := op.Marshal(id)
				if err != nil || !bytes.HasSuffix(packed, raw) || len(packed) > kind.size+2 {
					t.Fatalf("CBOR %x, %v; want a byte string of %x", packed, err, raw)
				}
				unpacked := kind.fresh()
				if err := op.Unmarshal(packed, unpacked); err != nil || unpacked.String() != text {
					t.Fatalf("CBOR was read as %v, %v", unpacked, err)
				}
			})
		})
	}
}

func TestIdentifiersHaveOneForm(t *testing.T) {
	for name, kind := range identifiers() {
		t.Run(name, func(t *testing.T) {
			text := kind.fresh().String() // all "a"
			for what, wrong := range map[string]string{
				"empty":         "",
				"short":         text[1:],
				"long":          text + "a",
				"upper case":    strings.ToUpper(text),
				"line break":    text[1:] + "\n",
				"break inside":  "a\n" + text[2:],
				"padding":       text[1:] + "=",
				"strange digit": "0" + text[1:],
				"Chinese":       "同" + text[3:],
			} {
				if err := kind.fresh().UnmarshalText([]byte(wrong)); !errors.Is(err, op.ErrID) {
					t.Errorf("%s %q: %v", what, wrong, err)
				}
			}
			if kind.size*8%5 != 0 { // the last character has bits to spare
				if wrong := text[1:] + "b"; kind.fresh().UnmarshalText([]byte(wrong)) == nil {
					t.Errorf("%q with stray bits was accepted", wrong)
				}
			}
			for _, size := range []int{0, kind.size - 1, kind.size + 1} {
				if err := kind.fresh().UnmarshalBinary(make([]byte, size)); !errors.Is(err, op.ErrID) {
					t.Errorf("%d bytes: %v", size, err)
				}
			}
		})
	}
}

func TestParseFunctionsReadTheTextForm(t *testing.T) {
	text16, text32, text8 := op.TeamID{1}.String(), op.ID{1}.String(), op.EpochRef{1}.String()
	team, err1 := op.ParseTeamID(text16)
	scope, err2 := op.ParseScopeID(text16)
	tag, err3 := op.ParseScopeTag(text16)
	user, err4 := op.ParseUserID(text16)
	device, err5 := op.ParseDeviceID(text16)
	id, err6 := op.ParseID(text32)
	epoch, err7 := op.ParseEpochRef(text8)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		t.Fatal(err)
	}
	if team[0] != 1 || scope[0] != 1 || tag[0] != 1 || user[0] != 1 || device[0] != 1 || id[0] != 1 || epoch[0] != 1 {
		t.Error("an identifier was not read")
	}
	want := op.Ref{Device: device, Incarnation: 2, Seq: 3}
	if ref, err := op.ParseRef(want.String()); err != nil || ref != want {
		t.Errorf("ParseRef = %+v, %v; want %+v", ref, err, want)
	}
	if ref, err := op.RefFromBytes(want.Bytes()); err != nil || ref != want {
		t.Errorf("RefFromBytes = %+v, %v; want %+v", ref, err, want)
	}
}

func TestRefBytesSortLikeFeeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) op.Ref {
			return op.Ref{
				Device:      op.DeviceID{rapid.Byte().Draw(t, label+" device")},
				Incarnation: rapid.Uint32().Draw(t, label+" incarnation"),
				Seq:         rapid.Uint64().Draw(t, label+" seq"),
			}
		}
		a, b := draw("a"), draw("b")
		if a.Device == b.Device && a.Incarnation == b.Incarnation && (a.Seq < b.Seq) != (bytes.Compare(a.Bytes(), b.Bytes()) < 0) {
			t.Fatalf("%x and %x are in the wrong order", a.Bytes(), b.Bytes())
		}
	})
}
