package chat

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"time"

	"tongzhou/backend/module"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// The indexer makes messages searchable off the write path: one at a time costs four times as much, and nobody who sends
// should wait for it. It waits for a quiet moment, so that a running sync is not slowed down. When there is none it works in
// small portions with pauses, because others wait while it writes.
const (
	indexQuiet   = 200 * time.Millisecond // without a change
	indexPatient = 10 * time.Second       // at most since the first change
	indexRetry   = 5 * time.Second        // after an error

	indexBatch = 2000 // messages in one transaction
	busyBatch  = 200
	busyPause  = 50 * time.Millisecond
)

const queryQueue = `SELECT q.id, q.chat, q.hlc, q.ref, m.user, m.text
	FROM chat_index_queue q LEFT JOIN chat_message m ON m.chat = q.chat AND m.hlc = q.hlc AND m.ref = q.ref
	WHERE q.id > 0 ORDER BY q.id LIMIT ?`

type indexer struct {
	db     module.DB
	bus    module.Bus
	logger *slog.Logger

	wake   chan struct{} // capacity 1: something changed
	cancel context.CancelFunc
	done   chan struct{}
}

func newIndexer(deps module.Deps) *indexer {
	return &indexer{db: deps.DB, bus: deps.Bus, logger: deps.Logger, wake: make(chan struct{}, 1)}
}

// start begins with what an earlier run left in the queue.
func (x *indexer) start(ctx context.Context) error {
	ctx, x.cancel = context.WithCancel(ctx)
	x.done = make(chan struct{})
	unsubscribe := x.bus.Subscribe(func(t string, _ any) {
		if t == topic {
			x.notify()
		}
	})
	x.notify()
	go func() {
		defer close(x.done)
		defer unsubscribe()
		x.run(ctx)
	}()
	return nil
}

// stop ends after the batch at hand. It may be called without start.
func (x *indexer) stop() error {
	if x.cancel != nil {
		x.cancel()
		<-x.done
	}
	return nil
}

func (x *indexer) notify() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

func (x *indexer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.wake:
		}
		drain := x.drain
		if !x.settle(ctx) {
			drain = x.drainBusy
		}
		if err := drain(ctx); err != nil && ctx.Err() == nil {
			x.logger.Error("index messages", "err", err)
			pause(ctx, indexRetry)
			x.notify()
		}
	}
}

// settle waits for a quiet moment. It returns false when there was none within indexPatient.
func (x *indexer) settle(ctx context.Context) bool {
	patience := time.NewTimer(indexPatient)
	defer patience.Stop()
	for {
		quiet := time.NewTimer(indexQuiet)
		select {
		case <-x.wake:
			quiet.Stop()
		case <-quiet.C:
			return true
		case <-patience.C:
			quiet.Stop()
			return false
		case <-ctx.Done():
			quiet.Stop()
			return false
		}
	}
}

// drain indexes batches until nothing is left, or until something changes meanwhile: then it is time to wait again.
func (x *indexer) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := x.batch(ctx, indexBatch)
		if err != nil || n < indexBatch || len(x.wake) > 0 {
			return err
		}
	}
	return ctx.Err()
}

// drainBusy indexes until nothing is left while others write.
func (x *indexer) drainBusy(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := x.batch(ctx, busyBatch)
		if err != nil || n < busyBatch {
			return err
		}
		pause(ctx, busyPause)
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// entry is one message to index.
type entry struct {
	position
	chat int64
	tags string
	body string
	gone bool // no longer in chat_message
}

// batch indexes up to size messages and returns how many it took from the queue. The texts are cut up before the
// transaction, which then only writes.
func (x *indexer) batch(ctx context.Context, size int) (int, error) {
	entries, last, err := x.queued(ctx, size)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	n := len(entries)
	// FTS5 writes out what it has gathered whenever a rowid is below the one before.
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Or(a.compare(b.position), cmp.Compare(a.chat, b.chat)) })
	err = x.db.Write(ctx, func(tx module.Tx) error {
		for i := range entries {
			if err := index(tx, &entries[i]); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`DELETE FROM chat_index_queue WHERE id <= ?`, last); err != nil {
			return fmt.Errorf("shorten queue: %w", err)
		}
		return nil
	})
	return n, err
}

// queued reads the head of the queue. A message that was written again after this read stands in the queue a second time,
// behind last.
func (x *indexer) queued(ctx context.Context, size int) (entries []entry, last int64, err error) {
	rows, err := x.db.Read().QueryContext(ctx, queryQueue, size)
	if err != nil {
		return nil, 0, fmt.Errorf("read queue: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e entry
		var at int64
		var ref []byte
		var user sql.NullInt64
		var text sql.NullString
		if err := rows.Scan(&last, &e.chat, &at, &ref, &user, &text); err != nil {
			return nil, 0, fmt.Errorf("read queue: %w", err)
		}
		if e.position, err = toPosition(at, ref); err != nil {
			return nil, 0, err
		}
		if e.gone = !text.Valid; !e.gone {
			e.body, e.tags = body(text.String), chatTag(e.chat)+" "+senderTag(user.Int64)
		}
		entries = append(entries, e)
	}
	return entries, last, rows.Err()
}

// index brings the search index in line with one message.
func index(tx module.Tx, e *entry) error {
	id, indexed, err := docOf(func(query string, args ...any) rowScanner { return tx.QueryRow(query, args...) }, e.chat, e.position)
	switch {
	case err != nil:
		return err
	case indexed == !e.gone:
		return nil
	case e.gone:
		if _, err := tx.Exec(`DELETE FROM chat_search WHERE rowid = ?`, id); err != nil {
			return fmt.Errorf("remove from index: %w", err)
		}
		if _, err := tx.Exec(`UPDATE chat_search_doc SET chat = 0 WHERE id = ?`, id); err != nil {
			return fmt.Errorf("remove from index: %w", err)
		}
		return nil
	}
	if _, err := tx.Exec(`INSERT INTO chat_search (rowid, body, tags) VALUES (?, ?, ?)`, id, e.body, e.tags); err != nil {
		return fmt.Errorf("index message: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO chat_search_doc (id, chat, hlc, ref) VALUES (?, ?, ?, ?)`, id, e.chat, int64(e.hlc), e.ref.Bytes()); err != nil {
		return fmt.Errorf("index message: %w", err)
	}
	return nil
}

type rowScanner interface{ Scan(dest ...any) error }

// docBase is where the row of a message in the index belongs by its time: there are 16 places a millisecond, in the order of
// the clock's counter. Fewer bits than the clock has, because the rows are written as differences in every list of hits.
func docBase(at hlc.Time) int64 { return at.Millis()<<4 | int64(min(at.Counter(), 15)) }

// docOf finds the row of a message in the index, or the free one it is to get. When its place is taken by another message
// that was written at the same moment, it moves to one of 4, 16, 64, … later places chosen by its name: a burst within one
// millisecond, by whatever clock, costs a few tries and not one for each message of the burst.
func docOf(query func(query string, args ...any) rowScanner, chat int64, p position) (id int64, indexed bool, err error) {
	base, name := docBase(p.hlc), nameHash(chat, p.ref)
	id = base
	for span := uint64(4); ; span = min(span*4, 1<<40) {
		var c, at int64
		var ref []byte
		err := query(queryDoc, id).Scan(&c, &at, &ref)
		if errors.Is(err, sql.ErrNoRows) {
			return id, false, nil
		}
		if err != nil {
			return 0, false, fmt.Errorf("find in index: %w", err)
		}
		if c == chat && hlc.Time(at) == p.hlc && string(ref) == string(p.ref.Bytes()) {
			return id, true, nil
		}
		name = name*6364136223846793005 + 1442695040888963407 // Knuth's generator: other bits for every try
		id = base + 1 + int64((name>>20)%span)
	}
}

func nameHash(chat int64, ref op.Ref) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(ref.AppendTo(nil)) // never fails
	return h.Sum64() ^ uint64(chat)
}
