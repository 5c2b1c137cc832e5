package chat

import (
	"fmt"

	"tongzhou/backend/module"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// topic tells the interface to read a chat again.
const topic = "chat.changed"

// changed is the payload of topic.
type changed struct {
	Chat op.ScopeID `json:"chat"`
}

func reducers() []module.Reducer {
	return []module.Reducer{
		{Entity: "chat.message", Kinds: messageKinds(), Reset: resetMessage, Apply: applyMessage},
		{Entity: "chat.group", Kinds: groupKinds(), Reset: resetGroup, Apply: applyGroup},
	}
}

// applyMessage is the hot path: one row for the message, one for the indexer.
func applyMessage(tx module.Tx, o module.Op) error {
	m, err := decode[message](o.Payload)
	if err != nil {
		return err
	}
	ref := o.Entity // a message creates its own entity, so this is o.Ref in bytes
	if _, err := tx.Exec(`INSERT INTO chat_message (chat, hlc, ref, user, op, client, text) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		o.ScopeNo, int64(o.HLC), ref, o.UserNo, o.Key, int64(m.Client&(1<<63-1)), m.Text); err != nil {
		return fmt.Errorf("store message: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO chat_index_queue (chat, hlc, ref) VALUES (?, ?, ?)`, o.ScopeNo, int64(o.HLC), ref); err != nil {
		return fmt.Errorf("queue message for search: %w", err)
	}
	tx.Changed(topic, changed{o.Scope})
	return nil
}

func resetMessage(tx module.Tx, e module.Entity) error {
	if _, err := tx.Exec(`INSERT INTO chat_index_queue (chat, hlc, ref) SELECT chat, hlc, ref FROM chat_message WHERE ref = ? AND chat = ?`, e.ID, e.ScopeNo); err != nil {
		return fmt.Errorf("queue message for search: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM chat_message WHERE ref = ? AND chat = ?`, e.ID, e.ScopeNo); err != nil {
		return fmt.Errorf("reset message: %w", err)
	}
	tx.Changed(topic, changed{e.Scope})
	return nil
}

func applyGroup(tx module.Tx, o module.Op) error {
	g, err := decode[group](o.Payload)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO chat_group (chat, name, purpose) VALUES (?1, coalesce(?2, ''), coalesce(?3, ''))
		ON CONFLICT (chat) DO UPDATE SET name = coalesce(?2, name), purpose = coalesce(?3, purpose)`, o.ScopeNo, g.Name, g.Purpose); err != nil {
		return fmt.Errorf("store group: %w", err)
	}
	tx.Changed(topic, changed{o.Scope})
	return nil
}

func resetGroup(tx module.Tx, e module.Entity) error {
	if _, err := tx.Exec(`DELETE FROM chat_group WHERE chat = ?`, e.ScopeNo); err != nil {
		return fmt.Errorf("reset group: %w", err)
	}
	tx.Changed(topic, changed{e.Scope})
	return nil
}

// applyRead stores exactly the value at hand, so that the row depends on the latest register alone; the furthest of a
// person's devices is found when asked for. A malformed value counts as nothing read.
func applyRead(tx module.Tx, r module.RegisterValue) error {
	mark, err := decode[readMark](r.Value)
	if err != nil || mark.HLC > hlc.Max {
		mark = readMark{}
	}
	if _, err := tx.Exec(`INSERT OR REPLACE INTO chat_read (chat, user, device, hlc, ref) VALUES (?, ?, ?, ?, ?)`,
		r.ScopeNo, r.UserNo, r.Device[:], int64(mark.HLC), mark.Ref.Bytes()); err != nil {
		return fmt.Errorf("store read mark: %w", err)
	}
	tx.Changed(topic, changed{r.Scope})
	return nil
}
