package replica

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file decides under which epoch this device may write (SPEC K3): one whose key nobody holds who lost access.

// strangerGrace is how long somebody unknown may hold a key: a newcomer is given it before the admission, which says who it is.
const strangerGrace = 24 * time.Hour

// picture is what is known about one line of epochs of a scope.
type picture struct {
	r        *Replica
	w        *world
	s        *scope
	all      []*epoch                      // of the line, announced by somebody who may, gens as they should be; lower ones first
	children map[op.EpochRef][]op.EpochRef // in all
	heads    []*epoch                      // held, and no other held one follows; the one to prefer first
}

// linesOf lists the lines of epochs in a scope.
func linesOf(s *scope) []line {
	if s.history == keys.FromJoining {
		return []line{{s.tag, false}, {s.tag, true}}
	}
	return []line{{s.tag, false}}
}

// lineFor is the line that ops of a kind are written in.
func lineFor(s *scope, kind op.Kind) line {
	return line{s.tag, s.history == keys.FromJoining && kind == op.Control}
}

func (r *Replica) picture(w *world, s *scope, l line) *picture {
	c := &picture{r: r, w: w, s: s, children: map[op.EpochRef][]op.EpochRef{}}
	sound := map[op.EpochRef]*epoch{}
	for _, x := range r.epochs.all(s.tag) {
		if !x.announced || s.history == keys.FromJoining && x.log != l.log {
			continue
		}
		n := x.public(s.id)
		complete, err := n.CheckParents(func(ref op.EpochRef) (keys.EpochNew, bool) {
			y := sound[ref]
			if y == nil {
				return keys.EpochNew{}, false
			}
			return y.public(s.id), true
		})
		if err != nil || !complete { // a claim that nothing bears out, or not yet: one could claim the highest generation there is
			continue
		}
		sound[x.ref] = x
		if c.entitled(x) {
			c.all = append(c.all, x)
		}
	}
	followed := map[op.EpochRef]bool{}
	for _, x := range c.all {
		for _, ref := range x.parents {
			c.children[ref] = append(c.children[ref], x.ref)
			followed[ref] = followed[ref] || x.held()
		}
	}
	for _, x := range c.all {
		if x.held() && !followed[x.ref] {
			c.heads = append(c.heads, x)
		}
	}
	// Those of members go first: a former one must not fill the places of parents.
	slices.SortStableFunc(c.heads, func(a, b *epoch) int {
		if x, y := c.byReader(a), c.byReader(b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.gen, a.gen), slices.Compare(a.ref[:], b.ref[:]))
	})
	return c
}

func (c *picture) byReader(x *epoch) bool { return c.s.readers[x.author] }

// entitled tells whether the one who announced an epoch could do so then.
func (c *picture) entitled(x *epoch) bool {
	if c.byReader(x) {
		return true
	}
	no, seq := oplog.SplitKey(x.place)
	f, ok := c.r.feeds.ByNo(no)
	return ok && seq <= c.w.limit(c.s, f.Device, f.Incarnation)
}

// usable tells until when an epoch may be written under, ms since 1970; 0: no more. old says that its age does not matter.
func (c *picture) usable(q oplog.Querier, x *epoch, old bool) (until int64, err error) {
	until = x.at.Millis() + c.r.rotateEvery().Milliseconds()
	if old {
		until = math.MaxInt64
	}
	holders := map[op.DeviceID]int64{}
	seen := map[op.EpochRef]bool{}
	for next := []op.EpochRef{x.ref}; len(next) > 0; next = next[1:] {
		if seen[next[0]] {
			continue
		}
		seen[next[0]] = true
		if err := boxesOf(q, c.s.tag, next[0], holders); err != nil {
			return 0, err
		}
		next = append(next, c.children[next[0]]...) // who holds a later key holds this one, by the back key
	}
	users := map[op.UserID]bool{}
	for d, at := range holders {
		user, known := c.person(d)
		switch {
		case !known:
			until = min(until, at+strangerGrace.Milliseconds())
		case !c.rightful(d, user):
			return 0, nil
		}
		users[user] = true
	}
	if c.s.history == keys.FromJoining { // nobody is healed into such an epoch, so it must have everybody
		for u := range c.s.members {
			if !users[u] {
				return 0, nil
			}
		}
	}
	if until <= c.r.now().UnixMilli() {
		return 0, nil
	}
	return until, nil
}

// person is whose device, or root, it is.
func (c *picture) person(d op.DeviceID) (op.UserID, bool) {
	if x, ok := c.w.auth.Device(d); ok {
		return x.User, true
	}
	u := op.UserID(d)
	_, ok := c.w.auth.User(u)
	return u, ok
}

// rightful tells whether a device, or a root, of a known person should hold the keys of the scope.
func (c *picture) rightful(d op.DeviceID, user op.UserID) bool {
	if op.DeviceID(user) == d {
		_, member := c.s.members[user]
		return member
	}
	return c.s.readers[d]
}

// boxesOf adds who was given the key of an epoch, and when, ms since 1970.
func boxesOf(q oplog.Querier, tag op.ScopeTag, ref op.EpochRef, into map[op.DeviceID]int64) error {
	rows, err := q.Query(`SELECT device, at >> 16 FROM epoch_box WHERE tag = ? AND ref = ?`, tag[:], ref[:])
	if err != nil {
		return fmt.Errorf("read boxes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d []byte
		var at int64
		if err := rows.Scan(&d, &at); err != nil {
			return fmt.Errorf("read box: %w", err)
		}
		if len(d) == 16 {
			into[op.DeviceID(d)] = max(into[op.DeviceID(d)], at)
		}
	}
	return rows.Err()
}

// current is the epoch that may be written under in a line now, nil if a new one is due.
func (r *Replica) current(q oplog.Querier, s *scope, l line) (*epoch, error) {
	now := r.now().UnixMilli()
	r.epochs.mu.RLock()
	c := r.epochs.now[l]
	r.epochs.mu.RUnlock()
	if c != nil && c.sc == s && now < c.until {
		return c.epoch, nil
	}
	best, until, err := r.picture(r.world.Load(), s, l).best(q, false)
	if best == nil || err != nil {
		return nil, err
	}
	r.epochs.mu.Lock()
	defer r.epochs.mu.Unlock()
	r.epochs.now[l] = &chosen{s, best, until}
	return best, nil
}

// best is the head to write under, nil if there is none.
func (c *picture) best(q oplog.Querier, old bool) (best *epoch, until int64, err error) {
	for _, x := range c.heads {
		if best != nil && !x.outranks(best) {
			continue
		}
		t, err := c.usable(q, x, old)
		if err != nil {
			return nil, 0, err
		}
		if t > 0 {
			best, until = x, t
		}
	}
	return best, until, nil
}
