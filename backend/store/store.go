package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"tongzhou/sync/replica"
)

// Change is one topic that a committed transaction touched.
type Change struct {
	Topic   string
	Payload any
}

// Options tune a database. The zero value is right for the app.
type Options struct {
	// OnCommit is called after each commit with the distinct changes of the transaction, in the order reported. It must not
	// write to the database.
	OnCommit func([]Change)
	// OnDamage is called, once, when a transaction or Check meets damage, with what SQLite says. It is called without locks and
	// must not wait for the database. It may be nil.
	OnDamage func(error)
	// Key encrypts the file. nil: it is not encrypted. Error of Open: ErrNoCipher where the program cannot encrypt.
	Key *Key
	// MaxPages bounds the file, for tests of a full disk. 0: no bound.
	MaxPages int
	// CacheKiB is the page cache of the writer. 0: 16 MiB.
	CacheKiB int
}

// DB is an open database.
type DB struct {
	path     string
	read     *sql.DB
	pool     *sql.DB // owns conn
	onCommit func([]Change)
	onDamage func(error)
	damaged  sync.Once

	mu    sync.Mutex // held during a write transaction; guards what follows
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	stop  chan struct{}
	done  sync.WaitGroup
	close func() error
}

// Open opens or makes the database at path.
func Open(path string, o Options) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if o.CacheKiB == 0 {
		o.CacheKiB = 16 << 10
	}
	if err := usable(o.Key); err != nil {
		return nil, err
	}
	d := &DB{path: path, onCommit: o.OnCommit, onDamage: o.OnDamage, stmts: map[string]*sql.Stmt{}, stop: make(chan struct{})}
	d.close = sync.OnceValue(d.shut)
	var err error
	if d.pool, err = sql.Open("sqlite3", dsn(path, o.Key, o.CacheKiB, "_txlock=immediate")); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.pool.SetMaxOpenConns(1)
	ctx := context.Background()
	if d.conn, err = d.pool.Conn(ctx); err != nil {
		_ = d.pool.Close()
		return nil, Classify(fmt.Errorf("open database: %w", err))
	}
	pragmas := []string{"PRAGMA wal_autocheckpoint=0", "PRAGMA journal_size_limit=16777216"}
	if o.MaxPages > 0 {
		pragmas = append(pragmas, fmt.Sprintf("PRAGMA max_page_count=%d", o.MaxPages))
	}
	for _, p := range pragmas {
		if _, err = d.conn.ExecContext(ctx, p); err != nil {
			_ = d.conn.Close()
			_ = d.pool.Close()
			return nil, Classify(fmt.Errorf("open database: %w", err))
		}
	}
	if d.read, err = sql.Open("sqlite3", dsn(path, o.Key, 4<<10, "_query_only=1&_stmt_cache_size=64")); err != nil {
		_ = d.conn.Close()
		_ = d.pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	d.read.SetMaxOpenConns(6)
	d.read.SetMaxIdleConns(3)
	d.done.Add(1)
	go d.checkpointLoop()
	return d, nil
}

func dsn(path string, key *Key, cacheKiB int, more string) string {
	return uri(path, key, fmt.Sprintf("_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000&_foreign_keys=0&_cache_size=-%d&%s", cacheKiB, more))
}

// uri writes a path so that no character of it is taken for something else. With a key it is secret.
func uri(path string, key *Key, query string) string {
	if key != nil {
		query += "&" + key.query()
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: query}
	return u.String()
}

// OpenReadOnly opens a database for looking at it: the file is not changed, whatever state it is in. A file that is missing, or
// is not encrypted with this key, is an error of the first query. Error: ErrNoCipher.
func OpenReadOnly(path string, key *Key) (*sql.DB, error) {
	if err := usable(key); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", uri(path, key, "mode=ro&_busy_timeout=10000"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

// Path is the database file.
func (d *DB) Path() string { return d.path }

// Read is the pool for queries. It refuses to write.
func (d *DB) Read() *sql.DB { return d.read }

// Close waits for the running transaction, folds the log into the file and closes it. Closing again does nothing more.
func (d *DB) Close() error { return d.close() }

func (d *DB) shut() error {
	close(d.stop)
	d.done.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.stmts {
		_ = s.Close()
	}
	_ = d.read.Close()
	_, _ = d.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(d.conn.Close(), d.pool.Close())
}

// Write runs fn in the one write transaction and commits durably. When fn or the commit fails, nothing changed.
// Errors: fn's, ErrFull, ErrDamaged, ctx's error if it ended before the transaction began.
func (d *DB) Write(ctx context.Context, fn func(tx replica.Tx) error) error {
	t := &tx{db: d}
	if err := d.run(ctx, t, fn); err != nil {
		return d.notice(Classify(err))
	}
	if d.onCommit != nil && len(t.changes) > 0 {
		d.onCommit(t.changes)
	}
	return nil
}

func (d *DB) run(ctx context.Context, t *tx, fn func(tx replica.Tx) error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err = t.Exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done { // fn failed, the commit failed, or fn panicked
			if _, e := t.Exec("ROLLBACK"); e != nil && err == nil {
				err = fmt.Errorf("rollback: %w", e)
			}
		}
	}()
	if err = fn(t); err != nil {
		return err
	}
	if _, err = t.Exec("COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// tx is a write transaction on the writer's connection.
type tx struct {
	db      *DB
	changes []Change
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s := t.db.stmts[query]; s != nil {
		return s, nil
	}
	s, err := t.db.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	t.db.stmts[query] = s
	return s, nil
}

func (t *tx) Exec(query string, args ...any) (sql.Result, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

func (t *tx) Query(query string, args ...any) (*sql.Rows, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.Query(args...)
}

func (t *tx) QueryRow(query string, args ...any) *sql.Row {
	s, err := t.stmt(query)
	if err != nil { // let database/sql report the same error on Scan
		return t.db.conn.QueryRowContext(context.Background(), query, args...)
	}
	return s.QueryRow(args...)
}

func (t *tx) Changed(topic string, payload any) {
	c := Change{topic, payload}
	for i := len(t.changes) - 1; i >= 0 && i >= len(t.changes)-32; i-- {
		if t.changes[i] == c {
			return
		}
	}
	t.changes = append(t.changes, c)
}

// checkpointLoop folds the write-ahead log into the database without stopping the writer.
func (d *DB) checkpointLoop() {
	defer d.done.Done()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	var checked int64
	for {
		select {
		case <-d.stop:
			return
		case <-tick.C:
		}
		fi, err := os.Stat(d.path + "-wal")
		if err != nil || fi.Size() < 4<<20 || fi.Size() == checked {
			continue
		}
		// PASSIVE never waits for the writer; readers that hold an old snapshot only make it do less.
		var busy, inLog, moved int
		_ = d.read.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &inLog, &moved)
		if fi.Size() > 64<<20 { // a long burst: start the log over while it is whole
			d.mu.Lock()
			_, _ = d.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(RESTART)")
			d.mu.Unlock()
		}
		checked = fi.Size()
	}
}

// Script runs statements that are separated by semicolons, such as a schema.
func Script(t replica.Tx, text string) error {
	w, ok := t.(*tx)
	if !ok {
		return errors.New("store: script needs the store's own transaction")
	}
	if _, err := w.db.conn.ExecContext(context.Background(), text); err != nil {
		return fmt.Errorf("run script: %w", err)
	}
	return nil
}
