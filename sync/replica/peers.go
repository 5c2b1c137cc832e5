package replica

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file answers what a conversation asks: what a device may read, what changed, how far it got. What a transaction under
// way would change is told to nobody before its commit.

// AuthDigest names the control state: equal digests, equal control logs.
func (r *Replica) AuthDigest() [32]byte {
	sum := r.feeds.Sum(r.teamTag.control)
	fp := sum.Fingerprint()
	var d [32]byte
	copy(d[:], fp[:])
	return d
}

// Reads tells whether a device may read a scope, as far as is known here. Nobody reads anything before there is authority.
func (r *Replica) Reads(dev op.DeviceID, tag op.ScopeTag) bool {
	sc := r.committed.Load().scopes[tag]
	return sc != nil && sc.readers[dev]
}

// HasAuthority is false only on a device that has joined and does not hold the control log yet.
func (r *Replica) HasAuthority() bool {
	return len(r.world.Load().scopes[r.teamTag.control].readers) > 0
}

// KnownDevice tells whether the key of a device is known, so that its ops can be verified. It need not be of the team.
func (r *Replica) KnownDevice(dev op.DeviceID) bool {
	_, ok := r.SigningKey(dev)
	return ok
}

// SigningKey is the key of a device, which need not be of the team.
func (r *Replica) SigningKey(dev op.DeviceID) (ed25519.PublicKey, bool) {
	return r.world.Load().auth.SigningKey(dev)
}

// MayCertify tells whether the feed could make its own device known: every feed of the control log begins with a genesis or
// an admission.
func (r *Replica) MayCertify(k oplog.FeedKey) bool { return k.Tag == r.teamTag.control }

// Device returns a device of the team.
func (r *Replica) Device(dev op.DeviceID) (authority.Device, bool) {
	return r.world.Load().auth.Device(dev)
}

// Authority is the current state.
func (r *Replica) Authority() *authority.State { return r.world.Load().auth }

// View answers who may do what now.
func (r *Replica) View() View { return r.world.Load() }

// ChangedSince lists the feeds that changed after an arrival number in the scopes that dev reads; scopes that it has become a
// reader of since then are listed whole. The control scope comes first.
func (r *Replica) ChangedSince(dev op.DeviceID, lseq int64, control bool) ([]oplog.Feed, error) {
	shared := map[op.ScopeTag]int64{}
	rows, err := r.db.Read().Query(`SELECT tag, lseq FROM shared WHERE device = ?`, dev[:])
	if err != nil {
		return nil, fmt.Errorf("read shared scopes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var tag []byte
		var n int64
		if err := rows.Scan(&tag, &n); err != nil {
			return nil, fmt.Errorf("read shared scope: %w", err)
		}
		shared[op.ScopeTag(tag)] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read shared scopes: %w", err)
	}
	var first, rest []oplog.Feed
	w := r.committed.Load()
	for _, sc := range w.ordered() {
		tag := sc.tag
		if !sc.readers[dev] || control && tag != r.teamTag.control {
			continue
		}
		for _, f := range r.feeds.Scope(tag) {
			if f.Len == 0 || f.LSeq <= lseq && shared[tag] <= lseq {
				continue
			}
			if tag == r.teamTag.control {
				first = append(first, f)
			} else {
				rest = append(rest, f)
			}
		}
	}
	if !control {
		parting, err := r.Parting(dev)
		if err != nil {
			return nil, err
		}
		for i := range parting {
			if parting[i].LSeq > lseq {
				rest = append(rest, parting[i])
			}
		}
	}
	sortByRecency(rest)
	return append(first, rest...), nil
}

// ReadBy lists the scopes that dev may read, as far as is known here.
func (r *Replica) ReadBy(dev op.DeviceID) map[op.ScopeTag]bool {
	out := map[op.ScopeTag]bool{}
	for tag, sc := range r.committed.Load().scopes {
		if sc.readers[dev] {
			out[tag] = true
		}
	}
	return out
}

// SharedFeeds are the feeds of the scopes that dev and this device both read.
func (r *Replica) SharedFeeds(dev op.DeviceID) []oplog.Feed {
	var out []oplog.Feed
	for tag, sc := range r.committed.Load().scopes {
		if sc.readers[dev] && sc.readers[r.id.Device.ID] {
			for _, f := range r.feeds.Scope(tag) {
				if f.Len > 0 {
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// SharedSum is the sum of SharedFeeds.
func (r *Replica) SharedSum(dev op.DeviceID) oplog.Sum {
	var sum oplog.Sum
	for tag, sc := range r.committed.Load().scopes {
		if sc.readers[dev] && sc.readers[r.id.Device.ID] {
			sum.Merge(r.feeds.Sum(tag))
		}
	}
	return sum
}

// RegistersFor lists registers that changed after an arrival number in the scopes that dev reads, and all those of scopes it
// has become a reader of since.
func (r *Replica) RegistersFor(dev op.DeviceID, lseq int64) ([][]byte, error) {
	q := r.db.Read()
	w := r.committed.Load()
	rows, err := q.Query(`SELECT tag, device, data, lseq FROM register WHERE lseq > ?2
		UNION SELECT r.tag, r.device, r.data, r.lseq FROM shared s JOIN register r ON r.tag = s.tag WHERE s.device = ?1 AND s.lseq > ?2
		ORDER BY lseq`, dev[:], lseq)
	if err != nil {
		return nil, fmt.Errorf("read registers: %w", err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var tag, author, raw []byte
		var at int64
		if err := rows.Scan(&tag, &author, &raw, &at); err != nil {
			return nil, fmt.Errorf("read register: %w", err)
		}
		if _, known := w.auth.Device(op.DeviceID(author)); !known {
			continue // the peer could not verify it
		}
		if sc := w.scopes[op.ScopeTag(tag)]; sc != nil && sc.readers[dev] {
			out = append(out, raw)
		}
	}
	return out, rows.Err()
}

// RegistersOf lists all registers of a scope.
func (r *Replica) RegistersOf(tag op.ScopeTag) ([][]byte, error) {
	rows, err := oplog.ScopeRegisters(r.db.Read(), tag)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, 0, len(rows))
	for i := range rows {
		reg, _, err := op.ParseRegister(rows[i].Raw)
		if err != nil {
			continue
		}
		if _, certified := r.Device(reg.Device); certified { // else the peer would not take it
			out = append(out, rows[i].Raw)
		}
	}
	return out, nil
}

// Cursor is the arrival number up to which the database named store was followed.
func (r *Replica) Cursor(store [16]byte) (int64, error) {
	var n int64
	err := r.db.Read().QueryRow(`SELECT lseq FROM cursor WHERE store = ?`, store[:]).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read cursor: %w", err)
	}
	return n, nil
}

// SaveCursor moves the cursor.
func (r *Replica) SaveCursor(ctx context.Context, store [16]byte, dev op.DeviceID, lseq int64) error {
	return r.db.Write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(`INSERT INTO cursor (store, device, lseq) VALUES (?, ?, ?) ON CONFLICT (store) DO UPDATE SET lseq = excluded.lseq, device = excluded.device`, store[:], dev[:], lseq); err != nil {
			return fmt.Errorf("store cursor: %w", err)
		}
		return nil
	})
}

// SetOnline counts conversations with a device.
func (r *Replica) SetOnline(dev op.DeviceID, delta int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.online[dev] += delta
	if r.online[dev] <= 0 {
		delete(r.online, dev)
	}
}

// Online tells whether a device of the user is in conversation with this one.
func (r *Replica) Online(u op.UserID) bool {
	w := r.world.Load()
	r.mu.Lock()
	defer r.mu.Unlock()
	for dev := range r.online {
		if d, ok := w.auth.Device(dev); ok && d.User == u {
			return true
		}
	}
	return false
}
