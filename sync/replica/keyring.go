package replica

import (
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
// they are of use to it: announcements, from which earlier keys follow, and boxes for it or its person. The newest go first.
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
	return out, rows.Err()
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

// LearnKeys takes epoch ops ahead of their feeds. Each is verified by its own signature; it is not stored as an op. Errors:
// ErrInvalid for something that is no whole, signed epoch op, ErrStranger when its device is not known here.
func (r *Replica) LearnKeys(ctx context.Context, raws [][]byte) error {
	ops := make([]*opened, 0, len(raws))
	for _, raw := range raws {
		s, rest, err := op.Parse(raw)
		if err != nil || len(rest) > 0 || s.Kind != op.Epoch || s.CheckBody() != nil {
			return fmt.Errorf("%w: not an epoch op", ErrInvalid)
		}
		d, ok := r.Device(s.Device)
		if !ok {
			return ErrStranger
		}
		if !s.VerifySig(d.SignPub) {
			return fmt.Errorf("%w: signature of an epoch op", ErrInvalid)
		}
		o := &opened{sealed: s}
		if r.decrypt(o) == oplog.Applied {
			ops = append(ops, o)
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return r.write(ctx, func(p *projector) error {
		for _, o := range ops {
			if err := r.learnEpoch(p, o, 0); err != nil {
				return err
			}
		}
		return nil
	})
}
