package keys

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
)

// Every device of a scope gets the key, in as many ops as it takes; nobody else does (R2, R20).
func TestAnnounceReachesEveryRecipient(t *testing.T) {
	const members = 2*MaxBoxes + 5
	devices := make([]Device, members)
	var to []Recipient
	for i := range devices {
		devices[i] = newDevice(t, byte(i))
		to = append(to, devices[i].recipient())
	}
	e := newEpoch(t, scope)
	n, adds, err := e.Announce(rand.Reader, team, FullHistory, nil, Digest{1}, to)
	if err != nil || len(n.Boxes) != MaxBoxes || len(adds) != 2 || len(adds[0].Boxes) != MaxBoxes || len(adds[1].Boxes) != 5 {
		t.Fatalf("%d boxes and %d adds, %v", len(n.Boxes), len(adds), err)
	}
	for i, d := range devices {
		var got Epoch
		if i < MaxBoxes {
			got, err = n.Open(team, d.ID, d.Box)
		} else {
			got, err = adds[i/MaxBoxes-1].Open(team, d.ID, d.Box)
		}
		if err != nil || got.Key != e.Key || got.Ref != e.Ref || got.Gen != e.Gen || got.Scope != e.Scope {
			t.Errorf("device %d opens %v, %v", i, got, err)
		}
	}
	stranger := newDevice(t, 200)
	if _, err := n.Open(team, stranger.ID, stranger.Box); !errors.Is(err, ErrNoBox) {
		t.Errorf("stranger: %v", err)
	}
	if _, err := n.Open(team, devices[0].ID, stranger.Box); !errors.Is(err, ErrBox) {
		t.Errorf("stranger with another's box: %v", err)
	}
	if _, err := n.Open(op.TeamID{9}, devices[0].ID, devices[0].Box); !errors.Is(err, ErrBox) {
		t.Errorf("another team: %v", err)
	}
}

func TestRootOpensItsBoxes(t *testing.T) {
	root := newRoot(t, 1)
	e := newEpoch(t, scope)
	n := announce(t, e, FullHistory, nil, Recipient{Device: root.Device(), BoxPub: root.BoxPub()})
	if got, err := n.Open(team, root.Device(), root.Box); err != nil || got.Key != e.Key {
		t.Errorf("the recovery seed opens %v, %v", got, err)
	}
}

func TestLargestAnnouncementFitsOneOp(t *testing.T) {
	var parents []Epoch
	for range MaxParents {
		parents = append(parents, newEpoch(t, scope))
	}
	e := newEpoch(t, scope, parents...)
	to := make([]Recipient, MaxBoxes)
	for i := range to {
		to[i] = newDevice(t, byte(i)).recipient()
	}
	n := announce(t, e, FullHistory, parents, to...)
	payload, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	body, err := op.EncodeBody(op.Body{HLC: 1 << 60, Type: TypeEpochNew, Payload: payload, Deps: make([]op.ID, op.MaxDeps)})
	if err != nil {
		t.Fatal(err)
	}
	key, err := chacha20poly1305.NewX(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	ct, err := op.SealBody(key, op.Header{Version: op.Version, Kind: op.Epoch, Seq: 1}, body)
	if err != nil || len(ct) > op.MaxCiphertext {
		t.Errorf("%d bytes: %v", len(ct), err)
	}
}

// An author who hands out unequal keys, or a box under a false commitment, is found out.
func TestOpenComparesWithTheCommitment(t *testing.T) {
	dev := newDevice(t, 1)
	e, forged := newEpoch(t, scope), newEpoch(t, scope)
	n := announce(t, e, FullHistory, nil, dev.recipient())
	sealed, err := Seal(dev.recipient().BoxPub, team, scope, e.Ref, dev.ID, forged.Key)
	if err != nil {
		t.Fatal(err)
	}
	good := n.Boxes
	n.Boxes = []Box{{Device: dev.ID, Sealed: sealed}}
	if _, err := n.Open(team, dev.ID, dev.Box); !errors.Is(err, ErrCommit) {
		t.Errorf("another key than announced: %v, want %v", err, ErrCommit)
	}
	n.Boxes = append(n.Boxes, Box{Device: dev.ID, Sealed: make([]byte, BoxSize)})
	n.Boxes = append(n.Boxes, good...) // a later box of the same device is the right one
	if got, err := n.Open(team, dev.ID, dev.Box); err != nil || got.Key != e.Key {
		t.Errorf("a right box behind wrong ones: %v, %v", got, err)
	}
}

func TestAnnouncementEncoding(t *testing.T) {
	dev := newDevice(t, 1)
	first := newEpoch(t, scope)
	second := newEpoch(t, scope, first)
	n := announce(t, second, FullHistory, []Epoch{first}, dev.recipient())
	encoded, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeEpochNew(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := got.Open(team, dev.ID, dev.Box); err != nil || e.Key != second.Key || len(e.Parents) != 1 || e.Parents[0] != first.Ref {
		t.Errorf("opened as %v with parents %v, %v", e, e.Parents, err)
	}
	if again, err := got.Marshal(); err != nil || !bytes.Equal(again, encoded) {
		t.Errorf("encoded again as %x, %v; want %x", again, err, encoded)
	}
	adds, err := second.Add(team, []Recipient{dev.recipient()})
	if err != nil || len(adds) != 1 {
		t.Fatalf("%d adds, %v", len(adds), err)
	}
	if encoded, err = adds[0].Marshal(); err != nil {
		t.Fatal(err)
	}
	add, err := DecodeEpochAdd(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := add.Open(team, dev.ID, dev.Box); err != nil || e.Key != second.Key || e.Gen != 2 {
		t.Errorf("added box opened as %v, %v", e, err)
	}
}

func TestDecodeRefusesFalseAnnouncements(t *testing.T) {
	dev := newDevice(t, 1)
	a, b := newEpoch(t, scope), newEpoch(t, scope)
	child := newEpoch(t, scope, a, b)
	for name, change := range map[string]func(n *EpochNew){
		"scope":             func(n *EpochNew) { n.Scope[0]++ },
		"ref":               func(n *EpochNew) { n.Ref[0]++ },
		"gen":               func(n *EpochNew) { n.Gen++ },
		"gen 0":             func(n *EpochNew) { n.Gen = 0; renameAs(n) },
		"gen 1 with parent": func(n *EpochNew) { n.Gen = 1; renameAs(n) },
		"gen 2 without":     func(n *EpochNew) { n.Parents, n.Back = nil, nil; renameAs(n) },
		"commitment":        func(n *EpochNew) { n.KeyCommit[0]++ },
		"parents swapped":   func(n *EpochNew) { n.Parents[0], n.Parents[1] = n.Parents[1], n.Parents[0]; renameAs(n) },
		"parent repeated":   func(n *EpochNew) { n.Parents[1] = n.Parents[0]; renameAs(n) },
		"too many parents": func(n *EpochNew) {
			n.Parents, n.Back = nil, nil
			for i := range MaxParents + 1 {
				n.Parents = append(n.Parents, op.EpochRef{byte(i)})
			}
			renameAs(n)
		},
		"one key back":   func(n *EpochNew) { n.Back = n.Back[:1] },
		"short key back": func(n *EpochNew) { n.Back[0] = n.Back[0][1:] },
		"short box":      func(n *EpochNew) { n.Boxes[0].Sealed = n.Boxes[0].Sealed[1:] },
		"too many boxes": func(n *EpochNew) {
			for len(n.Boxes) <= MaxBoxes {
				n.Boxes = append(n.Boxes, n.Boxes[0])
			}
		},
	} {
		n := announce(t, child, FullHistory, []Epoch{a, b}, dev.recipient())
		change(&n)
		encoded, err := n.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeEpochNew(encoded); !errors.Is(err, ErrEpoch) {
			t.Errorf("%s: DecodeEpochNew: %v, want %v", name, err, ErrEpoch)
		}
		if len(n.Back) != 2 || len(n.Back[0]) != backSize {
			continue // an added box does not carry them
		}
		if encoded, err = n.add().Marshal(); err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeEpochAdd(encoded); !errors.Is(err, ErrEpoch) {
			t.Errorf("%s: DecodeEpochAdd: %v, want %v", name, err, ErrEpoch)
		}
	}
	for _, junk := range [][]byte{nil, {0xa0}, {0xff}, {0x01}} {
		if _, err := DecodeEpochNew(junk); !errors.Is(err, ErrEpoch) {
			t.Errorf("%x: %v", junk, err)
		}
		if _, err := DecodeEpochAdd(junk); !errors.Is(err, ErrEpoch) {
			t.Errorf("%x: %v", junk, err)
		}
	}
}

// renameAs makes the ref fit the changed rest.
func renameAs(n *EpochNew) { n.Ref = epochRef(n.Scope, n.Gen, n.Parents, n.KeyCommit) }

func TestDigestHasExactly32Bytes(t *testing.T) {
	e := newEpoch(t, scope)
	n := announce(t, e, FullHistory, nil)
	encoded, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	roster := append([]byte{0x05, 0x58, 0x20}, n.RosterDigest[:]...)
	short := bytes.Replace(encoded, roster, append([]byte{0x05, 0x58, 0x1f}, n.RosterDigest[:31]...), 1)
	if bytes.Equal(short, encoded) {
		t.Fatal("the digest was not found")
	}
	if _, err := DecodeEpochNew(short); !errors.Is(err, ErrEpoch) {
		t.Errorf("a digest of 31 bytes: %v", err)
	}
}

func TestCheckParents(t *testing.T) {
	a := newEpoch(t, scope)
	b := newEpoch(t, scope, a)
	c := newEpoch(t, scope, a, b)
	book := map[op.EpochRef]EpochNew{}
	for _, e := range []struct {
		epoch   Epoch
		parents []Epoch
	}{{a, nil}, {b, []Epoch{a}}, {c, []Epoch{a, b}}} {
		book[e.epoch.Ref] = announce(t, e.epoch, FullHistory, e.parents)
	}
	find := func(ref op.EpochRef) (EpochNew, bool) { n, ok := book[ref]; return n, ok }
	for ref, n := range book {
		if ok, err := n.CheckParents(find); !ok || err != nil {
			t.Errorf("epoch %s: %v, %v", ref, ok, err)
		}
	}
	greedy := book[c.Ref]
	for _, gen := range []uint32{1, 2, 4, 1<<32 - 1} {
		greedy.Gen = gen
		if ok, err := greedy.CheckParents(find); ok || !errors.Is(err, ErrEpoch) {
			t.Errorf("gen %d instead of 3: %v, %v", gen, ok, err)
		}
	}
	last := book[a.Ref]
	last.Gen = 1<<32 - 1 // one more is zero
	greedy.Gen = 1
	if ok, err := greedy.CheckParents(func(op.EpochRef) (EpochNew, bool) { return last, true }); ok || !errors.Is(err, ErrEpoch) {
		t.Errorf("gen 1 after the last: %v, %v", ok, err)
	}
	moved := book[c.Ref]
	moved.Scope = op.ScopeID{9}
	if ok, err := moved.CheckParents(find); ok || !errors.Is(err, ErrEpoch) {
		t.Errorf("parents of another scope: %v, %v", ok, err)
	}
	third := book[c.Ref]
	delete(book, a.Ref)
	if ok, err := third.CheckParents(find); ok || err != nil {
		t.Errorf("unknown parent: %v, %v; want false and no error", ok, err)
	}
}
