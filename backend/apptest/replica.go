package apptest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongzhou/backend/store"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// Member is one device with its own database.
type Member struct {
	T      testing.TB
	Name   string
	Dir    string
	ID     *keys.Identity
	DB     *store.DB
	R      *replica.Replica
	Claims *session.Claims
	Now    func() time.Time
	Log    *slog.Logger
	// Wrap, if set, stands between the replica and its database.
	Wrap    func(replica.DB) replica.DB
	genesis op.ID

	mu     sync.Mutex
	status map[op.DeviceID]session.Status
	ends   []error
}

// noteSchema is the table of the test's own feature: notes (a message-like entity) and titles (an entity of many ops).
const noteSchema = `
CREATE TABLE IF NOT EXISTS note (scope INTEGER, hlc INTEGER, tie INTEGER, user INTEGER, text TEXT, PRIMARY KEY (scope, hlc, tie)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS title (scope INTEGER, eid BLOB, text TEXT, trail TEXT, PRIMARY KEY (scope, eid)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (scope INTEGER, user INTEGER, n INTEGER, PRIMARY KEY (scope, user)) STRICT, WITHOUT ROWID;`

// Tables are the projections that replicas must agree on.
var Tables = []string{"note", "title", "mark"}

type textPayload struct {
	Text string `cbor:"1,keyasint"`
}

var anywhere = []replica.ScopeKind{replica.ScopeCompany, replica.ScopeGroup, replica.ScopeDirect}

func reducers() []replica.Reducer {
	return []replica.Reducer{{
		Entity: "note",
		Kinds:  []replica.Kind{{Type: "note/1", Scopes: anywhere, Creates: true}},
		Reset: func(tx replica.Tx, e replica.Entity) error {
			return fmt.Errorf("notes are never reset in this test: %x", e.ID)
		},
		Apply: func(tx replica.Tx, o replica.Op) error {
			var p textPayload
			if err := op.Unmarshal(o.Payload, &p); err != nil {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO note (scope, hlc, tie, user, text) VALUES (?, ?, ?, ?, ?)`, o.ScopeNo, int64(o.HLC), o.Tie, o.UserNo, p.Text)
			return err
		},
	}, {
		Entity: "title",
		Kinds: []replica.Kind{
			{Type: "title.set/1", Scopes: anywhere},
			{Type: "title.boss/1", Scopes: anywhere, Authorize: func(v replica.View, o replica.Op) error {
				if v.Role(o.User) > authority.Admin {
					return fmt.Errorf("only an admin")
				}
				return nil
			}},
		},
		Reset: func(tx replica.Tx, e replica.Entity) error {
			_, err := tx.Exec(`DELETE FROM title WHERE scope = ? AND eid = ?`, e.ScopeNo, e.ID)
			return err
		},
		Apply: func(tx replica.Tx, o replica.Op) error {
			var p textPayload
			if err := op.Unmarshal(o.Payload, &p); err != nil {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO title (scope, eid, text, trail) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET text = ?3, trail = trail || ',' || ?3`, o.ScopeNo, o.Entity, p.Text)
			return err
		},
	}}
}

func registers() []replica.RegisterKind {
	return []replica.RegisterKind{{Key: "mark", Apply: func(tx replica.Tx, r replica.RegisterValue) error {
		var n int64
		if err := op.Unmarshal(r.Value, &n); err != nil {
			return nil
		}
		_, err := tx.Exec(`INSERT INTO mark (scope, user, n) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = max(n, ?3)`, r.ScopeNo, r.UserNo, n)
		return err
	}}}
}

// NewIdentity makes a person with one device.
func NewIdentity(t testing.TB, name string, team op.TeamID, secret keys.TeamSecret) *keys.Identity {
	t.Helper()
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	root, err := keys.NewRoot(seed)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &keys.Identity{Root: root, Device: dev, DeviceName: name, Team: team, TeamSecret: secret}
}

// Open opens (again) the member's replica.
func (m *Member) Open() {
	m.T.Helper()
	db, err := store.Open(filepath.Join(m.Dir, "team.db"), store.Options{})
	if err != nil {
		m.T.Fatal(err)
	}
	m.DB = db
	err = db.Write(context.Background(), func(tx replica.Tx) error {
		for _, ddl := range []string{oplog.Schema, noteSchema} {
			if err := store.Script(tx, ddl); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.T.Fatal(err)
	}
	var rdb replica.DB = db
	if m.Wrap != nil {
		rdb = m.Wrap(db)
	}
	m.R, err = replica.Open(replica.Config{DB: rdb, Identity: m.ID, Genesis: m.genesis, Reducers: reducers(), Registers: registers(), Now: m.Now, Log: m.Log})
	if err != nil {
		m.T.Fatal(err)
	}
}

// Close closes replica and database.
func (m *Member) Close() {
	m.R.Close()
	if err := m.DB.Close(); err != nil {
		m.T.Error(err)
	}
}

func newMember(t testing.TB, name string, id *keys.Identity, genesis op.ID) *Member {
	m := &Member{
		T: t, Name: name, Dir: t.TempDir(), ID: id, Claims: session.NewClaims(), Now: time.Now, genesis: genesis,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), status: map[op.DeviceID]session.Status{},
	}
	return m
}

// Found makes a team of one.
func Found(t testing.TB, name string) *Member {
	t.Helper()
	var team op.TeamID
	var secret keys.TeamSecret
	_, _ = rand.Read(team[:])
	_, _ = rand.Read(secret[:])
	m := newMember(t, name, NewIdentity(t, name, team, secret), op.ID{})
	m.Open()
	g, err := m.R.Found(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m.genesis = g
	t.Cleanup(func() { m.Close() })
	return m
}

// Join lets a new person join through m.
func (m *Member) Join(name string) *Member {
	m.T.Helper()
	ctx := context.Background()
	n := newMember(m.T, name, NewIdentity(m.T, name, m.ID.Team, m.ID.TeamSecret), m.genesis)
	n.Now = m.Now
	n.Open()
	invite, key, err := m.R.Invite(ctx, authority.Member, m.Now().Add(time.Hour))
	if err != nil {
		m.T.Fatal(err)
	}
	if err := m.R.Welcome(ctx, n.ID.Device.ID, n.ID.Device.Public(name).BoxPub); err != nil {
		m.T.Fatal(err)
	}
	m.Copy(n, true)
	if err := n.R.Admit(ctx, invite, key); err != nil {
		m.T.Fatal(err)
	}
	n.Copy(m, true)
	m.T.Cleanup(func() { n.Close() })
	return n
}

// Copy hands over every op of m that n lacks, without a conversation: of the control log only, or of all scopes.
func (m *Member) Copy(n *Member, control bool) {
	m.T.Helper()
	for round := 0; round < 3; round++ {
		for _, f := range m.R.Feeds().Feeds() {
			if control && f.Tag != m.ID.TeamSecret.ScopeTag(keys.ControlScope(m.ID.Team)) {
				continue
			}
			have := n.R.Feeds().Feed(f.FeedKey)
			for have.Len < f.Len {
				raw, _, err := oplog.ReadFrame(m.R.Reader(), f.No, have.Len+1, f.Len, 200<<10, 1000)
				if err != nil {
					m.T.Fatal(err)
				}
				if err := n.Take(raw); err != nil {
					break
				}
				have = n.R.Feeds().Feed(f.FeedKey)
			}
		}
	}
}

// Take ingests ops that lie back to back, all of one feed.
func (m *Member) Take(raw []byte) error {
	var ops []op.Sealed
	for rest := raw; len(rest) > 0; {
		o, r, err := op.Parse(rest)
		if err != nil {
			return err
		}
		ops, rest = append(ops, o), r
	}
	v, err := m.R.Verify(ops, raw)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	m.R.Ingest(context.Background(), v, func(err error) { done <- err })
	return <-done
}

// Link is a running conversation.
type Link struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	a, b   net.Conn
}

// Connect starts a conversation between two members.
func Connect(a, b *Member) *Link {
	l := &Link{}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	l.a, l.b = net.Pipe()
	l.done.Add(2)
	go func() { defer l.done.Done(); a.run(ctx, l.a, b.ID.Device.ID) }()
	go func() { defer l.done.Done(); b.run(ctx, l.b, a.ID.Device.ID) }()
	return l
}

// Stop ends the conversation, as a cut cable would.
func (l *Link) Stop() {
	_ = l.a.Close()
	_ = l.b.Close()
	l.cancel()
	l.done.Wait()
}

func (m *Member) run(ctx context.Context, c net.Conn, peer op.DeviceID) {
	s := session.New(session.Config{
		Replica: m.R, Peer: peer, App: "test", Now: m.Now, Log: m.Log, Claims: m.Claims,
		OnStatus: func(st session.Status) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.status[peer] = st
		},
	})
	m.R.SetOnline(peer, 1)
	err := s.Run(ctx, c)
	m.R.SetOnline(peer, -1)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.status, peer)
	m.ends = append(m.ends, err)
}

// Status is the state of the conversation with another member.
func (m *Member) Status(o *Member) session.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status[o.ID.Device.ID]
}

// Ends are the reasons why conversations ended.
func (m *Member) Ends() []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]error(nil), m.ends...)
}

// Note writes a note in a scope.
func (m *Member) Note(scope op.ScopeID, text string) replica.Op {
	m.T.Helper()
	ops, err := m.R.Submit(context.Background(), []replica.Submission{{Scope: scope, Type: "note/1", Payload: textPayload{text}}}, nil)
	if err != nil {
		m.T.Fatalf("%s: note %q: %v", m.Name, text, err)
	}
	return ops[0]
}

// Title sets the title of an entity in a scope.
func (m *Member) Title(scope op.ScopeID, entity, text string) {
	m.T.Helper()
	if err := m.TryTitle("title.set/1", scope, entity, text); err != nil {
		m.T.Fatalf("%s: title: %v", m.Name, err)
	}
}

// TryTitle is Title by an op type of choice.
func (m *Member) TryTitle(typ string, scope op.ScopeID, entity, text string) error {
	_, err := m.R.Submit(context.Background(), []replica.Submission{{Scope: scope, Type: typ, Entity: []byte(entity), Payload: textPayload{text}}}, nil)
	return err
}

// Dump is what the member sees in its tables, with local numbers replaced by what they stand for.
func (m *Member) Dump() string {
	m.T.Helper()
	out := ""
	for _, q := range []string{
		`SELECT 'note', hex(s.id), n.hlc, n.tie, hex(u.id), n.text FROM note n JOIN scope s ON s.no = n.scope JOIN user u ON u.no = n.user ORDER BY 2, 3, 4`,
		`SELECT 'title', hex(s.id), hex(t.eid), '', t.trail, t.text FROM title t JOIN scope s ON s.no = t.scope ORDER BY 2, 3`,
		`SELECT 'mark', hex(s.id), k.n, '', hex(u.id), '' FROM mark k JOIN scope s ON s.no = k.scope JOIN user u ON u.no = k.user ORDER BY 2, 5`,
	} {
		rows, err := m.DB.Read().Query(q)
		if err != nil {
			m.T.Fatal(err)
		}
		for rows.Next() {
			var c [6]string
			if err := rows.Scan(&c[0], &c[1], &c[2], &c[3], &c[4], &c[5]); err != nil {
				m.T.Fatal(err)
			}
			out += fmt.Sprintln(c)
		}
		if err := rows.Err(); err != nil {
			m.T.Fatal(err)
		}
		_ = rows.Close()
	}
	return out
}

// Eventually waits for a condition that other goroutines bring about.
func Eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-tick.C
	}
}
