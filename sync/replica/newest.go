package replica

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Run is consecutive ops of a feed.
type Run struct {
	Feed     oplog.Feed
	From, To uint64
}

// Basic tells whether a scope is what everything else is shown by (names, departments, announcements, the person's own settings)
// and comes before the rest, whole.
func (r *Replica) Basic(tag op.ScopeTag) bool {
	return tag == r.teamTag.control || tag == r.teamTag.company || tag == r.teamTag.self
}

// Filling tells whether the newest of a scope is here and what is before is still on its way.
func (r *Replica) Filling(id op.ScopeID) bool {
	return slices.ContainsFunc(r.feeds.Scope(r.id.TeamSecret.ScopeTag(id)), func(f oplog.Feed) bool { return f.Ahead > 0 })
}

// maxControlFirst bounds the control ops of a private scope that go ahead of its feeds. Where there are more all come in order.
const maxControlFirst = 4096

// Newest lists what somebody who has nothing of a scope needs first (SPEC L13): the control ops of a private one, which say who its
// members are, and about most of its newest ops, with no older ones of the same feed missing between them.
func (r *Replica) Newest(tag op.ScopeTag, most int) ([]Run, error) {
	feeds := r.feeds.Scope(tag)
	sortByRecency(feeds)
	var out []Run
	for i := range feeds {
		if feeds[i].Len == 0 {
			continue
		}
		control, err := r.controlRuns(&feeds[i])
		if err != nil {
			return nil, err
		}
		if out = append(out, control...); len(out) > maxControlFirst {
			return nil, nil
		}
	}
	ends, err := r.newestEnds(feeds, most)
	return append(out, ends...), err
}

// controlRuns are the control ops of a feed of a private scope.
func (r *Replica) controlRuns(f *oplog.Feed) ([]Run, error) {
	rows, err := r.db.Read().Query(`SELECT op FROM scope_control WHERE op BETWEEN ? AND ? ORDER BY op LIMIT ?`, oplog.Key(f.No, 1), oplog.Key(f.No, f.Len), maxControlFirst+1)
	if err != nil {
		return nil, fmt.Errorf("read control ops of a scope: %w", err)
	}
	defer rows.Close()
	var out []Run
	for rows.Next() {
		var key int64
		if err := rows.Scan(&key); err != nil {
			return nil, fmt.Errorf("read control op of a scope: %w", err)
		}
		_, seq := oplog.SplitKey(key)
		if n := len(out); n > 0 && out[n-1].To == seq-1 {
			out[n-1].To = seq
			continue
		}
		out = append(out, Run{*f, seq, seq})
	}
	return out, rows.Err()
}

// newestEnds are the ends of the feeds that hold the newest ops of them all. Feeds are ordered by their last clock: once enough ops
// are newer than that of the next feed, the rest is older.
func (r *Replica) newestEnds(feeds []oplog.Feed, most int) ([]Run, error) {
	type at struct {
		feed  int
		seq   uint64
		clock int64
	}
	var found []at
	later := func(a, b at) int {
		return cmp.Or(cmp.Compare(b.clock, a.clock), cmp.Compare(a.feed, b.feed), cmp.Compare(b.seq, a.seq))
	}
	for i := range feeds {
		f := &feeds[i]
		oldest := int64(0) // of those to be had
		if len(found) == most {
			oldest = found[most-1].clock
		}
		if f.Len == 0 || int64(f.HLC) < oldest {
			break
		}
		rows, err := r.db.Read().Query(`SELECT id, hlc FROM op WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?`, oplog.Key(f.No, 1), oplog.Key(f.No, f.Len), most)
		if err != nil {
			return nil, fmt.Errorf("read newest ops: %w", err)
		}
		for rows.Next() {
			var key, clock int64
			if err := rows.Scan(&key, &clock); err != nil {
				_ = rows.Close()
				return nil, fmt.Errorf("read newest op: %w", err)
			}
			if clock < oldest {
				break
			}
			_, seq := oplog.SplitKey(key)
			found = append(found, at{i, seq, clock})
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, fmt.Errorf("read newest ops: %w", err)
		}
		slices.SortFunc(found, later)
		found = found[:min(len(found), most)]
	}
	first := map[int]uint64{}
	for _, x := range found {
		if seq, ok := first[x.feed]; !ok || x.seq < seq {
			first[x.feed] = x.seq
		}
	}
	var out []Run
	for i := range feeds {
		if from, ok := first[i]; ok {
			out = append(out, Run{feeds[i], from, feeds[i].Len})
		}
	}
	return out, nil
}
