package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/blob"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// device is a database that is backed up.
type device struct {
	t   failer
	db  *sql.DB
	log *oplog.Log
	n   int // what was written so far, so that no two things are the same
	box box // larger content
}

func newDevice(t failer) *device {
	t.Helper()
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	d := &device{t: t, db: db, box: box{}}
	if _, err := db.Exec(oplog.Schema + `CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, raw BLOB, part REAL) STRICT;`); err != nil {
		t.Fatal(err)
	}
	d.write(func(tx *sql.Tx) error { return oplog.Init(tx, [16]byte{1}, 7) })
	if d.log, err = oplog.Open(db); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *device) close() {
	d.t.Helper()
	if err := d.db.Close(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) write(fn func(tx *sql.Tx) error) {
	d.t.Helper()
	tx, err := d.db.Begin()
	if err == nil {
		err = fn(tx)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) batch(fn func(b *oplog.Batch, tx *sql.Tx) error) {
	d.t.Helper()
	var b *oplog.Batch
	d.write(func(tx *sql.Tx) error {
		b = d.log.Begin(tx)
		if err := fn(b, tx); err != nil {
			return err
		}
		_, err := b.Flush()
		return err
	})
	b.Commit()
}

func feedKey(n int) oplog.FeedKey {
	return oplog.FeedKey{Tag: op.ScopeTag{byte(n % 3)}, Device: op.DeviceID{byte(n)}, Incarnation: 7}
}

// add appends ops to a feed. The control log is the scope with the tag zero.
func (d *device) add(k oplog.FeedKey, count, size int) {
	d.t.Helper()
	d.batch(func(b *oplog.Batch, _ *sql.Tx) error {
		f, err := b.Open(k)
		for range count {
			if err != nil || !f.Takes(f.Len+1) {
				return err
			}
			d.n++
			text := binary.BigEndian.AppendUint64(bytes.Repeat([]byte{7}, size), uint64(d.n))
			o := op.Sealed{Ciphertext: text}
			o.Version, o.Kind, o.Scope, o.Device, o.Incarnation = op.Version, op.Content, k.Tag, k.Device, k.Incarnation
			o.Seq, o.Prev, o.CiphertextLen, o.CiphertextHash = f.Len+1, f.Head, uint32(len(text)), sha256.Sum256(text)
			_, err = b.Append(f, o.ID(), &o, o.AppendTo(nil), oplog.Applied, 1, int64(d.n))
		}
		return err
	})
}

// fork cuts a feed before seq.
func (d *device) fork(k oplog.FeedKey, seq uint64) {
	d.t.Helper()
	d.batch(func(b *oplog.Batch, tx *sql.Tx) error {
		f, err := b.Open(k)
		if err != nil || seq > f.Len || seq == 0 {
			return err
		}
		head := op.ID{}
		if seq > 1 {
			if head, err = oplog.HeadAt(tx, f.No, seq-1); err != nil {
				return err
			}
		}
		if err := b.Freeze(f, seq, []byte(fmt.Sprint("proof ", f.No, seq))); err != nil {
			return err
		}
		return b.Truncate(f, seq-1, head, 1)
	})
}

// register changes one.
func (d *device) register(n int) {
	d.t.Helper()
	d.batch(func(b *oplog.Batch, _ *sql.Tx) error {
		d.n++
		_, err := b.PutRegister(&op.Register{Scope: op.ScopeTag{1}, Device: op.DeviceID{byte(n)}, Key: "k", Version: uint64(d.n)}, fmt.Append(nil, "register ", n, d.n))
		return err
	})
}

func (d *device) note(id int, text string) {
	d.t.Helper()
	d.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT OR REPLACE INTO note VALUES (?, ?, ?, ?)`, id, text, []byte(text), 0.5)
		return err
	})
}

// box is a folder of chunks.
type box map[string]boxed

type boxed struct {
	data []byte
	at   time.Time
	gone bool // it is listed, and gone when it is read
}

func (b box) List() (out []blob.File, err error) {
	for name, x := range b {
		out = append(out, blob.File{Name: name, Size: int64(len(x.data)), Changed: x.at})
	}
	return out, nil
}

func (b box) Read(name string, limit int64) ([]byte, error) {
	if x := b[name]; !x.gone && int64(len(x.data)) <= limit {
		return x.data, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func chunkName(n int) string {
	return op.ScopeTag{10}.String() + "-" + strings.Repeat(fmt.Sprintf("%02x", n), 32)
}

// content writes the file of a chunk, or writes it anew.
func (d *device) content(n, size int) {
	d.n++
	d.box[chunkName(n)] = boxed{data: bytes.Repeat([]byte{byte(n)}, size), at: time.UnixMilli(int64(1e12 + d.n))}
}

func (d *device) source() *Source {
	return &Source{
		DB: d.db, Team: op.TeamID{1}, Device: op.DeviceID{1}, Tables: []string{"note"}, Now: time.UnixMilli(int64(1e12 + d.n)),
		Secrets: Secrets{Identity: []byte("who this is")}, Files: map[string][]byte{"vault": []byte("a vault")}, Chunks: d.box,
	}
}

func (d *device) take(ctx context.Context, s *Set) (*Chain, error) {
	return Take(ctx, s, d.source(), nil)
}

func (d *device) mustTake(s *Set) *Chain {
	d.t.Helper()
	c, err := d.take(context.Background(), s)
	if err != nil {
		d.t.Fatalf("back up: %v", err)
	}
	return c
}

// contents is a state of a log: every op of every feed, every register, every note and proof.
type contents map[string]string

func (d *device) contents() contents {
	d.t.Helper()
	out := contents{}
	for _, f := range d.log.Feeds() {
		err := oplog.Read(d.db, f.No, 1, f.Len, func(s oplog.Stored) (bool, error) {
			_, seq := oplog.SplitKey(s.Key)
			out[fmt.Sprint("op ", f.FeedKey, seq)] = fmt.Sprint(s.At, string(s.Raw))
			return true, nil
		})
		if err != nil {
			d.t.Fatal(err)
		}
	}
	for _, q := range []string{`SELECT 'register ' || data, '' FROM register`, `SELECT 'note ' || id, text || raw || part FROM note`, `SELECT 'fork ' || proof, '' FROM fork`} {
		rows, err := d.db.Query(q)
		if err != nil {
			d.t.Fatal(err)
		}
		for rows.Next() {
			var k, v string
			if err := rows.Scan(&k, &v); err != nil {
				d.t.Fatal(err)
			}
			out[k] = v
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			d.t.Fatal(err)
		}
	}
	for name, x := range d.box {
		out["chunk "+name] = fmt.Sprint(x.at.UnixMilli(), string(x.data))
	}
	return out
}

// read is what a chain holds, put together as restoring does.
func read(t failer, s *Set, c *Chain) contents {
	t.Helper()
	out := contents{}
	registers := map[op.DeviceID]string{}
	for i, m := range c.Runs {
		last := i == len(c.Runs)-1
		err := s.Read(context.Background(), m, func(r *Record) error {
			switch {
			case r.Kind == KindOps:
				at := r.At
				n := r.From
				for rest := r.Content; len(rest) > 0; n++ {
					o, next, err := op.Parse(rest)
					if err != nil {
						return err
					}
					out[fmt.Sprint("op ", r.Feed(), n)] = fmt.Sprint(int64(binary.BigEndian.Uint64(at)), string(o.AppendTo(nil)))
					rest, at = next, at[8:]
				}
			case r.Kind == KindChunk:
				out["chunk "+r.Name] = fmt.Sprint(r.Chunk().At, string(r.Content))
			case r.Kind == KindRows && last:
				for _, row := range r.Rows {
					out[fmt.Sprint("note ", row[0])] = fmt.Sprintf("%s%s%v", row[1], row[2], row[3])
				}
			case r.Kind == KindForks && last:
				list, err := Split(r.Content)
				for _, proof := range list {
					out["fork "+string(proof)] = ""
				}
				return err
			case r.Kind == KindRegisters:
				list, err := Split(r.Content)
				for _, raw := range list {
					var n, version int
					if _, err := fmt.Sscan(string(raw[len("register "):]), &n, &version); err != nil {
						return err
					}
					registers[op.DeviceID{byte(n)}] = string(raw)
				}
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatalf("read run %d: %v", m.No, err)
		}
	}
	for _, raw := range registers {
		out["register "+raw] = ""
	}
	for _, k := range slices.Collect(maps.Keys(out)) { // what lies behind a cut does not count
		var seq uint64
		for feed, e := range c.Ends {
			prefix := fmt.Sprint("op ", feed)
			if len(k) > len(prefix) && k[:len(prefix)] == prefix {
				if _, err := fmt.Sscan(k[len(prefix):], &seq); err == nil && seq > e.Len {
					delete(out, k)
				}
			}
		}
	}
	return out
}

func difference(got, want contents) string {
	for k, v := range want {
		if got[k] != v {
			return fmt.Sprintf("%.60q: is %.60q, was %.60q", k, got[k], v)
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			return fmt.Sprintf("%.60q was not there", k)
		}
	}
	return ""
}

// quick costs nothing.
var quick = vault.Params{Memory: 8, Time: 1, Threads: 1}

const passphrase = "kT7#mwzq"

func newSet(t failer, f Folder) (*Set, keys.Root) {
	t.Helper()
	root, err := keys.NewRoot([32]byte{3})
	if err != nil {
		t.Fatal(err)
	}
	id, key := NewSet()
	s, err := Create(f, id, key, root, passphrase, quick)
	if err != nil {
		t.Fatal(err)
	}
	return s, root
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	if fault.Code(err) != code {
		t.Fatalf("error %v, want %s", err, code)
	}
}

// stick is a folder in memory that loses what was not made to last when it is pulled out, and fails when it is told to.
type stick struct {
	files  map[string]*stickFile
	lasts  map[string]*stickFile // the names that would be there after a power cut
	room   int                   // bytes until it is full; negative: no bound
	calls  int                   // until everything fails; negative: never
	gone   error                 // of what fails then
	writes int
}

type stickFile struct {
	s    *stick
	data []byte
	safe int // bytes that would be there after a power cut
}

func newStick() *stick {
	return &stick{files: map[string]*stickFile{}, lasts: map[string]*stickFile{}, room: -1, calls: -1}
}

func (s *stick) call() error {
	s.writes++
	if s.calls == 0 {
		return &fs.PathError{Op: "use", Path: "stick", Err: s.gone}
	}
	if s.calls > 0 {
		s.calls--
	}
	return nil
}

// pull is a power cut or an unplugging: of what was not synced, some lasts. It is back afterwards.
func (s *stick) pull(some func(n int) int) {
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		if some(1) == 1 {
			s.lasts[name] = s.files[name]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.lasts)) {
		if s.files[name] == nil && some(1) == 1 {
			delete(s.lasts, name)
		}
	}
	s.files = map[string]*stickFile{}
	for _, name := range slices.Sorted(maps.Keys(s.lasts)) {
		f := s.lasts[name]
		f.data = f.data[:f.safe+some(len(f.data)-f.safe)]
		s.files[name] = f
	}
	s.room, s.calls = -1, -1
}

func (s *stick) Path() string { return "/media/stick" }

func (s *stick) Create(name string) (File, error) {
	if err := s.call(); err != nil {
		return nil, err
	}
	s.files[name] = &stickFile{s: s}
	return s.files[name], nil
}

func (s *stick) Open(name string) (io.ReadCloser, error) {
	if s.calls == 0 {
		return nil, s.call()
	}
	f := s.files[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	return io.NopCloser(bytes.NewReader(f.data)), nil
}

func (s *stick) Rename(from, to string) error {
	if err := s.call(); err != nil {
		return err
	}
	s.files[to] = s.files[from]
	delete(s.files, from)
	return nil
}

func (s *stick) Remove(name string) error {
	if err := s.call(); err != nil {
		return err
	}
	delete(s.files, name)
	return nil
}

func (s *stick) Names() ([]string, error) {
	if s.calls == 0 {
		return nil, s.call()
	}
	return slices.Sorted(maps.Keys(s.files)), nil
}

func (s *stick) Sync() error {
	if err := s.call(); err != nil {
		return err
	}
	s.lasts = maps.Clone(s.files)
	return nil
}

func (f *stickFile) Write(b []byte) (int, error) {
	if err := f.s.call(); err != nil {
		return 0, err
	}
	if f.s.room >= 0 {
		if f.s.room < len(b) {
			f.data = append(f.data, b[:f.s.room]...)
			f.s.room = 0
			return 0, &fs.PathError{Op: "write", Path: "stick", Err: syscall.ENOSPC}
		}
		f.s.room -= len(b)
	}
	f.data = append(f.data, b...)
	return len(b), nil
}

func (f *stickFile) Sync() error {
	if err := f.s.call(); err != nil {
		return err
	}
	f.safe = len(f.data)
	return nil
}

func (f *stickFile) Close() error { return nil }
