package replica

import (
	"context"
	"fmt"
	"time"

	"tongzhou/sync/op"
)

// This file keeps what is to be left in mailboxes at relays: keys for devices that had none of the scope, and so cannot ask a
// relay for anything in it.

// mailKept is how long mail waits for a relay.
const mailKept = 30 * 24 * time.Hour

// RelayMail is an epoch op with a key for a device.
type RelayMail struct {
	No     int64
	Device op.DeviceID
	Raw    []byte
}

// leaveMail notes the devices that an own epoch op lets into its scope. It runs before the boxes are kept.
func (r *Replica) leaveMail(p *projector, o *opened, n *handed, key int64) error {
	if o.sealed.Device != r.id.Device.ID || key == 0 || len(n.Boxes) == 0 {
		return nil
	}
	inside, err := r.boxedElsewhere(p, o.sealed.Scope, n.Ref)
	if err != nil {
		return err
	}
	now := r.now()
	w := r.world.Load()
	for i := range n.Boxes {
		d := n.Boxes[i].Device
		if _, root := w.auth.User(op.UserID(d)); root || inside[d] || d == r.id.Device.ID {
			continue
		}
		if _, err := p.tx.Exec(`INSERT INTO relay_mail (device, op, at) VALUES (?, ?, ?)`, d[:], key, now.UnixMilli()); err != nil {
			return fmt.Errorf("leave mail: %w", err)
		}
		p.event.Keys = true
	}
	if _, err := p.tx.Exec(`DELETE FROM relay_mail WHERE at < ?`, now.Add(-mailKept).UnixMilli()); err != nil {
		return fmt.Errorf("drop old mail: %w", err)
	}
	return nil
}

// boxedElsewhere lists who holds another epoch of the scope.
func (r *Replica) boxedElsewhere(p *projector, tag op.ScopeTag, but op.EpochRef) (map[op.DeviceID]bool, error) {
	rows, err := p.tx.Query(`SELECT DISTINCT device FROM epoch_box WHERE tag = ? AND ref <> ?`, tag[:], but[:])
	if err != nil {
		return nil, fmt.Errorf("read boxes: %w", err)
	}
	defer rows.Close()
	out := map[op.DeviceID]bool{}
	for rows.Next() {
		var d []byte
		if err := rows.Scan(&d); err != nil {
			return nil, fmt.Errorf("read box: %w", err)
		}
		if len(d) == 16 {
			out[op.DeviceID(d)] = true
		}
	}
	return out, rows.Err()
}

// MailAfter lists mail with numbers above after, for devices that still read the scope or are not known yet.
func (r *Replica) MailAfter(after int64, limit int) ([]RelayMail, error) {
	rows, err := r.db.Read().Query(`SELECT m.no, m.device, op.data FROM relay_mail m JOIN op ON op.id = m.op WHERE m.no > ? ORDER BY m.no LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	defer rows.Close()
	var out []RelayMail
	for rows.Next() {
		var m RelayMail
		var d []byte
		if err := rows.Scan(&m.No, &d, &m.Raw); err != nil {
			return nil, fmt.Errorf("read mail: %w", err)
		}
		if len(d) == 16 {
			m.Device = op.DeviceID(d)
			out = append(out, m)
		}
	}
	return out, rows.Err()
}

// MailLeft notes that mail up to a number lies at a relay.
func (r *Replica) MailLeft(ctx context.Context, store RelayStore, no int64) error {
	return r.db.Write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(`UPDATE relay SET mail = max(mail, ?) WHERE store = ?`, no, store[:]); err != nil {
			return fmt.Errorf("note mail at a relay: %w", err)
		}
		return nil
	})
}

// MailLater puts a letter at the end of the line: its box was full.
func (r *Replica) MailLater(ctx context.Context, no int64) error {
	return r.db.Write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(`INSERT INTO relay_mail (device, op, at) SELECT device, op, at FROM relay_mail WHERE no = ?`, no); err != nil {
			return fmt.Errorf("put mail off: %w", err)
		}
		return nil
	})
}
