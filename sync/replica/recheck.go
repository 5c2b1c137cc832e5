package replica

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file judges stored ops again, and moves their effects.

// recheckWeakened judges again the ops of those who lost a role in the team or in a scope, or of whose feeds less counts than
// before (SPEC P9).
func (r *Replica) recheckWeakened(p *projector, before *world) error {
	if before == nil {
		return nil
	}
	w := r.world.Load()
	out := overseeLess(before, w)
	for tag, old := range before.scopes {
		now := w.scopes[tag]
		if now == nil || now == old && len(out) == 0 {
			continue
		}
		weaker, err := r.weakened(p, before, old, now)
		if err != nil {
			return err
		}
		maps.Copy(weaker, out)
		for _, f := range p.b.Scope(tag) {
			from := f.Top() + 1
			if is := w.limit(now, f.Device, f.Incarnation); is < before.limit(old, f.Device, f.Incarnation) && is < f.Top() {
				from = is + 1
			}
			if d, ok := w.auth.Device(f.Device); ok && weaker[d.User] {
				from = 1
			}
			if from > f.Top() {
				continue
			}
			if err := r.recheckFeed(p, f.No, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// overseeLess lists the people who oversee a department or a person less than before, because the departments, somebody's place
// or their own role changed. What they wrote as heads is judged by what they oversee now, as everywhere.
func overseeLess(before, w *world) map[op.UserID]bool {
	if before.auth == w.auth {
		return nil
	}
	var heads []op.UserID
	type move struct{ from, to []byte }
	var moves []move
	for _, users := range [][]authority.User{before.auth.Users(), before.auth.Former()} {
		for _, u := range users {
			if slices.ContainsFunc(before.auth.Grants(u.ID), func(g authority.Held) bool { return overseer(g.Role) }) {
				heads = append(heads, u.ID)
			}
			if from, to := before.auth.DeptOf(u.ID), w.auth.DeptOf(u.ID); !bytes.Equal(from, to) {
				moves = append(moves, move{from, to})
			}
		}
	}
	depts, out := before.auth.Depts(), map[op.UserID]bool{}
	for _, u := range heads {
		if slices.ContainsFunc(depts, func(d authority.Dept) bool { return before.Oversees(u, d.ID) && !w.Oversees(u, d.ID) }) ||
			slices.ContainsFunc(moves, func(m move) bool { return before.Oversees(u, m.from) && !w.Oversees(u, m.to) }) {
			out[u] = true
		}
	}
	return out
}

// weakened lists the people who count for less in a scope than before, in the team or in the scope, members or not: who left a
// group is still judged by what they are in the team. The registers of those who are no members any more are taken back.
func (r *Replica) weakened(p *projector, before *world, old, now *scope) (map[op.UserID]bool, error) {
	w := r.world.Load()
	out := map[op.UserID]bool{}
	look := func(u op.UserID) {
		then, next := before.as(old, u), w.as(now, u)
		if next.Role(u) > then.Role(u) || next.ScopeRole(now.id, u) > then.ScopeRole(old.id, u) {
			out[u] = true
		}
	}
	for u := range old.members {
		if _, member := now.members[u]; !member {
			if err := r.dropRegisters(p, now, u); err != nil {
				return nil, err
			}
		}
		look(u)
	}
	for _, others := range []map[op.UserID]authority.Role{old.ever, now.members} { // who is let in again may be less than they were
		for u := range others {
			if _, member := old.members[u]; !member {
				look(u)
			}
		}
	}
	return out, nil
}

// recheckUnsettled judges again every op whose status may have changed, feed by feed in order.
func (r *Replica) recheckUnsettled(p *projector) error {
	open, err := oplog.AllUnsettled(p.tx)
	if err != nil {
		return err
	}
	r.heldDue.Store(0)
	for _, no := range slices.Sorted(maps.Keys(open)) {
		for _, seq := range open[no].Loose {
			s, ok, err := oplog.One(p.tx, oplog.Key(no, seq))
			if err != nil || !ok {
				return fmt.Errorf("recheck op %d of feed %d: found %v: %w", seq, no, ok, err)
			}
			var before hlc.Time // its place among the clocks of the feed was checked when it could be read
			if err := r.recheckOp(p, no, &s, &before); err != nil {
				return err
			}
		}
		if from := open[no].From; from != 0 {
			if err := r.recheckFeed(p, no, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// recheckFeed judges the stored ops of a feed from seq on, and moves their effects.
func (r *Replica) recheckFeed(p *projector, no int64, from uint64) error {
	f, ok := r.feeds.ByNo(no)
	if ok {
		if staged := p.b.Feed(f.FeedKey); staged != nil {
			f = *staged
		}
	} else if f, ok = p.b.ByNo(no); !ok {
		return fmt.Errorf("recheck: no feed %d", no)
	}
	clock, err := oplog.ClockBefore(p.tx, no, 1, from)
	if err != nil {
		return err
	}
	reached := hlc.Time(0) // by the feed, without what is ahead of it
	err = oplog.EachOp(p.tx, no, from, f.Top(), func(s *oplog.Stored) error {
		err := r.recheckOp(p, no, s, &clock)
		if _, seq := oplog.SplitKey(s.Key); seq <= f.Len {
			reached = clock
		}
		return err
	})
	if err != nil {
		return err
	}
	if staged := p.b.Feed(f.FeedKey); staged != nil && reached > staged.HLC {
		staged.HLC = reached
		staged.Touch()
	}
	return nil
}

// recheckOp judges a stored op again, after the feed's clock, which it moves on, and moves its effect.
func (r *Replica) recheckOp(p *projector, no int64, s *oplog.Stored, clock *hlc.Time) error {
	o, st := r.open(s.Raw)
	st, at, v, red := r.weigh(o, st, clock, no, s.Status == oplog.Applied)
	if st == oplog.Held {
		r.hold(at)
	}
	if st == s.Status && at == s.HLC {
		return nil
	}
	if err := p.b.SetStatus(s.Key, st, at); err != nil {
		return err
	}
	switch {
	case st == oplog.Applied && s.Status != oplog.Applied:
		r.Clock().Observe(at)
		return p.settle(o, v, red, s.Key)
	case s.Status == oplog.Applied && st != oplog.Applied:
		return r.withdraw(p, o, no, s.Key)
	}
	return nil
}

// withdraw takes back the effect of a stored op that no longer counts.
func (r *Replica) withdraw(p *projector, o *opened, no, key int64) error {
	switch o.sealed.Kind {
	case op.Control:
		p.reload, p.world = true, true
		if _, err := p.tx.Exec(`DELETE FROM scope_control WHERE op = ?`, key); err != nil {
			return fmt.Errorf("drop scope control op: %w", err)
		}
	case op.Content:
		if red := r.reducers[o.body.Type]; red != nil {
			return p.unapply(r.view(o, no, red), red)
		}
	}
	return nil
}

// hold notes when a held op is due.
func (r *Replica) hold(clock hlc.Time) {
	due := clock.Millis() - hlc.MaxAhead.Milliseconds()
	if first := r.heldDue.Load(); first == 0 || due < first {
		r.heldDue.Store(due)
	}
}

// JudgeHeld judges again what was held for its clock, if the first of it is due by now. The replica calls it every few
// seconds.
func (r *Replica) JudgeHeld(ctx context.Context) error {
	if due := r.heldDue.Load(); due == 0 || r.now().UnixMilli() < due {
		return nil
	}
	return r.write(ctx, r.recheckUnsettled)
}
