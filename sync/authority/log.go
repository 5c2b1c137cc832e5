package authority

import (
	"crypto/ed25519"

	"tongzhou/sync/op"
)

// Log collects the control ops of a team and evaluates them. What was decided stays decided: an addition costs what it may
// change, unless it proves a fork or fills a hole in a feed; then everything is evaluated again. It is not safe for
// concurrent use; the states it returns are.
type Log struct {
	team    op.TeamID
	genesis op.ID
	facts   map[op.ID]*fact
	missing map[op.ID]bool // cited and not there
	keys    trie[op.DeviceID, ed25519.PublicKey]
	engine  *engine // nil: to be made from the facts
	draft   draft   // what the next state will hold
	state   *State  // nil: something was added since
}

// NewLog returns an empty log. genesis pins the founding op: no other op can found the team.
func NewLog(team op.TeamID, genesis op.ID) *Log {
	return &Log{team: team, genesis: genesis, facts: map[op.ID]*fact{}, missing: map[op.ID]bool{}}
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
		f := &fact{op: o, act: actOf(o, l.team, l.genesis)}
		l.facts[o.ID] = f
		if id := f.act.identity; id != nil {
			l.keys.set(id.cert.DeviceID(), id.cert.SignPub)
		}
		delete(l.missing, o.ID)
		for _, d := range o.Deps {
			if l.facts[d] == nil {
				l.missing[d] = true
			}
		}
		added++
		if l.engine != nil && !l.engine.take(f) {
			l.engine = nil
		}
		if l.engine != nil {
			l.draft.statuses.set(o.ID, Status{Verdict: Pending})
			l.engine.place(f, l.engine.enter)
			l.draft.waits(f)
		}
	}
	if added > 0 {
		l.state = nil
	}
	return added
}

// State evaluates the ops added so far. It depends on their set alone.
func (l *Log) State() *State {
	if l.state == nil {
		if l.engine == nil {
			l.load()
		}
		l.engine.settle()
		l.state = l.draft.finish(l)
	}
	return l.state
}

// load evaluates everything from scratch.
func (l *Log) load() {
	l.engine = newEngine(l.team, l.genesis)
	l.engine.all = true
	l.draft = draft{}
	order := l.engine.load(l.facts)
	for _, f := range order {
		l.engine.place(f, l.engine.enter)
	}
	for _, f := range order {
		l.draft.waits(f)
	}
}

// Eval evaluates a set of ops; see Log for what they must be.
func Eval(team op.TeamID, genesis op.ID, ops []Op) *State {
	l := NewLog(team, genesis)
	l.Add(ops...)
	return l.State()
}
