package authority

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"slices"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Entry is a control op as the audit shows it (R139, R140).
type Entry struct {
	Op      op.ID
	Ref     op.Ref
	Device  op.DeviceID
	User    op.UserID // for whom the device speaks; zero if nobody knows it
	At      hlc.Time
	Type    string
	Payload []byte
	Verdict Verdict
	Reason  Reason
}

// Feed is one device's chain of control ops under one incarnation.
type Feed struct {
	Device      op.DeviceID
	Incarnation uint32
}

// Compare orders feeds by device and incarnation.
func (f Feed) Compare(o Feed) int {
	return cmp.Or(bytes.Compare(f.Device[:], o.Device[:]), cmp.Compare(f.Incarnation, o.Incarnation))
}

// Entries returns every control op of the team in the order (lamport, opid); pending ones come last, by their clock. The
// slice is shared and must not change.
func (s *State) Entries() []Entry {
	s.lazy.entries.Do(func() {
		order := make([]int32, len(s.view.vertices))
		for n := range order {
			order[n] = int32(n)
		}
		slices.SortFunc(order, s.view.older)
		out := make([]Entry, 0, len(order)+len(s.pending))
		for _, n := range order {
			out = append(out, s.entry(s.view.vertices[n].op))
		}
		rest := slices.Clone(s.pending)
		slices.SortFunc(rest, func(a, b *Op) int { return cmp.Or(cmp.Compare(a.HLC, b.HLC), compareIDs(a.ID, b.ID)) })
		for _, o := range rest {
			out = append(out, s.entry(o))
		}
		s.lazy.audit = out
	})
	return s.lazy.audit
}

func (s *State) entry(o *Op) Entry {
	user, _ := s.devices.get(o.Device)
	st := s.Status(o.ID)
	return Entry{
		Op: o.ID, Ref: o.Ref, Device: o.Device, User: user, At: o.HLC, Type: o.Type, Payload: o.Payload,
		Verdict: st.Verdict, Reason: st.Reason,
	}
}

// PastOf returns how far each control feed lies in the op's past, itself included: the highest seq. It is nil for an op
// that is not there or pending.
func (s *State) PastOf(id op.ID) map[Feed]uint64 {
	at := slices.IndexFunc(s.view.vertices, func(v vertex) bool { return v.id == id })
	if at < 0 {
		return nil
	}
	out := map[Feed]uint64{}
	seen := make([]bool, at+1)
	seen[at] = true
	for n := at; n >= 0; n-- { // the past of an op has smaller numbers
		if !seen[n] {
			continue
		}
		v := &s.view.vertices[n]
		feed := Feed{v.ref.Device, v.ref.Incarnation}
		out[feed] = max(out[feed], v.ref.Seq)
		for _, p := range v.past {
			seen[p] = true
		}
	}
	return out
}

// Council returns how many of how many keys can replace an owner; 0, 0 without a council.
func (s *State) Council() (k, n int) { return int(s.council.K), len(s.council.Keys) }

// CouncilIndex is the place of a key in the council, false for one that is not of it.
func (s *State) CouncilIndex(pub ed25519.PublicKey) (uint8, bool) {
	i := slices.IndexFunc(s.council.Keys, func(k []byte) bool { return bytes.Equal(k, pub) })
	return uint8(max(i, 0)), i >= 0
}
