package apptest

import (
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Forger writes ops of a member's device that its own program would not write: with any clock, in any place, of any type.
type Forger struct {
	m     *Member
	tag   op.ScopeTag
	inc   uint32
	seq   uint64
	prev  op.ID
	epoch op.EpochRef
	key   op.BodyKey
	// Flags, if set, are those of an op with this clock; else there are none, as in ops of older programs.
	Flags func(at hlc.Time) uint16
}

// Forge continues the device's feed of an incarnation in a scope, as far as m has stored it, under the scope's first key.
func (m *Member) Forge(scope op.ScopeID, inc uint32) *Forger {
	m.T.Helper()
	f := m.R.Feeds().Feed(oplog.FeedKey{Tag: m.Tag(scope), Device: m.Device(), Incarnation: inc})
	g := &Forger{m: m, tag: m.Tag(scope), inc: inc, seq: f.Len, prev: f.Head}
	var ref, secret []byte
	var gen uint32
	if err := m.DB.Read().QueryRow(`SELECT ref, gen, key FROM epoch WHERE tag = ? ORDER BY gen, ref LIMIT 1`, g.tag[:]).Scan(&ref, &gen, &secret); err != nil {
		m.T.Fatal(err)
	}
	g.epoch = op.EpochRef(ref)
	e := keys.Epoch{Scope: scope, Ref: g.epoch, Gen: gen, Key: [32]byte(secret)}
	var err error
	if g.key, err = e.BodyKey(); err != nil {
		m.T.Fatal(err)
	}
	return g
}

// At is a Forger for another branch of the same feed, that begins after the op before seq.
func (g *Forger) At(seq uint64, prev op.ID) *Forger {
	c := *g
	c.seq, c.prev = seq-1, prev
	return &c
}

// Note is the next op: a note with the given clock.
func (g *Forger) Note(at hlc.Time, text string) op.Sealed {
	return g.Op(op.Content, op.Body{HLC: at, Type: TypeNote, Payload: g.pack(textPayload{text})})
}

// Title is the next op: a title by an op type of choice.
func (g *Forger) Title(typ string, at hlc.Time, entity, text string) op.Sealed {
	return g.Op(op.Content, op.Body{HLC: at, Type: typ, Entity: []byte(entity), Payload: g.pack(textPayload{text})})
}

func (g *Forger) pack(v any) []byte {
	g.m.T.Helper()
	b, err := op.Marshal(v)
	if err != nil {
		g.m.T.Fatal(err)
	}
	return b
}

// Op is the next op, of any content.
func (g *Forger) Op(kind op.Kind, b op.Body) op.Sealed {
	g.m.T.Helper()
	plain, err := op.EncodeBody(b)
	if err != nil {
		g.m.T.Fatal(err)
	}
	g.seq++
	h := op.Header{
		Version: op.Version, Kind: kind, Scope: g.tag, Device: g.m.Device(), Incarnation: g.inc, Seq: g.seq, Prev: g.prev, Epoch: g.epoch,
	}
	if g.Flags != nil {
		h.Flags = g.Flags(b.HLC)
	}
	ct, err := op.SealBody(g.key, h, plain)
	if err != nil {
		g.m.T.Fatal(err)
	}
	s := op.Sign(h, ct, g.m.ID.Device.Sign)
	g.prev = s.ID()
	return s
}

// Unsigned breaks the signature of an op and makes what follows continue it all the same.
func (g *Forger) Unsigned(s op.Sealed) op.Sealed {
	s.Sig[0] ^= 1
	g.prev = s.ID()
	return s
}

// Raw puts ops back to back, as they stand in a frame.
func Raw(ops ...op.Sealed) []byte {
	var b []byte
	for i := range ops {
		b = ops[i].AppendTo(b)
	}
	return b
}
