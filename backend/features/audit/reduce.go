package audit

import (
	"fmt"

	"tongzhou/backend/module"
)

// topic tells the interface to read the log again.
const topic = "audit.changed"

func reducer() module.Reducer {
	return module.Reducer{Entity: "audit.export", Kinds: kinds(), Reset: reset, Apply: apply}
}

func reset(tx module.Tx, e module.Entity) error {
	if _, err := tx.Exec(`DELETE FROM audit_export WHERE id = ?`, e.ID); err != nil {
		return fmt.Errorf("reset export: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}

func apply(tx module.Tx, o module.Op) error {
	e, err := decodeExport(o.Payload)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO audit_export (id, hlc, author, device, digest, entries) VALUES (?, ?, ?, ?, ?, ?)`,
		o.Entity, int64(o.HLC), o.UserNo, o.Ref.Device[:], e.Digest, e.Entries); err != nil {
		return fmt.Errorf("store export: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}
