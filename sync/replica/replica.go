package replica

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	rand2 "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// DB is the database the replica lives in.
type DB interface {
	Read() *sql.DB
	Write(ctx context.Context, fn func(tx Tx) error) error
}

// Errors a caller acts on.
var (
	ErrDenied    = errors.New("replica: not permitted")
	ErrInvalid   = errors.New("replica: malformed op")
	ErrNoScope   = errors.New("replica: unknown scope")
	ErrNoKey     = errors.New("replica: no key for the scope")
	ErrStranger  = errors.New("replica: feed of a device that is not of the team")
	ErrStub      = errors.New("replica: op without its body that no horizon explains")
	ErrForked    = errors.New("replica: feed is frozen by a fork")
	ErrClosed    = errors.New("replica: closed")
	ErrClockBack = errors.New("replica: clock is too far off")
	// ErrRemoved is returned once this device knows that its person was removed or frozen, or that it was signed out.
	ErrRemoved = fmt.Errorf("%w: no longer of the team", ErrDenied)
)

// Config is what a replica is made of.
type Config struct {
	DB        DB
	Identity  *keys.Identity
	Genesis   op.ID // id of the team's first op; zero while founding
	Reducers  []Reducer
	Registers []RegisterKind
	Now       func() time.Time
	Log       *slog.Logger
	// RotateEvery is how long a key is written under; 0: RotateAfter.
	RotateEvery time.Duration
	// Mark keeps the number of own ops outside the database, to notice a database that was rolled back. It may be nil.
	Mark Mark
	// Still says that the replica does nothing by itself: of a copy that is only looked at.
	Still bool
	// IntN is where the moment of what all members would do at once is drawn from; nil: at random.
	IntN func(n int) int
}

// Mark is a counter outside the database. Load returns 0 if there is none.
type Mark interface {
	Load() (uint64, error)
	Store(n uint64) error
}

// Replica is safe for concurrent use.
type Replica struct {
	db      DB
	id      *keys.Identity
	genesis op.ID
	now     func() time.Time
	log     *slog.Logger
	mark    Mark
	intN    func(n int) int
	clock   atomic.Pointer[hlc.Clock] // replaced when the wall clock is put back
	feeds   *oplog.Log
	teamTag struct{ control, company, self op.ScopeTag }

	reducers  map[string]*reducer // by op type
	registers map[string]RegisterKind

	world     atomic.Pointer[world] // as the transaction under way sees it
	committed atomic.Pointer[world] // of the last commit: what others are told by
	epochs    *epochs
	horizons  horizons

	writer sync.Mutex // held from before a transaction until memory follows it; guards what follows
	// What a transaction changes in memory is forgotten and read again when it fails; see write.
	control  *authority.Log                 // every control op of the team
	scopeOps map[op.ScopeTag][]authority.Op // control ops of private scopes
	stale    bool                           // memory is ahead of the database: read again before the next transaction
	ownOps   uint64

	receipts    receipts
	relays      relays
	heldDue     atomic.Int64 // when the first held op is due, ms since 1970; 0: none is held
	rotateAfter atomic.Int64 // a time.Duration
	cutsDue     atomic.Bool  // something is to be said about feeds of people who were removed

	turn sync.Mutex // held while an event is published, so that events leave in the order of commits

	mu        sync.Mutex // guards what follows
	users     map[op.UserID]int64
	userByNo  map[int64]op.UserID
	regVerMax uint64
	subs      map[int]func(*Event)
	subSeq    int
	online    map[op.DeviceID]int
	unhealed  map[op.ScopeTag]bool // scopes in which boxes may be missing
	badSeals  []BadSeal
	closed    bool

	stop    context.CancelFunc
	done    sync.WaitGroup
	senders sync.WaitGroup // those who hand over work
	ingest  chan *ingestJob
	haveCh  chan op.ScopeTag
}

type reducer struct {
	Reducer
	kind   Kind
	single bool // one kind, always creating its own entity: no other op can touch the entity
}

// Event says what a commit changed.
type Event struct {
	Feeds     []Advance // each feed once
	Registers []oplog.RegisterRow
	Forks     []Fork
	Branches  []Branch
	Authority bool // roles, members or devices changed
	Receipts  bool // somebody acknowledged something
	Keys      bool // this device holds a new key, or one was given to somebody who had none of the scope, or reads it no more
}

// Advance is a feed that grew. Raw holds the new ops when they are few.
type Advance struct {
	Feed oplog.Feed
	From uint64 // first new seq
	Raw  []byte // ops From..Feed.Len back to back, or nil
	Own  bool   // written by this device
}

// Fork is a feed with two signed ops in one place, which was cut before it.
type Fork struct {
	Feed  oplog.Feed
	Proof []byte // as op.ParseForkProof reads it
}

// Branch is a control op of a forked feed, from the fork on, that was not known here.
type Branch struct {
	Tag op.ScopeTag
	Raw []byte
}

// Open loads the state of a replica. The tables of oplog.Schema and of the reducers must exist.
func Open(cfg Config) (*Replica, error) {
	r := &Replica{
		db: cfg.DB, id: cfg.Identity, genesis: cfg.Genesis, now: cfg.Now, log: cfg.Log, mark: cfg.Mark, intN: cfg.IntN,
		reducers: map[string]*reducer{}, registers: map[string]RegisterKind{},
		epochs: newEpochs(), scopeOps: map[op.ScopeTag][]authority.Op{}, users: map[op.UserID]int64{}, userByNo: map[int64]op.UserID{},
		subs: map[int]func(*Event){}, online: map[op.DeviceID]int{}, unhealed: map[op.ScopeTag]bool{}, ingest: make(chan *ingestJob, 64), haveCh: make(chan op.ScopeTag, 256),
	}
	if r.intN == nil {
		r.intN = rand2.IntN
	}
	r.clock.Store(hlc.NewClock(cfg.Now))
	r.SetRotateEvery(cfg.RotateEvery)
	r.cutsDue.Store(true) // perhaps, from before
	for _, red := range cfg.Reducers {
		for i := range red.Kinds {
			if r.reducers[red.Kinds[i].Type] != nil {
				return nil, fmt.Errorf("replica: two reducers for %s", red.Kinds[i].Type)
			}
			r.reducers[red.Kinds[i].Type] = &reducer{Reducer: red, kind: red.Kinds[i], single: len(red.Kinds) == 1 && red.Kinds[i].Creates}
		}
	}
	for _, k := range cfg.Registers {
		r.registers[k.Key] = k
	}
	team := cfg.Identity.Team
	r.teamTag.control = cfg.Identity.TeamSecret.ScopeTag(keys.ControlScope(team))
	r.teamTag.company = cfg.Identity.TeamSecret.ScopeTag(keys.CompanyScope(team))
	r.teamTag.self = cfg.Identity.TeamSecret.ScopeTag(keys.SelfScope(team, cfg.Identity.Root.ID))
	if err := r.init(); err != nil {
		return nil, err
	}
	if err := r.load(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	r.done.Add(1)
	go r.ingestLoop(ctx)
	if !cfg.Still {
		r.done.Add(1)
		go r.chores(ctx)
	}
	return r, nil
}

// init gives a new database its identity.
func (r *Replica) init() error {
	return r.db.Write(context.Background(), func(tx Tx) error {
		var store [16]byte
		var inc [4]byte
		_, _ = rand.Read(store[:])
		_, _ = rand.Read(inc[:])
		if err := oplog.Init(tx, store, binary.BigEndian.Uint32(inc[:])); err != nil {
			return err
		}
		for _, s := range []op.ScopeID{keys.ControlScope(r.id.Team), keys.CompanyScope(r.id.Team), keys.SelfScope(r.id.Team, r.id.Root.ID)} {
			tag := r.id.TeamSecret.ScopeTag(s)
			if _, err := tx.Exec(`INSERT OR IGNORE INTO scope (tag, id) VALUES (?, ?)`, tag[:], s[:]); err != nil {
				return fmt.Errorf("init scopes: %w", err)
			}
		}
		return nil
	})
}

// load reads the log's state, the keys, and evaluates authority.
func (r *Replica) load() error {
	q := r.db.Read()
	var err error
	if r.feeds, err = oplog.Open(q); err != nil {
		return err
	}
	if err := r.recall(q); err != nil {
		return err
	}
	var clock hlc.Time
	for _, f := range r.feeds.Feeds() {
		if f.HLC > clock && !r.Clock().Ahead(f.HLC) {
			clock = f.HLC
		}
	}
	r.Clock().Observe(clock)
	r.countOwn()
	if err := q.QueryRow(`SELECT coalesce(max(version), 0) FROM register WHERE device = ?`, r.id.Device.ID[:]).Scan(&r.regVerMax); err != nil {
		return fmt.Errorf("read registers: %w", err)
	}
	rolledBack, err := r.rolledBack()
	if err != nil {
		return err
	}
	return r.write(context.Background(), func(p *projector) error {
		if err := r.rebuildWorld(p); err != nil {
			return err
		}
		p.before = r.world.Load() // rows are as this world has them: what comes due below is judged against it
		if err := r.catchUpEpochs(p); err != nil {
			return err
		}
		for tag := range r.world.Load().scopes { // what was to be healed is not remembered over a restart
			r.healSoon(tag)
		}
		if rolledBack {
			p.recount = true // the mark now counts from what is here
			if err := r.newIncarnation(p); err != nil {
				return err
			}
		}
		// The program may be newer than when it last ran, and time has passed: judge again what was open.
		return r.recheckUnsettled(p)
	})
}

// recall reads what memory keeps of the rows, other than the state of feeds.
func (r *Replica) recall(q oplog.Querier) error {
	if err := r.epochs.load(q); err != nil {
		return err
	}
	if err := r.horizons.load(r, q); err != nil {
		return err
	}
	if err := r.receipts.load(q); err != nil {
		return err
	}
	if err := r.relays.load(q); err != nil {
		return err
	}
	if err := r.loadUsers(q); err != nil {
		return err
	}
	return r.loadControl(q)
}

// rolledBack tells whether this device has written more ops than the database holds (SPEC L7).
func (r *Replica) rolledBack() (bool, error) {
	if r.mark == nil {
		return false, nil
	}
	n, err := r.mark.Load()
	if err != nil {
		return false, fmt.Errorf("read write mark: %w", err)
	}
	if n > r.ownOps {
		r.log.Warn("database is older than what was written before; starting a new incarnation", "written", n, "stored", r.ownOps)
	}
	return n > r.ownOps, nil
}

// countOwn counts the ops of this device that are stored here, of all its incarnations.
func (r *Replica) countOwn() {
	r.ownOps = 0
	for _, f := range r.feeds.Feeds() {
		if f.Device == r.id.Device.ID {
			r.ownOps += f.Len
		}
	}
}

// newIncarnation makes this device write new feeds from now on.
func (r *Replica) newIncarnation(p *projector) error {
	var store [16]byte
	var inc [4]byte
	_, _ = rand.Read(store[:])
	_, _ = rand.Read(inc[:])
	return p.b.SetIncarnation(store, binary.BigEndian.Uint32(inc[:]))
}

// Close ends background work. The database stays open. What was handed over and not stored ends with ErrClosed.
func (r *Replica) Close() {
	r.mu.Lock()
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	if again {
		return
	}
	r.stop()
	r.senders.Wait()
	close(r.ingest)
	r.done.Wait()
}

// Subscribe calls fn after each commit, in the order of commits, from the committing goroutine: fn must be quick and must not
// write.
func (r *Replica) Subscribe(fn func(*Event)) (cancel func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subSeq++
	n := r.subSeq
	r.subs[n] = fn
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.subs, n)
	}
}

func (r *Replica) publish(e *Event) {
	r.mu.Lock()
	fns := make([]func(*Event), 0, len(r.subs))
	for _, fn := range r.subs {
		fns = append(fns, fn)
	}
	r.mu.Unlock()
	for _, fn := range fns {
		fn(e)
	}
}

// Feeds is the log's state.
func (r *Replica) Feeds() *oplog.Log { return r.feeds }

// Self is the identity this replica acts under.
func (r *Replica) Self() *keys.Identity { return r.id }

// Reader is where stored ops are read from.
func (r *Replica) Reader() *sql.DB { return r.db.Read() }

// Clock is the replica's hybrid clock.
func (r *Replica) Clock() *hlc.Clock { return r.clock.Load() }

func tie(d op.DeviceID) int64 { return int64(binary.BigEndian.Uint64(d[:8]) >> 1) }
