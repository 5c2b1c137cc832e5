package announcement

import (
	"fmt"

	"tongzhou/backend/module"
)

// topic tells the interface to read announcements again.
const topic = "announcement.changed"

func reducer() module.Reducer {
	return module.Reducer{Entity: "announcement", Kinds: kinds(), Reset: reset, Apply: apply}
}

func reset(tx module.Tx, e module.Entity) error {
	if _, err := tx.Exec(`DELETE FROM announcement_item WHERE id = ?`, e.ID); err != nil {
		return fmt.Errorf("reset announcement: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM announcement_reader WHERE item = ?`, e.ID); err != nil {
		return fmt.Errorf("reset readers: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}

func apply(tx module.Tx, o module.Op) error {
	tx.Changed(topic, "")
	if o.Type == typeAcknowledge {
		return applyAcknowledge(tx, o)
	}
	return applyPublish(tx, o)
}

func applyPublish(tx module.Tx, o module.Op) error {
	p, err := decodePublish(o.Payload)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO announcement_item (id, hlc, author, title, text, need_ack) VALUES (?, ?, ?, ?, ?, ?)`,
		o.Entity, int64(o.HLC), o.UserNo, p.Title, p.Text, p.NeedAck); err != nil {
		return fmt.Errorf("store announcement: %w", err)
	}
	return nil
}

func applyAcknowledge(tx module.Tx, o module.Op) error {
	if _, err := tx.Exec(`INSERT OR IGNORE INTO announcement_reader (item, user, hlc) VALUES (?, ?, ?)`,
		o.Entity, o.UserNo, int64(o.HLC)); err != nil {
		return fmt.Errorf("store reader: %w", err)
	}
	return nil
}
