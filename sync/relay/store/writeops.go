package store

import (
	"context"
	"database/sql"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// Append stores ops that continue a feed, and the feed as it is then.
func (t *transaction) Append(ctx context.Context, no TeamNo, f Feed, ops []op.Sealed, nowMS int64) (int64, error) {
	for i := range ops {
		f.Content = f.Content || ops[i].Kind == op.Content
	}
	if f.No == 0 {
		if _, err := one(t.q.row(ctx, `INSERT INTO feed (team, tag, device, inc, first, len, head, lseq, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING no`,
			int64(no), f.Tag[:], f.Device[:], int64(f.Incarnation), int64(f.First), int64(f.Len), f.Head[:], f.LSeq, flag(f.Content)), "feed", &f.No); err != nil {
			return 0, err
		}
	} else if _, err := t.run(ctx, "feed", `UPDATE feed SET len = $1, head = $2, lseq = $3, content = $4 WHERE no = $5`,
		int64(f.Len), f.Head[:], f.LSeq, flag(f.Content), f.No); err != nil {
		return 0, err
	}
	for len(ops) > 0 {
		n, size := firstRun(ops)
		row := make([]byte, 0, size)
		for i := range ops[:n] {
			row = ops[i].AppendTo(row)
		}
		id, kind := key(f.No, ops[0].Seq), ops[0].Kind
		if _, err := t.run(ctx, "ops", `INSERT INTO op (id, lseq, at, kind, data) VALUES ($1, $2, $3, $4, $5)`, id, f.LSeq, nowMS, int64(kind), row); err != nil {
			return 0, err
		}
		if kind == op.Epoch {
			if _, err := t.run(ctx, "epoch op", `INSERT INTO epoch_op (team, tag, lseq, op) VALUES ($1, $2, $3, $4)`, int64(no), f.Tag[:], f.LSeq, id); err != nil {
				return 0, err
			}
		}
		ops = ops[n:]
	}
	return f.No, nil
}

// Collect deletes ops but epoch ops from the start of a feed.
func (t *transaction) Collect(ctx context.Context, no TeamNo, f Feed, upTo, beforeMS int64, limit int) (freed int64, n uint64, err error) {
	rows, err := t.q.query(ctx, `SELECT lseq, at, kind, data FROM op WHERE id >= $1 AND id <= $2 ORDER BY id`, key(f.No, f.First), key(f.No, f.Len))
	err = each(rows, err, "ops", func() error {
		var lseq, at, kind int64
		var row sql.RawBytes
		if err := rows.Scan(&lseq, &at, &kind, &row); err != nil {
			return err
		}
		if n >= uint64(limit) || lseq > upTo || at >= beforeMS {
			return rows.Close()
		}
		if kind != int64(op.Epoch) {
			freed += int64(len(row))
		}
		ops, err := count(row)
		n += ops
		return err
	})
	if err != nil || n == 0 {
		return 0, 0, err
	}
	if _, err := t.run(ctx, "ops", `DELETE FROM op WHERE id >= $1 AND id < $2 AND kind <> $3`, key(f.No, f.First), key(f.No, f.First+n), int64(op.Epoch)); err != nil {
		return 0, 0, err
	}
	if _, err := t.run(ctx, "feed", `UPDATE feed SET first = $1 WHERE no = $2`, int64(f.First+n), f.No); err != nil {
		return 0, 0, err
	}
	return freed, n, t.AddBytes(ctx, no, -freed)
}

// PutRegister stores a register if it is newer.
func (t *transaction) PutRegister(ctx context.Context, no TeamNo, r Register) (grown int64, stored bool, err error) {
	var version, size int64
	there, err := one(t.q.row(ctx, `SELECT version, length(data) FROM register WHERE team = $1 AND tag = $2 AND device = $3 AND key = $4`,
		int64(no), r.Tag[:], r.Device[:], r.Key), "register", &version, &size)
	if err != nil || there && uint64(version) >= r.Version {
		return 0, false, err
	}
	if _, err := t.run(ctx, "register", `INSERT INTO register (team, tag, device, key, version, lseq, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (team, tag, device, key) DO UPDATE SET version = excluded.version, lseq = excluded.lseq, data = excluded.data`,
		int64(no), r.Tag[:], r.Device[:], r.Key, int64(r.Version), r.LSeq, r.Raw); err != nil {
		return 0, false, err
	}
	return int64(len(r.Raw)) - size, true, nil
}

// PutBox makes or changes a mailbox.
func (t *transaction) PutBox(ctx context.Context, no TeamNo, b Box) error {
	_, err := t.run(ctx, "mailbox", `INSERT INTO box (team, id, expires, next, bytes) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (team, id) DO UPDATE SET expires = excluded.expires, next = excluded.next, bytes = excluded.bytes`,
		int64(no), b.ID[:], b.ExpiresMS, int64(b.Next), b.Bytes)
	return err
}

// PutMail stores mail.
func (t *transaction) PutMail(ctx context.Context, no TeamNo, box wire.MailBox, by op.DeviceID, m wire.Mail, expiresMS int64) error {
	if _, err := t.run(ctx, "sender", `INSERT INTO mail_by (team, box, no, sender) VALUES ($1, $2, $3, $4)`, int64(no), box[:], int64(m.No), by[:]); err != nil {
		return err
	}
	_, err := t.run(ctx, "mail", `INSERT INTO mail (team, box, no, at, expires, data) VALUES ($1, $2, $3, $4, $5, $6)`,
		int64(no), box[:], int64(m.No), m.AtMS, expiresMS, m.Body)
	t.changed[no] = true
	return err
}

// DropMail deletes mail that was taken.
func (t *transaction) DropMail(ctx context.Context, no TeamNo, box wire.MailBox, nos []uint64) (freed int64, err error) {
	for _, mail := range nos {
		var size int64
		ok, err := one(t.q.row(ctx, `DELETE FROM mail WHERE team = $1 AND box = $2 AND no = $3 RETURNING length(data)`, int64(no), box[:], int64(mail)), "mail", &size)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		freed += size + MailCost
		if _, err := t.run(ctx, "sender", `DELETE FROM mail_by WHERE team = $1 AND box = $2 AND no = $3`, int64(no), box[:], int64(mail)); err != nil {
			return 0, err
		}
	}
	if freed == 0 {
		return 0, nil
	}
	if _, err := t.run(ctx, "mailbox", `UPDATE box SET bytes = bytes - $1 WHERE team = $2 AND id = $3`, freed, int64(no), box[:]); err != nil {
		return 0, err
	}
	return freed, t.AddBytes(ctx, no, -freed)
}

// Expire deletes tokens, mail and boxes whose time is over.
func (t *transaction) Expire(ctx context.Context, nowMS int64) error {
	if _, err := t.run(ctx, "tokens", `DELETE FROM token WHERE expires <= $1`, nowMS); err != nil {
		return err
	}
	type item struct {
		team TeamNo
		box  wire.MailBox
		no   uint64
	}
	var over []item
	rows, err := t.q.query(ctx, `SELECT team, box, no FROM mail WHERE expires <= $1`, nowMS)
	err = each(rows, err, "mail", func() error {
		var i item
		err := rows.Scan(&i.team, fixed(i.box[:]), &i.no)
		over = append(over, i)
		return err
	})
	if err != nil {
		return err
	}
	for _, i := range over {
		if _, err := t.DropMail(ctx, i.team, i.box, []uint64{i.no}); err != nil {
			return err
		}
	}
	_, err = t.run(ctx, "mailboxes", `DELETE FROM box WHERE expires <= $1 AND bytes <= 0`, nowMS)
	return err
}
