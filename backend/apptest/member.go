package apptest

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tongzhou/backend/store"
	"tongzhou/sync/courier"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// TB is what this package needs of a test: *testing.T, *testing.B and *rapid.T are all one.
type TB interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(f func())
}

// Member is one device with its own database. Fields other than T take effect at the next Open.
type Member struct {
	T      TB
	Name   string
	Dir    string
	ID     *keys.Identity
	DB     *store.DB
	R      *replica.Replica
	Claims *session.Claims
	Now    func() time.Time
	Log    *slog.Logger
	Mark   replica.Mark
	IntN   func(n int) int // see replica.Config
	Chunks courier.Tender  // of what is left at relays; nil: nobody
	Newer  bool            // knows TypeNoteNext
	// Wrap, if set, stands between the replica and its database.
	Wrap    func(replica.DB) replica.DB
	Options store.Options
	genesis op.ID
	handed  map[*Member][32]byte // keys that were handed over last, see copyKeys

	mu     sync.Mutex
	status map[op.DeviceID]session.Status
	ends   []error
}

func newMember(t TB, name string, id *keys.Identity, genesis op.ID) *Member {
	m := &Member{
		T: t, Name: name, ID: id, Claims: session.NewClaims(), Now: time.Now, genesis: genesis,
		Log: discard(), status: map[op.DeviceID]session.Status{},
	}
	m.newDir()
	t.Cleanup(func() {
		if m.R != nil {
			m.Close()
		}
	})
	return m
}

// discard is a log that nobody reads.
func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func (m *Member) newDir() {
	m.T.Helper()
	dir, err := os.MkdirTemp(memoryDir(), "apptest-")
	if err != nil {
		m.T.Fatal(err)
	}
	m.Dir = dir
	m.T.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			m.T.Error(err)
		}
	})
}

// memoryDir is a folder in memory where the system has one, because a test commits thousands of times; else the usual one.
func memoryDir() string {
	const dir = "/dev/shm"
	if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
		return dir
	}
	return ""
}

// Open opens (again) the member's replica.
func (m *Member) Open() {
	m.T.Helper()
	if err := m.TryOpen(); err != nil {
		m.T.Fatal(err)
	}
}

// TryOpen is Open for a database that may not open.
func (m *Member) TryOpen() error {
	db, err := store.Open(filepath.Join(m.Dir, "team.db"), m.Options)
	if err != nil {
		return err
	}
	err = db.Write(context.Background(), func(tx replica.Tx) error {
		for _, ddl := range []string{oplog.Schema, featureSchema} {
			if err := store.Script(tx, ddl); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close()
		return err
	}
	var rdb replica.DB = db
	if m.Wrap != nil {
		rdb = m.Wrap(db)
	}
	reducers := []replica.Reducer{noteReducer("note", TypeNote), titleReducer()}
	if m.Newer {
		reducers = append(reducers, noteReducer("note2", TypeNoteNext))
	}
	r, err := replica.Open(replica.Config{
		DB: rdb, Identity: m.ID, Genesis: m.genesis, Reducers: reducers, Registers: registers(), Now: m.Now, Log: m.Log, Mark: m.Mark, IntN: m.IntN,
	})
	if err != nil {
		_ = db.Close()
		return err
	}
	m.DB, m.R = db, r
	return nil
}

// Close closes replica and database.
func (m *Member) Close() {
	m.R.Close()
	if err := m.DB.Close(); err != nil {
		m.T.Error(err)
	}
	m.R, m.DB = nil, nil
}

// Reopen is what a restart of the program does.
func (m *Member) Reopen() {
	m.T.Helper()
	m.Close()
	m.Open()
}

// Crash ends the program at once: what opens next is the files as they lie on the disk at this moment, without anything that
// an orderly end would have written.
func (m *Member) Crash() {
	m.T.Helper()
	old := m.Dir
	m.newDir()
	if err := CopyDB(old, m.Dir); err != nil {
		m.T.Fatal(err)
	}
	m.Close()
	m.Open()
}

// CopyDB copies the files of a database, as a crash or a copy of the folder would.
func CopyDB(from, to string) error {
	for _, name := range []string{"team.db", "team.db-wal"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Clone is a second machine that runs on a copy of this one's folder: same identity, same incarnation, same store.
func (m *Member) Clone(name string) *Member {
	m.T.Helper()
	c := newMember(m.T, name, m.ID, m.genesis)
	c.Now, c.Newer = m.Now, m.Newer
	if err := CopyDB(m.Dir, c.Dir); err != nil {
		m.T.Fatal(err)
	}
	c.Open()
	return c
}

// Rebuild projects everything again from the ops.
func (m *Member) Rebuild() {
	m.T.Helper()
	err := m.R.Rebuild(context.Background(), func(tx replica.Tx) error {
		for _, t := range Tables {
			if err := store.Script(tx, `DELETE FROM `+t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.T.Fatalf("%s: rebuild: %v", m.Name, err)
	}
}

// Heal does what the replica does some seconds after a change: it gives keys to devices that lack them.
func (m *Member) Heal() {
	m.T.Helper()
	if err := m.R.Heal(context.Background()); err != nil {
		m.T.Fatalf("%s: heal: %v", m.Name, err)
	}
}

// Note writes a note in a scope.
func (m *Member) Note(scope op.ScopeID, text string) replica.Op {
	m.T.Helper()
	o, err := m.TryNote(scope, text)
	if err != nil {
		m.T.Fatalf("%s: note %q: %v", m.Name, text, err)
	}
	return o
}

// TryNote is Note where it may fail.
func (m *Member) TryNote(scope op.ScopeID, text string) (replica.Op, error) {
	return m.submit(replica.Submission{Scope: scope, Type: TypeNote, Payload: textPayload{text}})
}

func (m *Member) submit(s replica.Submission) (replica.Op, error) {
	ops, err := m.R.Submit(context.Background(), []replica.Submission{s}, nil)
	if err != nil {
		return replica.Op{}, err
	}
	return ops[0], nil
}

// Title sets the title of an entity in a scope.
func (m *Member) Title(scope op.ScopeID, entity, text string) {
	m.T.Helper()
	if err := m.TryTitle(TypeTitle, scope, entity, text); err != nil {
		m.T.Fatalf("%s: title: %v", m.Name, err)
	}
}

// TryTitle is Title by an op type of choice.
func (m *Member) TryTitle(typ string, scope op.ScopeID, entity, text string) error {
	_, err := m.submit(replica.Submission{Scope: scope, Type: typ, Entity: []byte(entity), Payload: textPayload{text}})
	return err
}

// SetMark sets the member's register.
func (m *Member) SetMark(scope op.ScopeID, n int64) {
	m.T.Helper()
	if err := m.R.SetRegister(context.Background(), scope, "mark", n); err != nil {
		m.T.Fatalf("%s: mark: %v", m.Name, err)
	}
}

// Group makes a group.
func (m *Member) Group(members ...*Member) op.ScopeID {
	m.T.Helper()
	var users []op.UserID
	for _, o := range members {
		users = append(users, o.ID.Root.ID)
	}
	id, err := m.R.CreateGroup(context.Background(), users, nil)
	if err != nil {
		m.T.Fatalf("%s: group: %v", m.Name, err)
	}
	return id
}

// OwnFeed is the feed that the member writes in a scope now.
func (m *Member) OwnFeed(scope op.ScopeID) oplog.Feed {
	return m.R.Feeds().Feed(oplog.FeedKey{Tag: m.Tag(scope), Device: m.ID.Device.ID, Incarnation: m.R.Feeds().Incarnation()})
}

// Tag of a scope.
func (m *Member) Tag(scope op.ScopeID) op.ScopeTag { return m.ID.TeamSecret.ScopeTag(scope) }

// Device is the member's device.
func (m *Member) Device() op.DeviceID { return m.ID.Device.ID }
