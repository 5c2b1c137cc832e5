package replica

import (
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file answers what a device may still be told that lost its access (SPEC S19): that it did, by whom, and what came
// before, so that its own program can see that it is so.

// Former tells whether a device was certified in the team and has no access now.
func (r *Replica) Former(dev op.DeviceID) bool {
	w := r.world.Load()
	_, known := w.auth.Device(dev)
	return known && !w.scopes[r.teamTag.control].readers[dev]
}

// Farewell lists the control feeds, each cut short, that a former device may have: what lies in the past of its removal, and
// the removal.
func (r *Replica) Farewell(dev op.DeviceID) ([]oplog.Feed, error) {
	w := r.world.Load()
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
	for k, limit := range limits {
		f := r.feeds.Feed(oplog.FeedKey{Tag: r.teamTag.control, Device: k.Device, Incarnation: k.Incarnation})
		if f.Len == 0 || limit == 0 {
			continue
		}
		if limit < f.Len {
			head, err := oplog.HeadAt(r.db.Read(), f.No, limit)
			if err != nil {
				return nil, fmt.Errorf("farewell: %w", err)
			}
			f.Len, f.Head = limit, head
		}
		out = append(out, f)
	}
	return out, nil
}

// Gone tells whether this device knows that it has lost its access.
func (r *Replica) Gone() bool {
	st := r.Standing()
	return st != authority.StandingActive && st != authority.StandingUnknown
}
