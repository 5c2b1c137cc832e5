package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file hands keys over ahead of the feeds they stand in (SPEC S12): a device that is let into a scope with a long history
// would otherwise store all of it unread and judge it a second time when the key comes at the end.

// maxKeyOps bounds what is handed over for one scope; the rest comes with its feed.
const maxKeyOps = 64

// KeysFor returns the epoch ops, as signed, of the scopes that dev has become a reader of after an arrival number.
func (r *Replica) KeysFor(dev op.DeviceID, lseq int64) ([][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT s.tag, op.data FROM shared s JOIN epoch_op e ON e.tag = s.tag JOIN op ON op.id = e.op
		WHERE s.device = ? AND s.lseq > ? ORDER BY s.tag, op.id DESC`, dev[:], lseq)
	if err != nil {
		return nil, fmt.Errorf("read epoch ops: %w", err)
	}
	defer rows.Close()
	var out [][]byte
	n := map[op.ScopeTag]int{}
	for rows.Next() {
		var tag, raw []byte
		if err := rows.Scan(&tag, &raw); err != nil {
			return nil, fmt.Errorf("read epoch op: %w", err)
		}
		t := op.ScopeTag(tag)
		if n[t]++; n[t] <= maxKeyOps && r.Reads(dev, t) {
			out = append(out, raw)
		}
	}
	return out, rows.Err()
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
