package keys

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/iotest"

	"tongzhou/sync/op"
)

func TestEpochGenerations(t *testing.T) {
	first := newEpoch(t, scope)
	if first.Gen != 1 || len(first.Parents) != 0 {
		t.Errorf("first epoch %v with parents %v", first, first.Parents)
	}
	second := newEpoch(t, scope, first)
	beside := newEpoch(t, scope, first)
	third := newEpoch(t, scope, second)
	merged := newEpoch(t, scope, beside, third, beside)
	if second.Gen != 2 || beside.Gen != 2 || third.Gen != 3 || merged.Gen != 4 {
		t.Errorf("generations %d %d %d %d", second.Gen, beside.Gen, third.Gen, merged.Gen)
	}
	if !slices.IsSortedFunc(merged.Parents, compareRefs) || len(merged.Parents) != 2 {
		t.Errorf("parents %v", merged.Parents)
	}
	if second.Key == beside.Key || second.Ref == beside.Ref || second.Commit() == beside.Commit() {
		t.Error("two epochs are one")
	}
}

func TestNewEpochRefusesWhatDoesNotFit(t *testing.T) {
	if _, err := NewEpoch(fixed(1), scope, newEpoch(t, op.ScopeID{3})); !errors.Is(err, ErrEpoch) {
		t.Errorf("parent of another scope: %v", err)
	}
	if _, err := NewEpoch(fixed(1), scope, Epoch{Scope: scope, Gen: math.MaxUint32}); !errors.Is(err, ErrEpoch) {
		t.Errorf("last generation: %v", err)
	}
	var parents []Epoch
	for range MaxParents + 1 {
		parents = append(parents, newEpoch(t, scope))
	}
	if _, err := NewEpoch(fixed(1), scope, parents...); !errors.Is(err, ErrEpoch) {
		t.Errorf("%d parents: %v", len(parents), err)
	}
	broken := errors.New("no entropy")
	if _, err := NewEpoch(iotest.ErrReader(broken), scope); !errors.Is(err, broken) {
		t.Errorf("no randomness: %v", err)
	}
}

func TestBodyKeyIsOfOneEpoch(t *testing.T) {
	a, b := newEpoch(t, scope), newEpoch(t, scope)
	h := op.Header{Version: op.Version, Kind: op.Content, Seq: 1, Epoch: a.Ref}
	keyA, err := a.BodyKey()
	if err != nil {
		t.Fatal(err)
	}
	keyB, err := b.BodyKey()
	if err != nil {
		t.Fatal(err)
	}
	ct, err := op.SealBody(keyA, h, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := op.OpenBody(keyA, h, ct); err != nil || string(got) != "text" {
		t.Errorf("OpenBody = %q, %v", got, err)
	}
	if _, err := op.OpenBody(keyB, h, ct); err == nil {
		t.Error("the key of another epoch opens it")
	}
}

func TestBoxOpensOnlyForItsPurpose(t *testing.T) {
	dev, other := newDevice(t, 1), newDevice(t, 2)
	ref := op.EpochRef{3}
	key := [32]byte{4}
	sealed, err := Seal(dev.Box.PublicKey().Bytes(), team, scope, ref, dev.ID, key)
	if err != nil || len(sealed) != BoxSize {
		t.Fatalf("Seal: %d bytes, %v", len(sealed), err)
	}
	if got, err := Open(dev.Box, team, scope, ref, dev.ID, sealed); err != nil || got != key {
		t.Fatalf("Open = %x, %v", got, err)
	}
	for name, open := range map[string]func() ([32]byte, error){
		"another key":    func() ([32]byte, error) { return Open(other.Box, team, scope, ref, dev.ID, sealed) },
		"another team":   func() ([32]byte, error) { return Open(dev.Box, op.TeamID{9}, scope, ref, dev.ID, sealed) },
		"another scope":  func() ([32]byte, error) { return Open(dev.Box, team, op.ScopeID{9}, ref, dev.ID, sealed) },
		"another epoch":  func() ([32]byte, error) { return Open(dev.Box, team, scope, op.EpochRef{9}, dev.ID, sealed) },
		"another device": func() ([32]byte, error) { return Open(dev.Box, team, scope, ref, other.ID, sealed) },
		"cut":            func() ([32]byte, error) { return Open(dev.Box, team, scope, ref, dev.ID, sealed[:BoxSize-1]) },
		"nothing":        func() ([32]byte, error) { return Open(dev.Box, team, scope, ref, dev.ID, nil) },
	} {
		if got, err := open(); !errors.Is(err, ErrBox) || got != [32]byte{} {
			t.Errorf("%s: %x, %v; want %v", name, got, err, ErrBox)
		}
	}
	for bit := 0; bit < 8*BoxSize; bit += 37 {
		if _, err := Open(dev.Box, team, scope, ref, dev.ID, flip(sealed, bit)); !errors.Is(err, ErrBox) {
			t.Fatalf("bit %d flipped: %v", bit, err)
		}
	}
	pub, err := boxKEM().NewPublicKey(dev.recipient().BoxPub)
	if err != nil {
		t.Fatal(err)
	}
	short, err := hpke.Seal(pub, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), boxInfo(team, scope, ref, dev.ID), key[:31])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dev.Box, team, scope, ref, dev.ID, short); !errors.Is(err, ErrBox) {
		t.Errorf("a key of 31 bytes: %v", err)
	}
	if again, err := Seal(dev.Box.PublicKey().Bytes(), team, scope, ref, dev.ID, key); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("two boxes are equal: %v", err)
	}
	if _, err := Seal(nil, team, scope, ref, dev.ID, key); err == nil {
		t.Error("sealed to nobody")
	}
}

// K2: a key that is handed over by itself must be the one that the ref stands for.
func TestEpochCheck(t *testing.T) {
	scope := op.ScopeID{1}
	first, err := NewEpoch(fixed(1), scope)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEpoch(fixed(2), scope, first)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.Check(), e.Check()); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*Epoch){
		"key":        func(x *Epoch) { x.Key[0] ^= 1 },
		"generation": func(x *Epoch) { x.Gen++ },
		"none":       func(x *Epoch) { x.Gen = 0 },
		"parents":    func(x *Epoch) { x.Parents = nil },
		"scope":      func(x *Epoch) { x.Scope[0] ^= 1 },
		"ref":        func(x *Epoch) { x.Ref[0] ^= 1 },
	} {
		x := e
		if change(&x); !errors.Is(x.Check(), ErrCommit) {
			t.Errorf("%s: %v", what, x.Check())
		}
	}
}

// K9: the mark of a member log's epoch survives its encoding, and is absent from others'.
func TestLogMark(t *testing.T) {
	e, err := NewEpoch(fixed(1), op.ScopeID{1})
	if err != nil {
		t.Fatal(err)
	}
	n := announce(t, e, FullHistory, nil)
	plain, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	n.Log = true
	marked, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeEpochNew(marked)
	if err != nil || !got.Log || len(marked) != len(plain)+2 {
		t.Fatalf("%v, %v, %d and %d bytes", got.Log, err, len(marked), len(plain))
	}
}
