package store

import (
	"context"
	"database/sql"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// Ops reads the bytes of ops from..to back to back, at least one and at most limit bytes or maxOps of them.
func (v *view) Ops(ctx context.Context, feed int64, from, to uint64, limit, maxOps int) (raw []byte, n int, err error) {
	f := frame{from: from, to: min(to, from+uint64(maxOps)-1), limit: limit}
	rows, err := v.q.query(ctx, `SELECT id, data FROM op WHERE id >= (SELECT max(id) FROM op WHERE id >= $1 AND id <= $2) AND id <= $3 ORDER BY id`,
		key(feed, 1), key(feed, from), key(feed, f.to))
	err = each(rows, err, "ops", func() error {
		var id int64
		var row sql.RawBytes
		if err := rows.Scan(&id, &row); err != nil || f.full {
			return err
		}
		if err := f.take(seqOf(id), row); err != nil || !f.full {
			return err
		}
		return rows.Close() // what else was asked for is the next frame's
	})
	return f.raw, f.n, err
}

// Epochs reads the epoch ops of a scope that arrived after an arrival number.
func (v *view) Epochs(ctx context.Context, no TeamNo, tag op.ScopeTag, after int64, limit int) (raw [][]byte, upTo int64, more bool, err error) {
	rows, err := v.q.query(ctx, `SELECT e.lseq, o.data FROM epoch_op e JOIN op o ON o.id = e.op
		WHERE e.team = $1 AND e.tag = $2 AND e.lseq > $3 ORDER BY e.lseq, e.op`, int64(no), tag[:], after)
	upTo = after
	size := 0
	err = each(rows, err, "epoch ops", func() error {
		var lseq int64
		var b []byte
		if err := rows.Scan(&lseq, &b); err != nil || more {
			return err
		}
		// The ops of one arrival go together, because the next answer begins after it.
		if more = lseq != upTo && (len(raw) >= limit || size+len(b) > wire.MaxFrameBytes); more {
			return rows.Close()
		}
		raw, upTo = append(raw, b), lseq
		size += len(b)
		return nil
	})
	return raw, upTo, more, err
}

// maxAhead bounds how many feeds OldestAhead looks into.
const maxAhead = 256

// OldestAhead is when the oldest op arrived that the device's cursor has not passed; 0: none. Arrival numbers rise along a
// feed, so each feed is searched by halves.
func (v *view) OldestAhead(ctx context.Context, no TeamNo, cursor int64) (oldest int64, err error) {
	feeds, err := v.Changed(ctx, no, cursor)
	if err != nil {
		return 0, err
	}
	for _, f := range feeds[:min(len(feeds), maxAhead)] {
		at := int64(0)
		for lo, hi := f.First, f.Len; lo <= hi; {
			mid := (lo + hi) / 2
			var lseq, arrived int64
			ok, err := one(v.q.row(ctx, `SELECT lseq, at FROM op WHERE id >= $1 AND id <= $2 ORDER BY id DESC LIMIT 1`, key(f.No, f.First), key(f.No, mid)), "op", &lseq, &arrived)
			switch {
			case err != nil:
				return 0, err
			case !ok || lseq <= cursor:
				lo = mid + 1
			default:
				at, hi = arrived, mid-1
			}
		}
		if at != 0 && (oldest == 0 || at < oldest) {
			oldest = at
		}
	}
	return oldest, nil
}

// Registers lists registers with an arrival number above since, in their order.
func (v *view) Registers(ctx context.Context, no TeamNo, since int64) ([]Register, error) {
	rows, err := v.q.query(ctx, `SELECT tag, device, key, version, lseq, data FROM register WHERE team = $1 AND lseq > $2 ORDER BY lseq`, int64(no), since)
	return registers(rows, err)
}

// ScopeRegisters lists the registers of a scope.
func (v *view) ScopeRegisters(ctx context.Context, no TeamNo, tag op.ScopeTag) ([]Register, error) {
	rows, err := v.q.query(ctx, `SELECT tag, device, key, version, lseq, data FROM register WHERE team = $1 AND tag = $2 ORDER BY lseq`, int64(no), tag[:])
	return registers(rows, err)
}

func registers(rows *sql.Rows, err error) (out []Register, _ error) {
	err = each(rows, err, "registers", func() error {
		var r Register
		err := rows.Scan(fixed(r.Tag[:]), fixed(r.Device[:]), &r.Key, &r.Version, &r.LSeq, &r.Raw)
		out = append(out, r)
		return err
	})
	return out, err
}

// Box reads a mailbox.
func (v *view) Box(ctx context.Context, no TeamNo, box wire.MailBox) (b Box, ok bool, err error) {
	b.ID = box
	ok, err = one(v.q.row(ctx, `SELECT expires, next, bytes FROM box WHERE team = $1 AND id = $2`, int64(no), box[:]), "mailbox", &b.ExpiresMS, &b.Next, &b.Bytes)
	return b, ok, err
}

// Mail reads mail of a box with numbers above after, oldest first.
func (v *view) Mail(ctx context.Context, no TeamNo, box wire.MailBox, after uint64, limit, most int) (mails []wire.Mail, more bool, err error) {
	rows, err := v.q.query(ctx, `SELECT no, at, data FROM mail WHERE team = $1 AND box = $2 AND no > $3 ORDER BY no`, int64(no), box[:], int64(after))
	size := 0
	err = each(rows, err, "mail", func() error {
		var m wire.Mail
		if err := rows.Scan(&m.No, &m.AtMS, &m.Body); err != nil || more {
			return err
		}
		if more = len(mails) > 0 && (len(mails) == most || size+len(m.Body) > limit); more {
			return rows.Close()
		}
		mails = append(mails, m)
		size += len(m.Body)
		return nil
	})
	return mails, more, err
}

// RegisterKeys counts the registers of a device in a scope, but for the one of a key.
func (v *view) RegisterKeys(ctx context.Context, no TeamNo, tag op.ScopeTag, device op.DeviceID, but string) (n int, err error) {
	_, err = one(v.q.row(ctx, `SELECT count(*) FROM register WHERE team = $1 AND tag = $2 AND device = $3 AND key <> $4`, int64(no), tag[:], device[:], but), "registers", &n)
	return n, err
}

// Feeds counts the feeds of a device in a scope.
func (v *view) Feeds(ctx context.Context, no TeamNo, tag op.ScopeTag, device op.DeviceID) (n int, err error) {
	_, err = one(v.q.row(ctx, `SELECT count(*) FROM feed WHERE team = $1 AND tag = $2 AND device = $3`, int64(no), tag[:], device[:]), "feeds", &n)
	return n, err
}

// Shares lists what each device has in a mailbox.
func (v *view) Shares(ctx context.Context, no TeamNo, box wire.MailBox) (out []Share, err error) {
	rows, err := v.q.query(ctx, `SELECT b.sender, count(*), sum(length(m.data)), min(m.no) FROM mail m
		LEFT JOIN mail_by b ON b.team = m.team AND b.box = m.box AND b.no = m.no WHERE m.team = $1 AND m.box = $2 GROUP BY b.sender`, int64(no), box[:])
	err = each(rows, err, "shares of a mailbox", func() error {
		var s Share
		var by []byte
		var n int64
		err := rows.Scan(&by, &n, &s.Bytes, &s.Oldest)
		if len(by) == len(s.Sender) {
			s.Sender = op.DeviceID(by)
		}
		s.Bytes += n * MailCost
		out = append(out, s)
		return err
	})
	return out, err
}

// Boxes counts the mailboxes of a team.
func (v *view) Boxes(ctx context.Context, no TeamNo) (n int, err error) {
	_, err = one(v.q.row(ctx, `SELECT count(*) FROM box WHERE team = $1`, int64(no)), "mailboxes", &n)
	return n, err
}
