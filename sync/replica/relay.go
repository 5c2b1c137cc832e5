package replica

import (
	"bytes"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file says what this device can prove to a blind relay: which scopes it reads, and who belongs to the team.

// RelayClaim is what opens a scope at a relay.
type RelayClaim struct {
	Tag     op.ScopeTag
	Ref     op.EpochRef // of the epoch; zero for the bootstrap key
	Cap     keys.RelayCap
	Earlier []keys.RelayCap // those that it may follow, nearest first
}

// maxEarlier bounds RelayClaim.Earlier: what a relay takes of one capability.
const maxEarlier = 16

// RelayClaims lists, for every scope that this device reads or holds a key of without knowing yet what it is, the epochs that
// nothing follows here. A device that lost its access claims nothing.
func (r *Replica) RelayClaims() []RelayClaim {
	if r.Gone() {
		return nil
	}
	w := r.world.Load()
	var out []RelayClaim
	_, known := w.auth.Device(r.id.Device.ID)
	for tag, s := range w.scopes {
		newcomer := tag == r.teamTag.control && !known // follows the log before it is in it
		if len(s.members) > 0 && !s.readers[r.id.Device.ID] && !newcomer {
			continue
		}
		heads := r.relayHeads(w, s)
		for _, x := range heads {
			out = append(out, r.relayClaim(s, x, false))
		}
		if len(heads) == 0 && tag == r.teamTag.control {
			out = append(out, RelayClaim{Tag: tag, Cap: r.id.TeamSecret.RelayCap(tag)})
		}
	}
	slices.SortFunc(out, func(a, b RelayClaim) int {
		if c := bytes.Compare(a.Tag[:], b.Tag[:]); c != 0 {
			return c
		}
		return bytes.Compare(a.Ref[:], b.Ref[:])
	})
	return out
}

// RelayLine lists the held epochs of a scope, the earliest first: a relay that knows all of them lets in, as far as they may,
// also those who hold only an earlier one.
func (r *Replica) RelayLine(tag op.ScopeTag) []RelayClaim {
	s := r.world.Load().scopes[tag]
	if s == nil || s.id.IsZero() {
		return nil
	}
	var out []RelayClaim
	if tag == r.teamTag.control {
		out = append(out, RelayClaim{Tag: tag, Cap: r.id.TeamSecret.RelayCap(tag)})
	}
	for _, x := range r.epochs.all(tag) {
		if x.held() {
			out = append(out, r.relayClaim(s, x, true))
		}
	}
	return out
}

// relayHeads are the held epochs that no other held one follows, of those that may be written under where that can be judged.
func (r *Replica) relayHeads(w *world, s *scope) []*epoch {
	if s.id.IsZero() {
		return nil
	}
	var heads []*epoch
	if len(s.members) > 0 {
		for _, l := range linesOf(s) {
			heads = append(heads, r.picture(w, s, l).heads...)
		}
	}
	if len(heads) > 0 {
		return heads
	}
	followed := map[op.EpochRef]bool{}
	all := r.epochs.all(s.tag)
	for _, x := range all {
		for _, ref := range x.parents {
			followed[ref] = followed[ref] || x.held()
		}
	}
	return slices.DeleteFunc(all, func(x *epoch) bool { return !x.held() || followed[x.ref] })
}

// relayClaim derives the capability of a held epoch and of those before it: its parents, or all that lead to it.
func (r *Replica) relayClaim(s *scope, x *epoch, all bool) RelayClaim {
	e := x.private(s.id)
	c := RelayClaim{Tag: s.tag, Ref: x.ref, Cap: e.RelayCap()}
	seen := map[op.EpochRef]bool{}
	for next := slices.Clone(x.parents); len(next) > 0 && len(c.Earlier) < maxEarlier; next = next[1:] {
		y := r.epochs.get(s.tag, next[0])
		if seen[next[0]] || y == nil {
			continue
		}
		seen[next[0]] = true
		if y.held() {
			before := y.private(s.id)
			c.Earlier = append(c.Earlier, before.RelayCap())
		}
		if all || !y.held() {
			next = append(next, y.parents...)
		}
	}
	if s.tag == r.teamTag.control && len(c.Earlier) < maxEarlier { // its first epoch follows the bootstrap key
		c.Earlier = append(c.Earlier, r.id.TeamSecret.RelayCap(s.tag))
	}
	return c
}

// RelayPeek opens what epoch ops hold for this device, also those of authors that it cannot verify yet, and tells what that
// would open at a relay. Nothing of it is kept: a key counts only from somebody known (LearnKeys).
func (r *Replica) RelayPeek(raws [][]byte) []RelayClaim {
	var out []RelayClaim
	for _, raw := range raws {
		sealed, rest, err := op.Parse(raw)
		if err != nil || len(rest) > 0 || sealed.Kind != op.Epoch || sealed.CheckBody() != nil {
			continue
		}
		o := &opened{sealed: sealed}
		if r.decrypt(o) != oplog.Applied {
			continue
		}
		n, ok := readEpochOp(o)
		if !ok || r.id.TeamSecret.ScopeTag(n.Scope) != sealed.Scope {
			continue
		}
		e, err := r.openBox(&n)
		if err != nil {
			continue
		}
		c := RelayClaim{Tag: sealed.Scope, Ref: e.Ref, Cap: e.RelayCap()}
		for _, ref := range e.Parents {
			if y := r.epochs.get(sealed.Scope, ref); y != nil && y.held() && len(c.Earlier) < maxEarlier {
				before := y.private(n.Scope)
				c.Earlier = append(c.Earlier, before.RelayCap())
			}
		}
		out = append(out, c)
	}
	return out
}

// RelayDevice is a device that may use the team's relays.
type RelayDevice struct {
	Device  op.DeviceID
	SignPub [32]byte
	PeerPub [32]byte
	Admin   bool // of an owner or admin: may sign the roster
}

// RelayRoster lists the devices of the team, by id, as far as is known here.
func (r *Replica) RelayRoster() []RelayDevice {
	w := r.world.Load()
	readers := w.scopes[r.teamTag.control].readers
	var out []RelayDevice
	for _, u := range w.auth.Users() {
		for i := range u.Devices {
			d := &u.Devices[i]
			if readers[d.ID] && len(d.SignPub) == 32 && len(d.PeerPub) == 32 {
				out = append(out, RelayDevice{d.ID, [32]byte(d.SignPub), [32]byte(d.PeerPub), relayAdmin(u.Role)})
			}
		}
	}
	slices.SortFunc(out, func(a, b RelayDevice) int { return bytes.Compare(a.Device[:], b.Device[:]) })
	return out
}

// relayAdmin tells whether devices of somebody with the role keep the roster.
func relayAdmin(role authority.Role) bool { return role == authority.Owner || role == authority.Admin }
