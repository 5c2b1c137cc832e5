package op_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

func drawBody(t *rapid.T) op.Body {
	b := op.Body{
		HLC:    hlc.Time(rapid.Uint64Range(0, uint64(hlc.Max)).Draw(t, "hlc")),
		Type:   rapid.StringMatching(`[a-z]{1,20}\.[a-z]{1,20}/[1-9]`).Draw(t, "type"),
		Entity: rapid.SliceOfN(rapid.Byte(), 0, op.MaxEntity).Draw(t, "entity"),
	}
	if rapid.Bool().Draw(t, "has payload") {
		payload, err := op.Marshal(map[int]any{1: rapid.String().Draw(t, "text"), 2: rapid.Int().Draw(t, "number")})
		if err != nil {
			t.Fatalf("payload: %v", err)
		}
		b.Payload = payload
	}
	for range rapid.IntRange(0, 4).Draw(t, "deps") {
		b.Deps = append(b.Deps, op.ID(drawBytes(t, "dep", 32)))
	}
	return b
}

func sameBody(a, b op.Body) bool {
	return a.HLC == b.HLC && a.Type == b.Type && bytes.Equal(a.Entity, b.Entity) && bytes.Equal(a.Payload, b.Payload) &&
		(len(a.Deps) == 0 && len(b.Deps) == 0 || reflect.DeepEqual(a.Deps, b.Deps))
}

func TestBodyEncodingRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := drawBody(t)
		encoded, err := op.EncodeBody(body)
		if err != nil {
			t.Fatalf("EncodeBody(%+v): %v", body, err)
		}
		got, err := op.DecodeBody(encoded)
		if err != nil || !sameBody(got, body) {
			t.Fatalf("DecodeBody = %+v, %v; want %+v", got, err, body)
		}
		again, err := op.EncodeBody(got)
		if err != nil || !bytes.Equal(again, encoded) {
			t.Fatalf("encoded again as %x, %v; want %x", again, err, encoded)
		}
	})
}

func TestBodyLimits(t *testing.T) {
	valid := op.Body{HLC: 1, Type: "a/1"}
	for name, c := range map[string]struct {
		change func(b *op.Body)
		fits   bool
	}{
		"longest type":   {func(b *op.Body) { b.Type = strings.Repeat("t", op.MaxType) }, true},
		"longer type":    {func(b *op.Body) { b.Type = strings.Repeat("t", op.MaxType+1) }, false},
		"no type":        {func(b *op.Body) { b.Type = "" }, false},
		"space in type":  {func(b *op.Body) { b.Type = "a b/1" }, false},
		"Chinese type":   {func(b *op.Body) { b.Type = "消息/1" }, false},
		"longest entity": {func(b *op.Body) { b.Entity = make([]byte, op.MaxEntity) }, true},
		"longer entity":  {func(b *op.Body) { b.Entity = make([]byte, op.MaxEntity+1) }, false},
		"most deps":      {func(b *op.Body) { b.Deps = make([]op.ID, op.MaxDeps) }, true},
		"more deps":      {func(b *op.Body) { b.Deps = make([]op.ID, op.MaxDeps+1) }, false},
		"latest time":    {func(b *op.Body) { b.HLC = hlc.Max }, true},
		"later time":     {func(b *op.Body) { b.HLC = hlc.Max + 1 }, false},
	} {
		body := valid
		c.change(&body)
		encoded, err := op.EncodeBody(body)
		if (err == nil) != c.fits || err != nil && !errors.Is(err, op.ErrBody) {
			t.Errorf("%s: EncodeBody: %v, want fit: %v", name, err, c.fits)
		}
		if err != nil { // a modified client would send it all the same
			if encoded, err = op.Marshal(body); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := op.DecodeBody(encoded); (err == nil) != c.fits || err != nil && !errors.Is(err, op.ErrBody) {
			t.Errorf("%s: DecodeBody: %v, want fit: %v", name, err, c.fits)
		}
	}
}

func TestDecodeBodyRefusesLooseEncodings(t *testing.T) {
	id := "5820" + strings.Repeat("11", 32)
	for name, c := range map[string]struct {
		hex string
		ok  bool
	}{
		"valid":                    {"a2010502613f", true},
		"valid with dep":           {"a3010502613f0581" + id, true},
		"unknown field":            {"a3010502613f1863f5", true},
		"empty":                    {"", false},
		"not a map":                {"01", false},
		"trailing byte":            {"a2010502613f00", false},
		"repeated key":             {"a3010501060261f3", false},
		"repeated type":            {"a3010502613f026140", false},
		"indefinite map":           {"bf010502613fff", false},
		"indefinite string":        {"a20105027f613fff", false},
		"tagged":                   {"d864a2010502613f", false},
		"negative time":            {"a2012002613f", false},
		"time is text":             {"a201613102613f", false},
		"type is bytes":            {"a2010502413f", false},
		"invalid UTF-8":            {"a201050261ff", false},
		"entity is text":           {"a3010502613f036161", false},
		"short dep":                {"a3010502613f0581581f" + strings.Repeat("11", 31), false},
		"long dep":                 {"a3010502613f05815821" + strings.Repeat("11", 33), false},
		"claims 4 billion entries": {"baffffffff", false},
		"claims 2^63 bytes":        {"a2010502613f035b7fffffffffffffff", false},
	} {
		body, err := op.DecodeBody(unhex(t, c.hex))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, op.ErrBody) {
			t.Errorf("%s: %+v, %v", name, body, err)
		}
	}
}

func TestUnmarshalBoundsNestingAndCount(t *testing.T) {
	var v any
	deep := append(bytes.Repeat([]byte{0x81}, 16), 0x01)
	if err := op.Unmarshal(deep, &v); err != nil {
		t.Errorf("16 levels: %v", err)
	}
	if err := op.Unmarshal(append([]byte{0x81}, deep...), &v); err == nil {
		t.Error("17 levels were accepted")
	}
	var list []int
	many, err := op.Marshal(make([]int, 4096))
	if err != nil {
		t.Fatal(err)
	}
	if err := op.Unmarshal(many, &list); err != nil {
		t.Errorf("4096 elements: %v", err)
	}
	if many, err = op.Marshal(make([]int, 4097)); err != nil {
		t.Fatal(err)
	}
	if err := op.Unmarshal(many, &list); err == nil {
		t.Error("4097 elements were accepted")
	}
}

func TestUnmarshalIsStrictAboutText(t *testing.T) {
	var text string
	if err := op.Unmarshal(unhex(t, "61ff"), &text); err == nil {
		t.Errorf("invalid UTF-8 was read as %q", text)
	}
	var named struct{ Name string }
	if err := op.Unmarshal(unhex(t, "a1646e616d656178"), &named); err != nil || named.Name != "" {
		t.Errorf("the field \"name\" was taken for \"Name\": %+v, %v", named, err)
	}
}

func TestMarshalIsDeterministic(t *testing.T) {
	type record struct {
		B []byte         `cbor:"2,keyasint"`
		A string         `cbor:"1,keyasint"`
		C map[string]int `cbor:"3,keyasint"`
	}
	want, err := op.Marshal(record{A: "a", B: nil, C: map[string]int{"bb": 1, "a": 2, "c": 3}})
	if err != nil {
		t.Fatal(err)
	}
	if got := "a3016161024003a361610261630362626201"; hexOf(want) != got {
		t.Errorf("Marshal = %x, want %s", want, got)
	}
	for range 20 {
		got, err := op.Marshal(record{A: "a", B: []byte{}, C: map[string]int{"c": 3, "a": 2, "bb": 1}})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("Marshal = %x, %v; want %x", got, err, want)
		}
	}
	if _, err := op.Marshal(cbor.Tag{Number: 100, Content: 1}); err == nil {
		t.Error("a tag was encoded")
	}
	if _, err := op.Marshal(make(chan int)); err == nil {
		t.Error("a channel was encoded")
	}
}
