package oplog

import (
	"database/sql"
	"errors"
	"fmt"

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
	incs  map[[32]byte]int // new incarnations per scope and device in this batch
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
	if same+b.incs[who] >= MaxIncarnations || total+len(b.incs) >= MaxFeeds {
		return nil, fmt.Errorf("%w: %d of this device in the scope", ErrFull, same)
	}
	b.incs[who]++
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

// Append stores one op that continues f, and returns its key. ErrGap if it does not continue f. The caller has verified the
// signature of this op or of a later one in the chain.
func (b *Batch) Append(f *Feed, id op.ID, o *op.Sealed, raw []byte, st Status, clock hlc.Time, atMillis int64) (int64, error) {
	if o.Seq != f.Len+1 || o.Prev != f.Head || f.Frozen {
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

// Freeze stops the feed at its length and keeps the proof.
func (b *Batch) Freeze(f *Feed, stored, other []byte, seq uint64) error {
	f.Frozen, f.changed = true, true
	if _, err := b.tx.Exec(`INSERT OR IGNORE INTO fork (feed, seq, a, b) VALUES (?, ?, ?, ?)`, f.No, int64(seq), stored, other); err != nil {
		return fmt.Errorf("keep fork proof: %w", err)
	}
	return nil
}

// Truncate removes the ops after seq of a feed that forked there, and returns their keys.
func (b *Batch) Truncate(f *Feed, seq uint64, head op.ID, clock hlc.Time) ([]int64, error) {
	var keys []int64
	for s := seq + 1; s <= f.Len; s++ {
		keys = append(keys, Key(f.No, s))
	}
	if _, err := b.tx.Exec(`DELETE FROM op WHERE id > ? AND id <= ?`, Key(f.No, seq), Key(f.No, f.Len)); err != nil {
		return nil, fmt.Errorf("truncate feed: %w", err)
	}
	f.Len, f.Head, f.HLC, f.changed = seq, head, clock, true
	return keys, nil
}

// Touch marks a feed as changed so that its row is written and announced.
func (f *Feed) Touch() { f.changed = true }

// NextLSeq takes the next arrival number.
func (b *Batch) NextLSeq() int64 { b.lseq++; return b.lseq }

// PutRegister stores a register if it is newer than the stored one; it tells whether it was.
func (b *Batch) PutRegister(r *op.Register, raw []byte) (bool, error) {
	var have int64
	err := b.tx.QueryRow(`SELECT version FROM register WHERE tag = ? AND device = ? AND key = ?`, r.Scope[:], r.Device[:], r.Key).Scan(&have)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read register: %w", err)
	}
	if err == nil && uint64(have) >= r.Version {
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
	for _, f := range b.feeds {
		if !f.changed {
			continue
		}
		f.LSeq = b.NextLSeq()
		if _, err := b.tx.Exec(`UPDATE feed SET len = ?, head = ?, hlc = ?, lseq = ?, frozen = ? WHERE no = ?`, int64(f.Len), f.Head[:], int64(f.HLC), f.LSeq, f.Frozen, f.No); err != nil {
			return nil, fmt.Errorf("write feed: %w", err)
		}
		out = append(out, *f)
	}
	return out, nil
}

// Commit publishes what was staged, after the transaction committed.
func (b *Batch) Commit() {
	b.l.mu.Lock()
	defer b.l.mu.Unlock()
	for _, f := range b.feeds {
		if f.changed || b.l.feeds[f.FeedKey] == nil {
			c := *f
			b.l.put(&c)
		}
	}
	b.l.lseq = max(b.l.lseq, b.lseq)
}

// SetIncarnation starts a new incarnation, after this database was found to be older than what it has already written.
func (l *Log) SetIncarnation(tx Tx, store [16]byte, inc uint32) error {
	if err := SetMeta(tx, "store", store[:]); err != nil {
		return err
	}
	if err := SetMeta(tx, "incarnation", []byte{byte(inc >> 24), byte(inc >> 16), byte(inc >> 8), byte(inc)}); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.store, l.inc = store, inc
	return nil
}
