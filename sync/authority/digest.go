package authority

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"

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

func (d digester) sum() (out [32]byte) {
	d.Sum(out[:0])
	return out
}

func (d digester) holdings(h holdings) {
	users := slices.SortedFunc(maps.Keys(h), func(a, b op.UserID) int { return bytes.Compare(a[:], b[:]) })
	d.number(uint64(len(users)))
	for _, u := range users {
		d.bytes(u[:])
		d.number(uint64(len(h[u])))
		for _, x := range h[u] {
			d.bytes(x.op[:])
			d.number(uint64(x.measure.class))
			d.bytes([]byte(x.measure.dept))
		}
	}
}

// computeDigest leaves out what differs without consequence between replicas, such as invalid and pending ops.
func (s *State) computeDigest() [32]byte {
	d := newDigester("tongzhou/authority/team")
	d.bytes(s.team[:])
	d.bytes(s.genesis[:])
	d.holdings(s.held)
	users := append(s.Users(), s.Former()...)
	slices.SortFunc(users, func(a, b User) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	d.number(uint64(len(users)))
	for _, u := range users {
		d.bytes(u.RootPub)
		d.bytes(u.RootBox)
		d.number(uint64(len(u.Devices)))
		for _, v := range u.Devices {
			for _, field := range [][]byte{v.SignPub, v.BoxPub, v.PeerPub, []byte(v.Name)} {
				d.bytes(field)
			}
		}
	}
	invites := s.Invites()
	d.number(uint64(len(invites)))
	for _, i := range invites {
		d.bytes(i.Op[:])
		d.number(uint64(i.Uses()))
		if i.Live {
			d.number(1)
		} else {
			d.number(0)
		}
	}
	d.number(uint64(len(s.revoked)))
	for _, r := range s.revoked {
		d.bytes(r.Op[:])
	}
	return d.sum()
}
