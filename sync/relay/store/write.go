package store

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// transaction writes.
type transaction struct {
	view
	changed map[TeamNo]bool
}

var _ Tx = (*transaction)(nil)

func (t *transaction) run(ctx context.Context, what, text string, args ...any) (int64, error) {
	r, err := t.q.exec(ctx, text, args...)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", what, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", what, err)
	}
	return n, nil
}

// AddToken keeps the hash of a token.
func (t *transaction) AddToken(ctx context.Context, hash [32]byte, expiresMS int64) error {
	_, err := t.run(ctx, "token", `INSERT INTO token (hash, expires) VALUES ($1, $2)`, hash[:], expiresMS)
	return err
}

// UseToken takes a token away; false if there is none that is not expired.
func (t *transaction) UseToken(ctx context.Context, hash [32]byte, nowMS int64) (bool, error) {
	n, err := t.run(ctx, "token", `DELETE FROM token WHERE hash = $1 AND expires > $2`, hash[:], nowMS)
	return n == 1, err
}

// AddTeam lets a team in.
func (t *transaction) AddTeam(ctx context.Context, tag wire.TeamTag, nowMS int64) (Team, error) {
	if _, err := t.run(ctx, "team", `INSERT INTO team (tag, since, hash, roster) VALUES ($1, $2, $3, $4)`, tag[:], nowMS, make([]byte, 32), []byte{}); err != nil {
		return Team{}, err
	}
	team, ok, err := t.Team(ctx, tag)
	if err == nil && !ok {
		err = fmt.Errorf("write team: it is not there")
	}
	return team, err
}

// RemoveTeam deletes a team with everything of it.
func (t *transaction) RemoveTeam(ctx context.Context, no TeamNo) error {
	feeds, err := t.Changed(ctx, no, -1)
	if err != nil {
		return err
	}
	for i := range feeds {
		if _, err := t.run(ctx, "ops", `DELETE FROM op WHERE id >= $1 AND id <= $2`, key(feeds[i].No, 1), key(feeds[i].No, feeds[i].Len)); err != nil {
			return err
		}
	}
	if _, err := t.run(ctx, "chunks", `DELETE FROM chunk_part WHERE chunk IN (SELECT no FROM chunk WHERE team = $1)`, int64(no)); err != nil {
		return err
	}
	for _, table := range []string{"device", "cap", "cap_by", "shown", "feed", "epoch_op", "register", "box", "mail", "mail_by", "chunk"} {
		if _, err := t.run(ctx, table, `DELETE FROM `+table+` WHERE team = $1`, int64(no)); err != nil {
			return err
		}
	}
	_, err = t.run(ctx, "team", `DELETE FROM team WHERE no = $1`, int64(no))
	t.changed[no] = true
	return err
}

// SetRoster puts a roster in force.
func (t *transaction) SetRoster(ctx context.Context, no TeamNo, gen uint64, hash [32]byte, raw []byte) error {
	_, err := t.run(ctx, "roster", `UPDATE team SET gen = $1, hash = $2, roster = $3 WHERE no = $4`, int64(gen), hash[:], raw, int64(no))
	return err
}

// PutDevice adds a device, or changes keys and standing of one.
func (t *transaction) PutDevice(ctx context.Context, no TeamNo, d Device) error {
	_, err := t.run(ctx, "device", `INSERT INTO device (team, id, sign, peer, standing, until) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (team, id) DO UPDATE SET sign = excluded.sign, peer = excluded.peer, standing = excluded.standing, until = excluded.until`,
		int64(no), d.ID[:], d.SignPub[:], d.PeerPub[:], int64(d.Standing), d.UntilMS)
	return err
}

// Retire takes every device off.
func (t *transaction) Retire(ctx context.Context, no TeamNo) error {
	_, err := t.run(ctx, "devices", `UPDATE device SET standing = CASE WHEN standing IN (1, 3) THEN 3 ELSE 0 END, until = 0 WHERE team = $1`, int64(no))
	return err
}

// Seen notes a connection of a device.
func (t *transaction) Seen(ctx context.Context, no TeamNo, id op.DeviceID, atMS int64) error {
	_, err := t.run(ctx, "device", `UPDATE device SET seen = $1 WHERE team = $2 AND id = $3`, atMS, int64(no), id[:])
	return err
}

// SetCursor notes what a device has stored.
func (t *transaction) SetCursor(ctx context.Context, no TeamNo, id op.DeviceID, lseq int64) error {
	_, err := t.run(ctx, "device", `UPDATE device SET follows = $1 WHERE team = $2 AND id = $3`, lseq, int64(no), id[:])
	return err
}

// PutCap registers a cap, or notes that one more device proved it.
func (t *transaction) PutCap(ctx context.Context, no TeamNo, tag op.ScopeTag, c Cap, by op.DeviceID) error {
	n, err := t.run(ctx, "cap", `INSERT INTO cap (team, tag, pub, ref, head) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		int64(no), tag[:], c.Pub[:], c.Ref[:], flag(c.Head))
	if err != nil {
		return err
	}
	_, err = t.run(ctx, "cap", `INSERT INTO cap_by (team, tag, pub, device, first) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		int64(no), tag[:], c.Pub[:], by[:], n)
	return err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Supersede makes caps of a scope no heads any more.
func (t *transaction) Supersede(ctx context.Context, no TeamNo, tag op.ScopeTag, pubs [][32]byte) error {
	for i := range pubs {
		if _, err := t.run(ctx, "cap", `UPDATE cap SET head = 0 WHERE team = $1 AND tag = $2 AND pub = $3`, int64(no), tag[:], pubs[i][:]); err != nil {
			return err
		}
	}
	return nil
}

// DropCaps forgets caps that only devices which are out have proven.
func (t *transaction) DropCaps(ctx context.Context, no TeamNo) error {
	if _, err := t.run(ctx, "caps", `DELETE FROM cap_by WHERE team = $1 AND NOT EXISTS
		(SELECT 1 FROM device d WHERE d.team = cap_by.team AND d.id = cap_by.device AND d.standing IN (1, 2))`, int64(no)); err != nil {
		return err
	}
	_, err := t.run(ctx, "caps", `DELETE FROM cap WHERE team = $1 AND NOT EXISTS
		(SELECT 1 FROM cap_by b WHERE b.team = cap.team AND b.tag = cap.tag AND b.pub = cap.pub)`, int64(no))
	return err
}

// SetShown notes since which arrival number a device reads a scope.
func (t *transaction) SetShown(ctx context.Context, no TeamNo, device op.DeviceID, tag op.ScopeTag, lseq int64) error {
	_, err := t.run(ctx, "scope of a device", `INSERT INTO shown (team, device, tag, lseq) VALUES ($1, $2, $3, $4)
		ON CONFLICT (team, device, tag) DO UPDATE SET lseq = excluded.lseq`, int64(no), device[:], tag[:], lseq)
	return err
}

// DropShown forgets that a device read a scope.
func (t *transaction) DropShown(ctx context.Context, no TeamNo, device op.DeviceID, tag op.ScopeTag) error {
	_, err := t.run(ctx, "scope of a device", `DELETE FROM shown WHERE team = $1 AND device = $2 AND tag = $3`, int64(no), device[:], tag[:])
	return err
}

// Next takes the team's next arrival number.
func (t *transaction) Next(ctx context.Context, no TeamNo) (lseq int64, err error) {
	t.changed[no] = true
	ok, err := one(t.q.row(ctx, `UPDATE team SET lseq = lseq + 1 WHERE no = $1 RETURNING lseq`, int64(no)), "arrival number", &lseq)
	if err == nil && !ok {
		err = fmt.Errorf("take arrival number: no team %d", no)
	}
	return lseq, err
}

// NextRev takes the team's next revision.
func (t *transaction) NextRev(ctx context.Context, no TeamNo) error {
	t.changed[no] = true
	_, err := t.run(ctx, "revision", `UPDATE team SET rev = rev + 1 WHERE no = $1`, int64(no))
	return err
}

// NextPost takes the number of the team's next mail.
func (t *transaction) NextPost(ctx context.Context, no TeamNo) error {
	t.changed[no] = true
	_, err := t.run(ctx, "mail", `UPDATE team SET post = post + 1 WHERE no = $1`, int64(no))
	return err
}

// AddBytes counts what the team stores.
func (t *transaction) AddBytes(ctx context.Context, no TeamNo, n int64) error {
	_, err := t.run(ctx, "team", `UPDATE team SET bytes = bytes + $1 WHERE no = $2`, n, int64(no))
	return err
}
