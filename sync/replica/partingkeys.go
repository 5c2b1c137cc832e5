package replica

import (
	"fmt"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file lets people read that they were taken out of a group, or left it (SPEC S20): their device may be new to the group, or
// never have been given the key under which that was written.

// partingGaps lists who lacks the keys of what tells them that they lost a private scope.
func (r *Replica) partingGaps(q oplog.Querier, w *world, s *scope) ([]gap, error) {
	var out []gap
	var seen []op.UserID
	for _, x := range s.removed {
		if _, in := s.members[x.user]; in || slices.Contains(seen, x.user) || w.auth.Role(x.user) == authority.None {
			continue
		}
		seen = append(seen, x.user)
		limits := s.parting(x.user)
		refs, err := r.epochsOfControl(q, s, limits)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			e := r.epochs.get(s.tag, ref)
			if e == nil || !e.held() {
				continue
			}
			var to []keys.Recipient
			for _, d := range w.boxesFor(x.user) {
				if has, err := r.canOpen(q, s, d.Device, limits, ref); err != nil {
					return nil, err
				} else if !has {
					to = append(to, d)
				}
			}
			if len(to) > 0 {
				out = append(out, gap{s, e, to})
			}
		}
	}
	return out, nil
}

// partedWithNewDevice tells whether somebody who lost the scope has got another device since.
func (s *scope) partedWithNewDevice(old, w *world) bool {
	if old == nil || old.auth == w.auth {
		return false
	}
	return slices.ContainsFunc(s.removed, func(x scopeRemoval) bool {
		_, in := s.members[x.user]
		return !in && len(w.auth.AllDevices(x.user)) != len(old.auth.AllDevices(x.user))
	})
}

// epochsOfControl lists the epochs of the control ops of a scope in feeds up to limits.
func (r *Replica) epochsOfControl(q oplog.Querier, s *scope, limits map[authority.Feed]uint64) ([]op.EpochRef, error) {
	const at = 81 // of Epoch in a header, counted from 1
	rows, err := q.Query(`SELECT c.op, substr(o.data, ?, 8) FROM scope_control c JOIN op o ON o.id = c.op JOIN feed f ON f.no = o.id >> 40
		WHERE f.tag = ? ORDER BY c.op`, at, s.tag[:])
	if err != nil {
		return nil, fmt.Errorf("read control ops: %w", err)
	}
	defer rows.Close()
	var out []op.EpochRef
	for rows.Next() {
		var place int64
		var ref []byte
		if err := rows.Scan(&place, &ref); err != nil {
			return nil, fmt.Errorf("read control op: %w", err)
		}
		if r.within(limits, place) && !slices.Contains(out, op.EpochRef(ref)) {
			out = append(out, op.EpochRef(ref))
		}
	}
	return out, rows.Err()
}

// within tells whether an op lies in feeds up to limits.
func (r *Replica) within(limits map[authority.Feed]uint64, place int64) bool {
	no, seq := oplog.SplitKey(place)
	f, ok := r.feeds.ByNo(no)
	return ok && seq <= limits[authority.Feed{Device: f.Device, Incarnation: f.Incarnation}]
}

// canOpen tells whether a device that is given the feeds up to limits, and every box for it, has a key by that.
func (r *Replica) canOpen(q oplog.Querier, s *scope, dev op.DeviceID, limits map[authority.Feed]uint64, ref op.EpochRef) (bool, error) {
	given, err := boxesFor(q, s.tag, dev)
	if err != nil {
		return false, err
	}
	reach := slices.Clone(given)
	for i := 0; i < len(reach); i++ {
		if reach[i] == ref {
			return true, nil
		}
		x := r.epochs.get(s.tag, reach[i])
		if x == nil || !x.announced || len(x.back) == 0 || !r.within(limits, x.place) && !slices.Contains(given, x.ref) {
			continue
		}
		for _, parent := range x.parents {
			if !slices.Contains(reach, parent) {
				reach = append(reach, parent)
			}
		}
	}
	return false, nil
}

// boxesFor lists the epochs of a scope whose keys a device was given.
func boxesFor(q oplog.Querier, tag op.ScopeTag, dev op.DeviceID) ([]op.EpochRef, error) {
	rows, err := q.Query(`SELECT ref FROM epoch_box WHERE tag = ? AND device = ? ORDER BY ref`, tag[:], dev[:])
	if err != nil {
		return nil, fmt.Errorf("read boxes: %w", err)
	}
	defer rows.Close()
	var out []op.EpochRef
	for rows.Next() {
		var ref []byte
		if err := rows.Scan(&ref); err != nil {
			return nil, fmt.Errorf("read box: %w", err)
		}
		out = append(out, op.EpochRef(ref))
	}
	return out, rows.Err()
}

// partingKeys returns the epoch ops with a box for dev, as signed, of the private scopes that it lost, in feeds that changed after
// an arrival number.
func (r *Replica) partingKeys(dev op.DeviceID, lseq int64) ([][]byte, error) {
	w := r.committed.Load()
	d, ok := w.auth.Device(dev)
	if !ok || !w.scopes[r.teamTag.control].readers[dev] {
		return nil, nil
	}
	var out [][]byte
	for _, s := range w.ordered() {
		if s.readers[dev] || s.parting(d.User) == nil {
			continue
		}
		raws, err := r.boxOps(s.tag, lseq)
		if err != nil {
			return nil, err
		}
		raws = slices.DeleteFunc(raws, func(raw []byte) bool { return !r.hasBox(raw, dev, op.DeviceID(d.User)) })
		out = append(out, raws[:min(len(raws), maxKeyOps)]...)
	}
	return out, nil
}

// boxOps lists the epoch ops of a scope in feeds that changed after an arrival number, the newest first.
func (r *Replica) boxOps(tag op.ScopeTag, lseq int64) ([][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT op.data FROM epoch_op e JOIN op ON op.id = e.op JOIN feed f ON f.no = op.id >> 40
		WHERE e.tag = ? AND f.lseq > ? ORDER BY op.hlc DESC, op.id DESC`, tag[:], lseq)
	if err != nil {
		return nil, fmt.Errorf("read epoch ops: %w", err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("read epoch op: %w", err)
		}
		out = append(out, raw)
	}
	return out, rows.Err()
}
