package oplog

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Batch is the log's part of one write transaction. What it stages is visible to others only after Commit, which the caller
// calls once the transaction is durable; a batch that is dropped changes nothing.
type Batch struct {
	l     *Log
	tx    Tx
	feeds map[FeedKey]*Feed
	lseq  int64
	incs  map[[32]byte]int // new feeds per scope and device in this batch
	fresh int              // new feeds in this batch
	self  *self            // new identity of the database, if it gets one
}

// self names a database and its own feeds.
type self struct {
	store [16]byte
	inc   uint32
}

// Begin starts a batch. There is one writer, so there is one batch at a time.
func (l *Log) Begin(tx Tx) *Batch {
	return &Batch{l: l, tx: tx, feeds: map[FeedKey]*Feed{}, lseq: l.LSeq(), incs: map[[32]byte]int{}}
}

// Feed returns the feed as this batch sees it; nil if nothing of it is stored.
func (b *Batch) Feed(k FeedKey) *Feed {
	if f := b.feeds[k]; f != nil {
		return f
	}
	b.l.mu.RLock()
	defer b.l.mu.RUnlock()
	f := b.l.feeds[k]
	if f == nil {
		return nil
	}
	c := *f
	b.feeds[k] = &c
	return &c
}

// Scope lists the feeds of a scope as this batch sees them.
func (b *Batch) Scope(tag op.ScopeTag) []Feed {
	out := b.l.Scope(tag)
	known := make(map[FeedKey]bool, len(out))
	for i := range out {
		known[out[i].FeedKey] = true
		if f := b.feeds[out[i].FeedKey]; f != nil {
			out[i] = *f
		}
	}
	for k, f := range b.feeds {
		if k.Tag == tag && !known[k] {
			out = append(out, *f)
		}
	}
	return out
}

// ByNo returns a feed that this batch made.
func (b *Batch) ByNo(no int64) (Feed, bool) {
	for _, f := range b.feeds {
		if f.No == no {
			return *f, true
		}
	}
	return Feed{}, false
}

// Open returns the feed, making it if it is new. ErrFull when there are too many.
func (b *Batch) Open(k FeedKey) (*Feed, error) {
	if f := b.Feed(k); f != nil {
		return f, nil
	}
	b.l.mu.RLock()
	total, same := len(b.l.feeds), 0
	for _, f := range b.l.scope[k.Tag] {
		if f.Device == k.Device {
			same++
		}
	}
	b.l.mu.RUnlock()
	who := [32]byte(append(append([]byte{}, k.Tag[:]...), k.Device[:]...))
	if same+b.incs[who] >= MaxIncarnations || total+b.fresh >= MaxFeeds {
		return nil, fmt.Errorf("%w: %d of this device in the scope", ErrFull, same)
	}
	b.incs[who]++
	b.fresh++
	f := &Feed{FeedKey: k}
	res, err := b.tx.Exec(`INSERT INTO feed (tag, device, inc, len, head, hlc, lseq) VALUES (?, ?, ?, 0, zeroblob(32), 0, 0)`, k.Tag[:], k.Device[:], k.Incarnation)
	if err != nil {
		return nil, fmt.Errorf("add feed: %w", err)
	}
	if f.No, err = res.LastInsertId(); err != nil {
		return nil, fmt.Errorf("add feed: %w", err)
	}
	b.feeds[k] = f
	return f, nil
}

// Append stores one op that continues f, and returns its key. ErrGap if it does not, or would grow into a fork. The caller has verified the
// signature of this op or of a later one in the chain.
func (b *Batch) Append(f *Feed, id op.ID, o *op.Sealed, raw []byte, st Status, clock hlc.Time, atMillis int64) (int64, error) {
	if o.Seq != f.Len+1 || o.Prev != f.Head || !f.Takes(o.Seq) {
		return 0, ErrGap
	}
	key := Key(f.No, o.Seq)
	if _, err := b.tx.Exec(`INSERT INTO op (id, status, at, hlc, data) VALUES (?, ?, ?, ?, ?)`, key, int64(st), atMillis, int64(clock), raw); err != nil {
		return 0, fmt.Errorf("store op: %w", err)
	}
	f.Len, f.Head = o.Seq, id
	if st != Void && clock > f.HLC {
		f.HLC = clock
	}
	f.changed = true
	return key, nil
}

// SetStatus changes the status and clock of a stored op.
func (b *Batch) SetStatus(key int64, st Status, clock hlc.Time) error {
	if _, err := b.tx.Exec(`UPDATE op SET status = ?, hlc = ? WHERE id = ?`, int64(st), int64(clock), key); err != nil {
		return fmt.Errorf("set op status: %w", err)
	}
	return nil
}

// Prune replaces a stored op by its stub.
func (b *Batch) Prune(key int64, stub []byte) error {
	if _, err := b.tx.Exec(`UPDATE op SET data = ? WHERE id = ?`, stub, key); err != nil {
		return fmt.Errorf("prune op: %w", err)
	}
	return nil
}

// SetClock changes the greatest clock of the feed.
func (f *Feed) SetClock(t hlc.Time) {
	f.changed = f.changed || f.HLC != t
	f.HLC = t
}

// Freeze notes that the feed forks at seq and keeps the proof. The caller removes ops from there on with Truncate.
func (b *Batch) Freeze(f *Feed, seq uint64, proof []byte) error {
	if f.Takes(seq) {
		f.Fork, f.changed = seq, true
	}
	if _, err := b.tx.Exec(`INSERT OR IGNORE INTO fork (feed, seq, proof) VALUES (?, ?, ?)`, f.No, int64(seq), proof); err != nil {
		return fmt.Errorf("keep fork proof: %w", err)
	}
	return nil
}

// Truncate removes the ops after seq of a feed that forked there, of which none is ahead of it. head and clock are those of the
// feed up to seq.
func (b *Batch) Truncate(f *Feed, seq uint64, head op.ID, clock hlc.Time) error {
	if _, err := b.tx.Exec(`DELETE FROM op WHERE id > ? AND id <= ?`, Key(f.No, seq), Key(f.No, f.Len)); err != nil {
		return fmt.Errorf("truncate feed: %w", err)
	}
	f.Len, f.Head, f.HLC, f.changed = seq, head, clock, true
	return nil
}

// Touch marks a feed as changed so that its row is written and announced.
func (f *Feed) Touch() { f.changed = true }

// NextLSeq takes the next arrival number.
func (b *Batch) NextLSeq() int64 { b.lseq++; return b.lseq }

// PutRegister stores a register if it is newer than the stored one; it tells whether it was. Of two with one version, which
// only a copied database makes, the one whose bytes sort last counts, so that all replicas keep the same. A device has room
// for MaxRegisterKeys in a scope; further keys are not stored.
func (b *Batch) PutRegister(r *op.Register, raw []byte) (bool, error) {
	var have int64
	var old []byte
	err := b.tx.QueryRow(`SELECT version, data FROM register WHERE tag = ? AND device = ? AND key = ?`, r.Scope[:], r.Device[:], r.Key).Scan(&have, &old)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		var n int
		if err := b.tx.QueryRow(`SELECT count(*) FROM register WHERE tag = ? AND device = ?`, r.Scope[:], r.Device[:]).Scan(&n); err != nil {
			return false, fmt.Errorf("count registers: %w", err)
		}
		if n >= MaxRegisterKeys {
			return false, nil
		}
	case err != nil:
		return false, fmt.Errorf("read register: %w", err)
	case uint64(have) > r.Version || uint64(have) == r.Version && bytes.Compare(raw, old) <= 0:
		return false, nil
	}
	if _, err := b.tx.Exec(`INSERT INTO register (tag, device, key, version, lseq, data) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tag, device, key) DO UPDATE SET version = excluded.version, lseq = excluded.lseq, data = excluded.data`,
		r.Scope[:], r.Device[:], r.Key, int64(r.Version), b.NextLSeq(), raw); err != nil {
		return false, fmt.Errorf("store register: %w", err)
	}
	return true, nil
}

// Flush writes the rows of the feeds that changed, each under a new arrival number, and returns them. It is the last write
// of the batch.
func (b *Batch) Flush() ([]Feed, error) {
	var out []Feed
	for _, f := range b.ordered() {
		if !f.changed {
			continue
		}
		f.LSeq = b.NextLSeq()
		if _, err := b.tx.Exec(`UPDATE feed SET len = ?, head = ?, hlc = ?, lseq = ?, forked = ? WHERE no = ?`, int64(f.Len), f.Head[:], int64(f.HLC), f.LSeq, int64(f.Fork), f.No); err != nil {
			return nil, fmt.Errorf("write feed: %w", err)
		}
		out = append(out, *f)
	}
	return out, nil
}

// ordered lists the feeds of the batch by number, so that arrival numbers do not depend on chance.
func (b *Batch) ordered() []*Feed {
	return slices.SortedFunc(maps.Values(b.feeds), func(x, y *Feed) int { return cmp.Compare(x.No, y.No) })
}

// Commit publishes what was staged, after the transaction committed.
func (b *Batch) Commit() {
	b.l.mu.Lock()
	defer b.l.mu.Unlock()
	for _, f := range b.ordered() {
		if old := b.l.feeds[f.FeedKey]; f.changed || old == nil || old.Ahead != f.Ahead {
			c := *f
			b.l.put(&c)
		}
	}
	b.l.lseq = max(b.l.lseq, b.lseq)
	if b.self != nil {
		b.l.store, b.l.inc = b.self.store, b.self.inc
	}
}

// Incarnation is that of the feeds this database writes, as this batch sees it.
func (b *Batch) Incarnation() uint32 {
	if b.self != nil {
		return b.self.inc
	}
	return b.l.Incarnation()
}

// SetIncarnation gives the database a new store id and its feeds a new incarnation, after it was found to be a copy of, or
// older than, what its device has already written.
func (b *Batch) SetIncarnation(store [16]byte, inc uint32) error {
	if err := SetMeta(b.tx, "store", store[:]); err != nil {
		return err
	}
	if err := SetMeta(b.tx, "incarnation", binary.BigEndian.AppendUint32(nil, inc)); err != nil {
		return err
	}
	b.self = &self{store, inc}
	return nil
}
