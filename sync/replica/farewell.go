package replica

import (
	"fmt"
	"maps"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file answers what a device may still be told that lost its access (SPEC S19): that it did, by whom, and what came
// before, so that its own program can see that it is so.

// Former tells whether a device was certified in the team and has no access now.
func (r *Replica) Former(dev op.DeviceID) bool {
	w := r.committed.Load()
	_, known := w.auth.Device(dev)
	return known && !w.scopes[r.teamTag.control].readers[dev]
}

// Farewell lists the control feeds, each cut short, that a former device may have: what lies in the past of its removal, and
// the removal.
func (r *Replica) Farewell(dev op.DeviceID) ([]oplog.Feed, error) {
	w := r.committed.Load()
	d, ok := w.auth.Device(dev)
	if !ok {
		return nil, nil
	}
	limits := map[authority.Feed]uint64{}
	add := func(removal op.ID) {
		for f, seq := range w.auth.PastOf(removal) {
			limits[f] = max(limits[f], seq)
		}
	}
	if x, gone := w.auth.Removal(d.User); gone {
		add(x.Op)
	} else {
		for _, x := range w.auth.Removals() {
			if x.Device == dev {
				add(x.Op)
			}
		}
	}
	var out []oplog.Feed
	for _, k := range slices.SortedFunc(maps.Keys(limits), authority.Feed.Compare) {
		limit := limits[k]
		f, err := r.shortened(oplog.FeedKey{Tag: r.teamTag.control, Device: k.Device, Incarnation: k.Incarnation}, limit)
		if err != nil {
			return nil, err
		}
		if f.Len > 0 {
			out = append(out, f)
		}
	}
	return out, nil
}

// Gone tells whether this device knows that it has lost its access.
func (r *Replica) Gone() bool {
	st := r.Standing()
	return st != authority.StandingActive && st != authority.StandingUnknown
}

// ControlUnread tells whether something in the control log waits for its key here.
func (r *Replica) ControlUnread() bool {
	var some bool
	err := r.db.Read().QueryRow(`SELECT EXISTS (SELECT 1 FROM feed f JOIN op o ON o.id > f.no << 40 AND o.id < (f.no + 1) << 40
		WHERE f.tag = ? AND o.status NOT IN (0, 5, 6) AND o.status = ?)`, r.teamTag.control[:], int64(oplog.NoKey)).Scan(&some)
	if err != nil {
		r.log.Warn("could not look for unread ops", "err", err)
	}
	return some
}

// Parting lists the feeds of private scopes, each cut short, that a device may have though it does not read them now: those
// that tell its person that they were taken out of a group, or left it, and what came before.
func (r *Replica) Parting(dev op.DeviceID) ([]oplog.Feed, error) {
	w := r.committed.Load()
	d, ok := w.auth.Device(dev)
	if !ok || !w.scopes[r.teamTag.control].readers[dev] {
		return nil, nil
	}
	var out []oplog.Feed
	for _, s := range w.ordered() {
		tag := s.tag
		if s.readers[dev] {
			continue
		}
		parting := s.parting(d.User)
		for _, k := range slices.SortedFunc(maps.Keys(parting), authority.Feed.Compare) {
			limit := parting[k]
			f, err := r.shortened(oplog.FeedKey{Tag: tag, Device: k.Device, Incarnation: k.Incarnation}, limit)
			if err != nil {
				return nil, err
			}
			if f.Len > 0 {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// ReadsUpTo is how much of a feed a device may have: all of it in scopes that it reads, else see Parting.
func (r *Replica) ReadsUpTo(dev op.DeviceID, k oplog.FeedKey) uint64 {
	w := r.committed.Load()
	s := w.scopes[k.Tag]
	if s == nil {
		return 0
	}
	f := r.feeds.Feed(k)
	if s.readers[dev] {
		return f.Len
	}
	d, ok := w.auth.Device(dev)
	if !ok || len(s.removed) == 0 || !w.scopes[r.teamTag.control].readers[dev] {
		return 0
	}
	return min(f.Len, s.parting(d.User)[authority.Feed{Device: k.Device, Incarnation: k.Incarnation}])
}

// parting is how far each feed of a private scope lies in the past of what took somebody out of it.
func (s *scope) parting(user op.UserID) map[authority.Feed]uint64 {
	if _, was := s.ever[user]; !was || len(s.removed) == 0 {
		return nil
	}
	feedOf := func(o *authority.Op) authority.Feed {
		return authority.Feed{Device: o.Ref.Device, Incarnation: o.Ref.Incarnation}
	}
	limits := map[authority.Feed]uint64{}
	byID := make(map[op.ID]*authority.Op, len(s.ops))
	for i := range s.ops {
		byID[s.ops[i].ID] = &s.ops[i]
	}
	include := func(o *authority.Op) bool {
		if o == nil || limits[feedOf(o)] >= o.Ref.Seq {
			return false
		}
		limits[feedOf(o)] = o.Ref.Seq
		return true
	}
	for _, x := range s.removed {
		if x.user == user {
			include(byID[x.op])
		}
	}
	for more := len(limits) > 0; more; {
		more = false
		for i := range s.ops {
			if o := &s.ops[i]; o.Ref.Seq <= limits[feedOf(o)] {
				for _, dep := range o.Deps {
					more = include(byID[dep]) || more
				}
			}
		}
	}
	return limits
}

// shortened is a feed as if it ended at limit.
func (r *Replica) shortened(k oplog.FeedKey, limit uint64) (oplog.Feed, error) {
	f := r.feeds.Feed(k)
	if limit == 0 {
		return oplog.Feed{FeedKey: k}, nil
	}
	if limit < f.Len {
		head, err := oplog.HeadAt(r.db.Read(), f.No, limit)
		if err != nil {
			return f, fmt.Errorf("shorten feed: %w", err)
		}
		f.Len, f.Head = limit, head
	}
	return f, nil
}
