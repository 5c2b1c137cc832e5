package authority

import (
	"crypto/ed25519"

	"tongzhou/sync/op"
)

// Log collects the control ops of a team and evaluates them. Payloads are decoded and signatures checked once per op; the
// rules run again over everything when the state is asked for after an addition. It is not safe for concurrent use; the
// states it returns are.
type Log struct {
	team    op.TeamID
	genesis op.ID
	facts   map[op.ID]*fact
	state   *State // nil: something was added since
}

// fact is one op and what was found out about it for good.
type fact struct {
	op       Op
	act      act
	vouched  Reason // admit: result of the checks against its invitation; valid once judged
	compared bool
}

// NewLog returns an empty log. genesis pins the founding op: no other op can found the team.
func NewLog(team op.TeamID, genesis op.ID) *Log {
	return &Log{team: team, genesis: genesis, facts: map[op.ID]*fact{}}
}

// Add adds ops in any order and returns how many were new. Ops held back for their clock must not be added before they
// are due. Of every feed all ops up to the newest given should be there; a hole counts as if the author had not written
// what is missing. Ops of a forked feed belong in: both branches, as far as known. They have no effect, but people
// cited them in good faith before they knew, and an op counts only with its whole past. To leave them out would let any
// member undo what others did after him, by a fork.
func (l *Log) Add(ops ...Op) int {
	added := 0
	for _, o := range ops {
		if l.facts[o.ID] != nil {
			continue
		}
		o.Ref.Device = o.Device
		l.facts[o.ID] = &fact{op: o, act: actOf(o, l.team, l.genesis)}
		added++
	}
	if added > 0 {
		l.state = nil
	}
	return added
}

// State evaluates the ops added so far. It depends on their set alone.
func (l *Log) State() *State {
	if l.state == nil {
		l.state = l.eval()
	}
	return l.state
}

// Eval evaluates a set of ops; see Log for what they must be.
func Eval(team op.TeamID, genesis op.ID, ops []Op) *State {
	l := NewLog(team, genesis)
	l.Add(ops...)
	return l.State()
}

func (l *Log) eval() *State {
	entries := make([]entry, 0, len(l.facts))
	for _, f := range l.facts {
		entries = append(entries, entry{op: &f.op, act: &f.act})
	}
	e := newEngine(newGraph(entries, l.genesis))
	e.authors = e.certifiedAuthors
	e.admissible = func(v, invite int32) Reason {
		f := l.facts[e.vertices[v].id]
		if !f.compared {
			f.vouched, f.compared = l.vouch(f, e.vertices[invite].act.invite), true
		}
		return f.vouched
	}
	e.run()
	return newState(l.team, l.genesis, e)
}

// vouch checks an admission against its invitation. Expiry is the only place where authority reads a clock: that of the
// admission, which its author could set back, but not before the invitation itself.
func (l *Log) vouch(f *fact, i *Invite) Reason {
	if !f.act.admit.signedBy(ed25519.PublicKey(i.Pub), l.team) {
		return ReasonMalformed
	}
	if f.op.HLC.Millis() > i.Expires {
		return ReasonExpired
	}
	return ""
}
