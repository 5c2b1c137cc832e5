package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// view reads: from the database, or inside a transaction, which sees what it wrote.
type view struct {
	q    querier
	lock string // ends a SELECT of a team; "" when nothing is going to be changed
}

var _ Reader = (*view)(nil)

// key makes the row id of a run that begins with an op.
func key(feed int64, seq uint64) int64 { return feed<<40 | int64(seq) }

// seqOf is the seq in a row id.
func seqOf(id int64) uint64 { return uint64(id) & (1<<40 - 1) }

// one runs a query for one row; ok is false if there is none.
func one(row *sql.Row, what string, into ...any) (ok bool, err error) {
	err = row.Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %s: %w", what, err)
	}
	return true, nil
}

// each calls fn for each row.
func each(rows *sql.Rows, err error, what string, fn func() error) error {
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(); err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

const teamColumns = `SELECT no, tag, since, lseq, rev, post, bytes, gen, hash FROM team`

func (t *Team) fields() []any {
	return []any{&t.No, fixed(t.Tag[:]), &t.SinceMS, &t.LSeq, &t.Rev, &t.Post, &t.Bytes, &t.Gen, fixed(t.Hash[:])}
}

// Team reads a team by its tag.
func (v *view) Team(ctx context.Context, tag wire.TeamTag) (t Team, ok bool, err error) {
	ok, err = one(v.q.row(ctx, teamColumns+` WHERE tag = $1`+v.lock, tag[:]), "team", t.fields()...)
	return t, ok, err
}

// TeamByNo reads a team by its number.
func (v *view) TeamByNo(ctx context.Context, no TeamNo) (t Team, ok bool, err error) {
	ok, err = one(v.q.row(ctx, teamColumns+` WHERE no = $1`+v.lock, int64(no)), "team", t.fields()...)
	return t, ok, err
}

// Teams reads all teams, in the order in which they were let in.
func (v *view) Teams(ctx context.Context) (out []Team, err error) {
	rows, err := v.q.query(ctx, teamColumns+` ORDER BY no`)
	err = each(rows, err, "teams", func() error {
		var t Team
		err := rows.Scan(t.fields()...)
		out = append(out, t)
		return err
	})
	return out, err
}

// Tokens counts those that may still be used.
func (v *view) Tokens(ctx context.Context, nowMS int64) (n int, err error) {
	_, err = one(v.q.row(ctx, `SELECT count(*) FROM token WHERE expires > $1`, nowMS), "tokens", &n)
	return n, err
}

// HasToken tells whether a token may still be used.
func (v *view) HasToken(ctx context.Context, hash [32]byte, nowMS int64) (bool, error) {
	var n int
	_, err := one(v.q.row(ctx, `SELECT count(*) FROM token WHERE hash = $1 AND expires > $2`, hash[:], nowMS), "token", &n)
	return n > 0, err
}

// Roster reads the roster in force as signed; empty if there is none.
func (v *view) Roster(ctx context.Context, no TeamNo) (raw []byte, err error) {
	_, err = one(v.q.row(ctx, `SELECT roster FROM team WHERE no = $1`, int64(no)), "roster", &raw)
	return raw, err
}

const deviceColumns = `SELECT id, sign, peer, standing, until, seen, follows FROM device`

func (d *Device) fields() []any {
	return []any{fixed(d.ID[:]), fixed(d.SignPub[:]), fixed(d.PeerPub[:]), &d.Standing, &d.UntilMS, &d.SeenMS, &d.Cursor}
}

// Device reads a device of a team.
func (v *view) Device(ctx context.Context, no TeamNo, id op.DeviceID) (d Device, ok bool, err error) {
	ok, err = one(v.q.row(ctx, deviceColumns+` WHERE team = $1 AND id = $2`, int64(no), id[:]), "device", d.fields()...)
	return d, ok, err
}

// Devices reads all devices of a team, former ones included.
func (v *view) Devices(ctx context.Context, no TeamNo) (out []Device, err error) {
	rows, err := v.q.query(ctx, deviceColumns+` WHERE team = $1 ORDER BY id`, int64(no))
	err = each(rows, err, "devices", func() error {
		var d Device
		err := rows.Scan(d.fields()...)
		out = append(out, d)
		return err
	})
	return out, err
}

// Homes lists the teams where a transport key belongs to a rostered or vouched device.
func (v *view) Homes(ctx context.Context, peer [32]byte, nowMS int64) (out []TeamNo, err error) {
	rows, err := v.q.query(ctx, `SELECT team FROM device WHERE peer = $1 AND (standing = 1 OR standing = 2 AND until > $2)`, peer[:], nowMS)
	err = each(rows, err, "devices", func() error {
		var no TeamNo
		err := rows.Scan(&no)
		out = append(out, no)
		return err
	})
	return out, err
}

// Caps reads the caps of a scope.
func (v *view) Caps(ctx context.Context, no TeamNo, tag op.ScopeTag) (out []Cap, err error) {
	rows, err := v.q.query(ctx, `SELECT pub, ref, head FROM cap WHERE team = $1 AND tag = $2`, int64(no), tag[:])
	err = each(rows, err, "caps", func() error {
		var c Cap
		err := rows.Scan(fixed(c.Pub[:]), fixed(c.Ref[:]), &c.Head)
		out = append(out, c)
		return err
	})
	return out, err
}

// Heads lists the caps of every scope that are heads.
func (v *view) Heads(ctx context.Context, no TeamNo) (map[op.ScopeTag][][32]byte, error) {
	out := map[op.ScopeTag][][32]byte{}
	rows, err := v.q.query(ctx, `SELECT tag, pub FROM cap WHERE team = $1 AND head <> 0`, int64(no))
	err = each(rows, err, "caps", func() error {
		var tag op.ScopeTag
		var pub [32]byte
		err := rows.Scan(fixed(tag[:]), fixed(pub[:]))
		out[tag] = append(out[tag], pub)
		return err
	})
	return out, err
}

// CapsBy counts the heads of a scope that a device registered.
func (v *view) CapsBy(ctx context.Context, no TeamNo, tag op.ScopeTag, device op.DeviceID) (n int, err error) {
	_, err = one(v.q.row(ctx, `SELECT count(*) FROM cap_by b JOIN cap c ON c.team = b.team AND c.tag = b.tag AND c.pub = b.pub
		WHERE b.team = $1 AND b.tag = $2 AND b.device = $3 AND b.first = 1 AND c.head <> 0`, int64(no), tag[:], device[:]), "caps", &n)
	return n, err
}

// Shown is since which arrival number a device may read each scope.
func (v *view) Shown(ctx context.Context, no TeamNo, device op.DeviceID) (map[op.ScopeTag]int64, error) {
	out := map[op.ScopeTag]int64{}
	rows, err := v.q.query(ctx, `SELECT tag, lseq FROM shown WHERE team = $1 AND device = $2`, int64(no), device[:])
	err = each(rows, err, "scopes of a device", func() error {
		var tag op.ScopeTag
		var lseq int64
		err := rows.Scan(fixed(tag[:]), &lseq)
		out[tag] = lseq
		return err
	})
	return out, err
}

// fixedBytes scans a blob of exactly the length of its target.
type fixedBytes []byte

func fixed(b []byte) *fixedBytes { return (*fixedBytes)(&b) }

func (f *fixedBytes) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(*f) {
		return fmt.Errorf("relay store: %d bytes, want %d", len(b), len(*f))
	}
	copy(*f, b)
	return nil
}

const feedColumns = `SELECT no, tag, device, inc, first, len, head, lseq, content FROM feed`

func (f *Feed) fields() []any {
	return []any{&f.No, fixed(f.Tag[:]), fixed(f.Device[:]), &f.Incarnation, &f.First, &f.Len, fixed(f.Head[:]), &f.LSeq, &f.Content}
}

// Feed reads the state of a feed.
func (v *view) Feed(ctx context.Context, no TeamNo, k oplog.FeedKey) (f Feed, ok bool, err error) {
	ok, err = one(v.q.row(ctx, feedColumns+` WHERE team = $1 AND tag = $2 AND device = $3 AND inc = $4`,
		int64(no), k.Tag[:], k.Device[:], int64(k.Incarnation)), "feed", f.fields()...)
	return f, ok, err
}

// Changed lists feeds with an arrival number above since, in their order.
func (v *view) Changed(ctx context.Context, no TeamNo, since int64) ([]Feed, error) {
	rows, err := v.q.query(ctx, feedColumns+` WHERE team = $1 AND lseq > $2 ORDER BY lseq`, int64(no), since)
	return feeds(rows, err)
}

// Scope lists the feeds of a scope.
func (v *view) Scope(ctx context.Context, no TeamNo, tag op.ScopeTag) ([]Feed, error) {
	rows, err := v.q.query(ctx, feedColumns+` WHERE team = $1 AND tag = $2 ORDER BY lseq`, int64(no), tag[:])
	return feeds(rows, err)
}

func feeds(rows *sql.Rows, err error) (out []Feed, _ error) {
	err = each(rows, err, "feeds", func() error {
		var f Feed
		err := rows.Scan(f.fields()...)
		out = append(out, f)
		return err
	})
	return out, err
}
