package oplog

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Tx is what the log needs of a write transaction.
type Tx interface {
	Exec(query string, args ...any) (sql.Result, error)
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// Querier reads; *sql.DB and Tx are both one.
type Querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// FeedKey names a feed.
type FeedKey struct {
	Tag         op.ScopeTag
	Device      op.DeviceID
	Incarnation uint32
}

// Compare orders keys by scope, device and incarnation.
func (k FeedKey) Compare(o FeedKey) int {
	return cmp.Or(bytes.Compare(k.Tag[:], o.Tag[:]), bytes.Compare(k.Device[:], o.Device[:]), cmp.Compare(k.Incarnation, o.Incarnation))
}

// Feed is the state of one feed. The zero Len means that nothing of it is stored.
type Feed struct {
	FeedKey
	No      int64
	Len     uint64
	Head    op.ID
	HLC     hlc.Time // greatest clock of an op that is not void
	LSeq    int64
	Fork    uint64 // the earliest seq with two signed ops; the feed never grows to it. 0: none is known
	Ahead   uint64 // greatest seq of an op that is here ahead of the feed; 0: none
	changed bool   // in a batch: row must be written
}

// Takes tells whether an op with this seq may ever be stored.
func (f *Feed) Takes(seq uint64) bool { return f.Fork == 0 || seq < f.Fork }

// Top is the greatest seq of an op that is here, of the feed or ahead of it.
func (f *Feed) Top() uint64 { return max(f.Len, f.Ahead) }

// Status says whether an op's effect counts.
type Status uint8

// The states of a stored op. Applied, Void and Expired are settled; the others are judged again when keys, members, the clock or
// the program change.
const (
	Applied Status = iota // its effect is in the tables
	NoKey                 // its epoch key is not here
	Held                  // its clock is too far ahead
	Denied                // its author may not do this, as far as is known here
	Unknown               // its type is newer than this program
	Void                  // malformed, or its clock does not increase: never counts
	Expired               // past keeping, with its body or without; hlc is the beginning of its week
)

// Key makes the local row id of an op.
func Key(feedNo int64, seq uint64) int64 { return feedNo<<40 | int64(seq) }

// SplitKey is the inverse of Key.
func SplitKey(key int64) (feedNo int64, seq uint64) { return key >> 40, uint64(key & (1<<40 - 1)) }

// Errors of the log.
var (
	ErrGap  = errors.New("oplog: ops do not continue the feed")
	ErrFull = errors.New("oplog: too many feeds")
)

// Limits against peers that invent feeds and registers.
const (
	MaxFeeds        = 1 << 22
	MaxIncarnations = 16 // per scope and device
	MaxRegisterKeys = 64 // per scope and device
)

// Log holds the state of every feed in memory; bodies stay in SQLite. Writers go through Begin; all other methods are safe
// for concurrent use.
type Log struct {
	mu    sync.RWMutex
	feeds map[FeedKey]*Feed
	byNo  map[int64]*Feed
	scope map[op.ScopeTag][]*Feed // every feed of a scope, in order of arrival
	sums  map[op.ScopeTag]Sum
	lseq  int64
	store [16]byte
	inc   uint32
}

// Open reads the feeds. The tables must exist and meta must hold the store id and incarnation (see Init).
func Open(q Querier) (*Log, error) {
	l := &Log{feeds: map[FeedKey]*Feed{}, byNo: map[int64]*Feed{}, scope: map[op.ScopeTag][]*Feed{}, sums: map[op.ScopeTag]Sum{}}
	rows, err := q.Query(`SELECT no, tag, device, inc, len, head, hlc, lseq, forked FROM feed ORDER BY no`)
	if err != nil {
		return nil, fmt.Errorf("read feeds: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f Feed
		var tag, dev, head []byte
		if err := rows.Scan(&f.No, &tag, &dev, &f.Incarnation, &f.Len, &head, &f.HLC, &f.LSeq, &f.Fork); err != nil {
			return nil, fmt.Errorf("read feed: %w", err)
		}
		if len(tag) != 16 || len(dev) != 16 || len(head) != 32 {
			return nil, fmt.Errorf("read feed %d: malformed row", f.No)
		}
		copy(f.Tag[:], tag)
		copy(f.Device[:], dev)
		copy(f.Head[:], head)
		l.put(&f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read feeds: %w", err)
	}
	if err := l.readAhead(q); err != nil {
		return nil, err
	}
	var regs int64
	if err := q.QueryRow(`SELECT coalesce(max(lseq), 0) FROM register`).Scan(&regs); err != nil {
		return nil, fmt.Errorf("read registers: %w", err)
	}
	var shared int64
	if err := q.QueryRow(`SELECT coalesce(max(lseq), 0) FROM shared`).Scan(&shared); err != nil {
		return nil, fmt.Errorf("read shared scopes: %w", err)
	}
	var horizons int64
	if err := q.QueryRow(`SELECT coalesce(max(lseq), 0) FROM horizon`).Scan(&horizons); err != nil {
		return nil, fmt.Errorf("read horizons: %w", err)
	}
	l.lseq = max(l.lseq, regs, shared, horizons)
	store, err := Meta(q, "store")
	if err != nil {
		return nil, err
	}
	inc, err := Meta(q, "incarnation")
	if err != nil {
		return nil, err
	}
	if len(store) != 16 || len(inc) != 4 {
		return nil, errors.New("oplog: database is not initialised")
	}
	copy(l.store[:], store)
	l.inc = binary.BigEndian.Uint32(inc)
	return l, nil
}

// Init gives a new database its store id and incarnation. It does nothing when they exist.
func Init(tx Tx, store [16]byte, incarnation uint32) error {
	if _, err := tx.Exec(`INSERT OR IGNORE INTO meta (key, value) VALUES ('store', ?)`, store[:]); err != nil {
		return fmt.Errorf("init log: %w", err)
	}
	if _, err := tx.Exec(`INSERT OR IGNORE INTO meta (key, value) VALUES ('incarnation', ?)`, binary.BigEndian.AppendUint32(nil, incarnation)); err != nil {
		return fmt.Errorf("init log: %w", err)
	}
	return nil
}

// Meta reads one fact; nil if it is not there.
func Meta(q Querier, key string) ([]byte, error) {
	var v []byte
	err := q.QueryRow(`SELECT value FROM meta WHERE key = ?`, key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return v, nil
}

// SetMeta writes one fact.
func SetMeta(tx Tx, key string, value []byte) error {
	if _, err := tx.Exec(`INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value); err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}

// put adds or replaces a feed; the caller holds mu or owns l.
func (l *Log) put(f *Feed) {
	old := l.feeds[f.FeedKey]
	sum := l.sums[f.Tag]
	if old != nil {
		if old.Len > 0 {
			sum.sub(itemHash(old))
		}
		*old = *f
		f = old
	} else {
		l.feeds[f.FeedKey] = f
		l.byNo[f.No] = f
		l.scope[f.Tag] = append(l.scope[f.Tag], f)
	}
	f.changed = false
	if f.Len > 0 { // a feed of which only the fork is known is no content: others need not have heard of it
		sum.add(itemHash(f))
	}
	l.sums[f.Tag] = sum
	l.lseq = max(l.lseq, f.LSeq)
}

// StoreID is random per database; a peer's cursor is valid for one store only.
func (l *Log) StoreID() [16]byte {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.store
}

// Incarnation is this database's own, used for every feed it writes.
func (l *Log) Incarnation() uint32 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.inc
}

// LSeq is the highest arrival number.
func (l *Log) LSeq() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.lseq
}

// Feed returns a copy of the feed's state; Len is 0 if it is unknown.
func (l *Log) Feed(k FeedKey) Feed {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if f := l.feeds[k]; f != nil {
		return *f
	}
	return Feed{FeedKey: k}
}

// ByNo returns the feed with a local number.
func (l *Log) ByNo(no int64) (Feed, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if f := l.byNo[no]; f != nil {
		return *f, true
	}
	return Feed{}, false
}

// Scope returns copies of the feeds of a scope, in order of first arrival.
func (l *Log) Scope(tag op.ScopeTag) []Feed {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make([]Feed, 0, len(l.scope[tag]))
	for _, f := range l.scope[tag] {
		out = append(out, *f)
	}
	return out
}

// Feeds returns copies of all feeds, in no order.
func (l *Log) Feeds() []Feed {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make([]Feed, 0, len(l.feeds))
	for _, f := range l.feeds {
		out = append(out, *f)
	}
	return out
}

// Sum of the scope's feeds, for comparing replicas.
func (l *Log) Sum(tag op.ScopeTag) Sum {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.sums[tag]
}

// Sum is an order-free digest of a set of feeds: hashes added modulo 2^256, and their count. Equal sums mean equal feeds.
type Sum struct {
	n [4]uint64
	c uint64
}

func (s *Sum) add(h [32]byte) {
	var carry uint64
	for i := range s.n {
		v := binary.LittleEndian.Uint64(h[i*8:])
		r := s.n[i] + v
		c1 := r < v
		r2 := r + carry
		c2 := r2 < r
		s.n[i] = r2
		carry = 0
		if c1 || c2 {
			carry = 1
		}
	}
	s.c++
}

func (s *Sum) sub(h [32]byte) {
	var borrow uint64
	for i := range s.n {
		v := binary.LittleEndian.Uint64(h[i*8:])
		r := s.n[i] - v
		b1 := s.n[i] < v
		r2 := r - borrow
		b2 := r < borrow
		s.n[i] = r2
		borrow = 0
		if b1 || b2 {
			borrow = 1
		}
	}
	s.c--
}

// Merge adds another sum.
func (s *Sum) Merge(o Sum) {
	var b [32]byte
	for i, v := range o.n {
		binary.LittleEndian.PutUint64(b[i*8:], v)
	}
	s.add(b)
	s.c += o.c - 1
}

// AddFeed adds one feed.
func (s *Sum) AddFeed(f *Feed) { s.add(itemHash(f)) }

// Count is the number of feeds in the sum.
func (s *Sum) Count() uint64 { return s.c }

// Fingerprint is the digest to compare.
func (s *Sum) Fingerprint() [16]byte {
	var b [40]byte
	for i, v := range s.n {
		binary.LittleEndian.PutUint64(b[i*8:], v)
	}
	binary.LittleEndian.PutUint64(b[32:], s.c)
	h := sha256.Sum256(b[:])
	return [16]byte(h[:16])
}

func itemHash(f *Feed) [32]byte {
	b := make([]byte, 0, 76)
	b = append(b, f.Tag[:]...)
	b = append(b, f.Device[:]...)
	b = binary.BigEndian.AppendUint32(b, f.Incarnation)
	b = binary.BigEndian.AppendUint64(b, f.Len)
	b = append(b, f.Head[:]...)
	return sha256.Sum256(b)
}
