package authority

import (
	"bytes"
	"maps"
	"slices"

	"tongzhou/sync/op"
)

// draft is what the next state will hold. It shares with the states before what did not change.
type draft struct {
	statuses trie[op.ID, Status]
	people   trie[op.UserID, *person]
	devices  trie[op.DeviceID, op.UserID]
	peers    trie[[32]byte, []op.DeviceID] // by PeerPub, the first certified first
	invites  trie[op.ID, *InviteState]
	rules    trie[[32]byte, *ruleLine]
	digests  trie[[32]byte, [32]byte]
	pending  []*fact // some may have been placed since
	org      *org
	revoked  []int32
}

// waits notes an op that lacks part of its past.
func (d *draft) waits(f *fact) {
	if f.placed == 0 {
		d.pending = append(d.pending, f)
		d.statuses.set(f.op.ID, Status{Verdict: Pending})
	}
}

// finish takes over what the engine has news of and makes a state.
func (d *draft) finish(l *Log) *State {
	e := l.engine
	for _, n := range e.statuses {
		d.statuses.set(e.vertices[n].id, e.status(n))
	}
	for u := range e.people {
		d.describe(e, u)
	}
	for u := range e.rights {
		for _, g := range e.relied[u] {
			for _, n := range e.reliers[g] {
				if e.vertices[n].act.kind == actInvite {
					e.invites[n] = true
				}
			}
		}
	}
	for n := range e.invites {
		i := e.inviteState(n)
		d.invites.set(i.Op, i)
		d.digests.set(itemKey("invite", i.Op[:]), i.digest())
	}
	for key := range e.rules {
		d.describeRule(e, key)
	}
	if e.org || d.org == nil {
		d.org = newOrg(e.grow(e.depts.all()))
		d.digests.set(itemKey("org", nil), d.org.tree.digest(d.org.ids))
	}
	if e.revoked {
		d.revoked = e.validRevocations()
	}
	d.pending = slices.DeleteFunc(d.pending, func(f *fact) bool { return f.placed > 0 })
	e.news = newNews()

	s := &State{
		team: l.team, genesis: l.genesis, view: e.view,
		statuses: d.statuses.share(), people: d.people.share(), devices: d.devices.share(), peers: d.peers.share(),
		keys: l.keys.share(), invites: d.invites.share(), rules: d.rules.share(), org: d.org, revoked: d.revoked,
		heads: slices.Collect(maps.Keys(e.heads)), missing: slices.Collect(maps.Keys(l.missing)), lazy: &lazy{},
	}
	if e.found >= 0 {
		s.council = e.vertices[e.found].act.council
	}
	for _, f := range d.pending {
		s.pending = append(s.pending, &f.op)
	}
	s.digest = teamDigest(l.team, l.genesis, digest(&d.digests))
	return s
}

func (d *draft) describe(e *engine, u op.UserID) {
	p := e.describe(u)
	if p.blank() {
		d.people.drop(u)
		d.digests.drop(itemKey("person", u[:]))
		return
	}
	d.people.set(u, p)
	d.digests.set(itemKey("person", u[:]), p.digest)
	for _, v := range p.devices {
		d.devices.set(v.ID, u)
		peer := [32]byte(v.PeerPub)
		list, _ := d.peers.get(peer)
		if !slices.Contains(list, v.ID) {
			list = append(slices.Clone(list), v.ID)
			slices.SortFunc(list, func(a, b op.DeviceID) int {
				_, x := e.owner(a)
				_, y := e.owner(b)
				return e.older(x, y)
			})
			d.peers.set(peer, list)
		}
	}
}

// describeRule puts together the settings of one key.
func (d *draft) describeRule(e *engine, key string) {
	id := itemKey("rule", []byte(key))
	if len(e.ruleOps[key]) == 0 {
		d.rules.drop(id)
		d.digests.drop(id)
		return
	}
	line := &ruleLine{key: key}
	for _, n := range e.ruleOps[key] {
		by := &e.grants[e.bound[n].basis]
		line.sets = append(line.sets, ruleSetting{n, by.subject, by.measure.class})
	}
	d.rules.set(id, line)
	d.digests.set(id, line.digest(&e.view))
}

// status says what became of an op that was placed.
func (e *engine) status(n int32) Status {
	switch {
	case e.valid[n]:
		return Status{Verdict: Valid}
	case e.vertices[n].act.kind == actOther:
		return Status{Verdict: Ignored}
	}
	return Status{Verdict: Invalid, Reason: e.reasons[n]}
}

// validRevocations lists revoke ops in the order (lamport, opid).
func (e *engine) validRevocations() []int32 {
	var out []int32
	for _, ls := range e.removals {
		for _, n := range ls.all() {
			if e.vertices[n].act.kind == actRevoke {
				out = append(out, n)
			}
		}
	}
	slices.SortFunc(out, e.older)
	return out
}

func compareIDs(a, b op.ID) int { return bytes.Compare(a[:], b[:]) }
