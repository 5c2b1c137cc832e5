package authority

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"tongzhou/sync/op"
)

// digester hashes a sequence of fields, each with its length, so that no two sequences have one input.
type digester struct{ hash.Hash }

func newDigester(domain string) digester {
	d := digester{sha256.New()}
	d.bytes([]byte(domain))
	return d
}

func (d digester) bytes(b []byte) {
	d.number(uint64(len(b)))
	d.Write(b)
}

func (d digester) number(n uint64) {
	d.Write(binary.BigEndian.AppendUint64(nil, n))
}

func (d digester) flag(b bool) {
	if b {
		d.number(1)
	} else {
		d.number(0)
	}
}

func (d digester) sum() (out [32]byte) {
	d.Sum(out[:0])
	return out
}

func (d digester) held(list []holding) {
	d.number(uint64(len(list)))
	for _, x := range list {
		d.bytes(x.op[:])
		d.number(uint64(x.measure.class))
		d.bytes([]byte(x.measure.dept))
	}
}

// itemKey is the place of one item in the trie of digests.
func itemKey(kind string, id []byte) [32]byte {
	d := newDigester(kind)
	d.bytes(id)
	return d.sum()
}

func (i *InviteState) digest() [32]byte {
	d := newDigester("tongzhou/authority/invite")
	d.bytes(i.Op[:])
	d.number(uint64(i.Uses()))
	d.flag(i.Live)
	return d.sum()
}

func (l *ruleLine) digest(v *view) [32]byte {
	d := newDigester("tongzhou/authority/rule")
	for _, s := range l.sets {
		d.bytes(v.vertices[s.vertex].id[:])
	}
	return d.sum()
}

func (t *tree) digest(ids []string) [32]byte {
	d := newDigester("tongzhou/authority/org")
	for _, id := range ids {
		n := t.nodes[id]
		d.bytes([]byte(id))
		d.bytes([]byte(n.up))
		d.flag(n.gone)
		d.bytes(n.op[:])
	}
	return d.sum()
}

// digest leaves out what differs without consequence between replicas, such as invalid and pending ops.
func teamDigest(team op.TeamID, genesis op.ID, items [32]byte) [32]byte {
	d := newDigester("tongzhou/authority/team/2")
	d.bytes(team[:])
	d.bytes(genesis[:])
	d.bytes(items[:])
	return d.sum()
}
