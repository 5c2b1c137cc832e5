package replica

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file hands keys over ahead of the feeds they stand in (SPEC S12): a device that is let into a scope with a long history
// would otherwise store all of it unread and judge it a second time when the key comes at the end.

// maxKeyOps bounds the announcements, and the boxes, that are handed over for one scope; the rest comes with its feed.
const maxKeyOps = 64

// KeysFor returns the epoch ops, as signed, of the scopes that dev has become a reader of after an arrival number, as far as
// they are of use to it: announcements, from which earlier keys follow, and boxes for it or its person. The newest go first. Horizons follow, also those
// of other scopes that became known since, and the boxes for it in scopes that it lost, which let it read that.
func (r *Replica) KeysFor(dev op.DeviceID, lseq int64) ([][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT s.tag, op.data, a.op IS NOT NULL FROM shared s JOIN epoch_op e ON e.tag = s.tag JOIN op ON op.id = e.op
		LEFT JOIN announce a ON a.tag = e.tag AND a.op = e.op
		WHERE s.device = ? AND s.lseq > ? ORDER BY s.tag, op.hlc DESC, op.id DESC`, dev[:], lseq)
	if err != nil {
		return nil, fmt.Errorf("read epoch ops: %w", err)
	}
	defer rows.Close()
	d, _ := r.Device(dev)
	var out [][]byte
	type count struct{ announced, boxes int }
	n := map[op.ScopeTag]*count{}
	for rows.Next() {
		var tag, raw []byte
		var announces bool
		if err := rows.Scan(&tag, &raw, &announces); err != nil {
			return nil, fmt.Errorf("read epoch op: %w", err)
		}
		t := op.ScopeTag(tag)
		if n[t] == nil {
			n[t] = &count{}
		}
		switch {
		case !r.Reads(dev, t):
			continue
		case announces && n[t].announced < maxKeyOps:
			n[t].announced++
		case !announces && n[t].boxes < maxKeyOps && r.hasBox(raw, dev, op.DeviceID(d.User)):
			n[t].boxes++
		default:
			continue
		}
		out = append(out, raw)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read epoch ops: %w", err)
	}
	horizons, err := r.horizonsFor(dev, lseq)
	if err != nil {
		return nil, err
	}
	parting, err := r.partingKeys(dev, lseq)
	return slices.Concat(out, horizons, parting), err
}

// hasBox tells whether a stored epoch op hands a key to one of the devices.
func (r *Replica) hasBox(raw []byte, devices ...op.DeviceID) bool {
	o, st := r.open(raw)
	if st != oplog.Applied {
		return false
	}
	h, ok := readEpochOp(o)
	return ok && slices.ContainsFunc(h.Boxes, func(b keys.Box) bool { return slices.Contains(devices, b.Device) })
}

// LearnKeys takes epoch ops ahead of their feeds. Each is verified by its own signature; it is not stored as an op. Of one by a
// device that is not known here only the key counts, and only in the control log: a device that lost its database can read
// there who made the keys only with these keys. The key is the one that its ref stands for, whoever hands it over. Errors:
// ErrInvalid for something that is no whole, signed epoch op; ErrStranger when the device of some is not known here, and the
// others were learned.
func (r *Replica) LearnKeys(ctx context.Context, raws [][]byte) error {
	ops := make([]*opened, 0, len(raws))
	var strange []op.Sealed
	for _, raw := range raws {
		s, rest, err := op.Parse(raw)
		if err != nil || len(rest) > 0 || s.Kind != op.Epoch || s.CheckBody() != nil {
			return fmt.Errorf("%w: not an epoch op", ErrInvalid)
		}
		d, ok := r.Device(s.Device)
		if !ok {
			strange = append(strange, s)
			continue
		}
		if !s.VerifySig(d.SignPub) {
			return fmt.Errorf("%w: signature of an epoch op", ErrInvalid)
		}
		o := &opened{sealed: s}
		if r.decrypt(o) == oplog.Applied {
			ops = append(ops, o)
		}
	}
	var left error
	if len(strange) > 0 {
		left = ErrStranger
	}
	found := r.controlKeysIn(strange)
	if len(ops)+len(found) == 0 {
		return left
	}
	err := r.write(ctx, func(p *projector) error {
		for i := range found {
			if err := r.keepEpoch(p, r.teamTag.control, r.id.Device.ID, &found[i]); err != nil {
				return err
			}
			p.keys[r.teamTag.control] = true
		}
		for _, o := range ops {
			if err := r.learnEpoch(p, o, 0); err != nil {
				return err
			}
		}
		return nil
	})
	return cmp.Or(err, left)
}

// controlKeysIn reads keys of the control log that this device lacks from epoch ops that nobody here can verify: from the boxes
// for this device, and from what later epochs hand on.
func (r *Replica) controlKeysIn(ops []op.Sealed) []keys.Epoch {
	id := keys.ControlScope(r.id.Team)
	announced := map[op.EpochRef]keys.EpochNew{}
	var out []keys.Epoch
	have := map[op.EpochRef]bool{}
	keep := func(e keys.Epoch) {
		if !have[e.Ref] && r.epochs.key(r.teamTag.control, e.Ref) == nil && e.Check() == nil {
			have[e.Ref], out = true, append(out, e)
		}
	}
	for i := range ops {
		o := &opened{sealed: ops[i]}
		if o.sealed.Scope != r.teamTag.control || r.decrypt(o) != oplog.Applied {
			continue
		}
		n, ok := readEpochOp(o)
		if !ok || n.Scope != id {
			continue
		}
		if n.announces {
			announced[n.Ref] = n.EpochNew
		}
		if e, err := r.openBox(&n); err == nil {
			keep(e)
		}
	}
	from := slices.Clone(out)
	for _, x := range r.epochs.all(r.teamTag.control) {
		if x.held() {
			from = append(from, x.private(id))
		}
	}
	for i := range from {
		earlier, err := from[i].Ancestors(func(ref op.EpochRef) (keys.EpochNew, bool) {
			if n, ok := announced[ref]; ok {
				return n, true
			}
			x := r.epochs.get(r.teamTag.control, ref)
			if x == nil || !x.announced {
				return keys.EpochNew{}, false
			}
			return x.public(id), true
		})
		if err != nil {
			r.log.Warn("an earlier key does not open", "epoch", from[i].Ref.String(), "err", err)
		}
		for _, e := range earlier {
			keep(e)
		}
	}
	return out
}
