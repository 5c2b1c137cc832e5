package session

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// Timing.
const (
	tickEvery   = time.Second
	compareGap  = 30 * time.Second // fingerprints, while nothing moves
	silentLimit = 100 * time.Second
	stallLimit  = 45 * time.Second // outstanding ops that do not come
	strangeGap  = 30 * time.Second // between attempts to verify the feed of a device that is not known
	ackDelay    = 50 * time.Millisecond
	lastWords   = time.Second // for what is still to be written when a conversation ends
)

// Bounds on what a peer may make us hold.
const (
	maxOutgoing  = 4096    // messages queued
	maxUpdates   = 256     // messages queued, above which what is told of forks waits for the next question
	maxRegisters = 1024    // live registers queued, above which others wait for the next question
	maxHas       = 4096    // registers remembered that the peer has
	maxWanted    = 1 << 15 // feeds asked for at a time; also feeds put off, and refused
	maxLive      = 1024    // commits queued for pushing as they are
	maxLiveSize  = 4 << 20 // bytes of those
	maxRetries   = 3       // of ops that came out of order
)

// ErrPeer wraps every reason to end a conversation that is the peer's fault. ErrBye wraps the reason that the peer gave.
var (
	ErrPeer = errors.New("session: peer broke the protocol")
	ErrBye  = errors.New("session: closed by the peer")
)

// State of a conversation, for people.
type State uint8

// The states. InSync is proven by equal fingerprints; SyncedAt of the status says when.
const (
	Authenticated State = iota
	Syncing
	InSync
)

// Status is a picture of the conversation.
type Status struct {
	State    State
	SyncedAt time.Time // last equal fingerprints; zero if never
	Usable   bool      // what people look at first is here (S22)
	Behind   uint64    // ops known to be missing here
	Wanted   uint64    // ops asked for in this round of catching up
	Stored   uint64    // of those, stored
	App      string    // the peer's program version
	ClockOff time.Duration
}

// Config of a conversation.
type Config struct {
	Replica *replica.Replica
	Peer    op.DeviceID
	App     string
	Now     func() time.Time
	Log     *slog.Logger
	// OnStatus is called after every change of the status, from the session's goroutine. It may be nil.
	OnStatus func(Status)
	// Claims is shared by all conversations of a replica, so that one feed is fetched from one peer at a time.
	Claims *Claims
	// Turn, if not nil, is called by the writing goroutine each time before it chooses what to write, and by the session's
	// before it follows what was committed. A simulation lets them wait there until nothing else moves, so that what is written
	// depends on nothing but what has happened.
	Turn func(writing bool)
}

// Session is one conversation. Make it with New, drive it with Run.
type Session struct {
	cfg Config
	r   *replica.Replica
	log *slog.Logger

	in    *stream.Inbox
	notes *stream.Box[notes]

	mu        sync.Mutex     // guards what follows, which the writing goroutine takes from
	out       []wire.Message // goes first
	asks      []*wire.Want   // then what is asked for
	asking    map[oplog.FeedKey]*wire.Want
	live      []replica.Advance // then growth, as it happened
	liveSize  int
	lagging   map[oplog.FeedKey]replica.Advance // growth that did not fit into live
	regs      [][]byte                          // then registers, as they were stored
	has       map[uint64]bool                   // hashes of registers that came from the peer
	seed      maphash.Seed                      // of these
	urgent    []*task                           // then what the peer asked for
	ahead     []*task
	previews  map[op.ScopeTag]bool // scopes of which the peer asked for the newest, and was told
	tasks     []*task
	byFeed    map[oplog.FeedKey]*task
	window    int                      // bytes of frames that may still be sent
	sent      map[oplog.FeedKey]uint64 // how far the peer has a feed, as far as is known
	wake      stream.Bell
	closing   bool
	shown     map[op.ScopeTag]bool         // scopes that the peer reads and is told of; replaced, not changed; nil: it has not asked yet
	answering bool                         // its question is not answered yet
	dropped   bool                         // live registers were left out: the peer must ask again to have them
	farewell  map[oplog.FeedKey]oplog.Feed // not nil: the peer lost its access; what it may still have
	leaveBy   time.Time                    // then: when the conversation ends

	// Owned by the state machine:
	peer        *wire.Hello
	want        map[oplog.FeedKey]*wanted
	later       map[oplog.FeedKey]wire.FeedState // claimed by another conversation, or of a device not known yet
	refused     map[oplog.FeedKey]bool           // there is no room for them here
	strange     map[oplog.FeedKey]time.Time      // when ops came that nobody here can verify yet
	newest      map[op.ScopeTag]bool             // the newest of these was asked for; true: and is here
	storing     int                              // frames of kind Ahead that are not stored yet
	sought      map[oplog.FeedKey]uint64         // from which seq the peer's version of a feed was asked for, to find a fork
	proven      map[oplog.FeedKey]bool           // the peer was shown that they forked
	parted      map[oplog.FeedKey]uint64         // what the peer was told of scopes that it lost
	shownAt     int64                            // arrival number at which shown was so
	upTo        int64
	deltaDone   bool
	controlDone bool
	goneBy      time.Time // not zero: this device lost its access; when the conversation ends
	skipped     bool      // something listed could not be asked for: the cursor must not move
	askedSince  bool
	asked       int           // questions so far
	registers   int           // messages of registers not yet stored
	intake      stream.Intake // of frames
	acks        map[oplog.FeedKey]wire.FeedState
	ackDue      bool
	peerAcks    map[oplog.FeedKey]wire.FeedState
	lastProgress,
	lastCompare time.Time
	mismatches int               // in a row, while at rest
	told       [16]byte          // the fingerprint last sent
	heard      *wire.Fingerprint // the peer's last one
	followed   int64             // the cursor as it was saved last
	status     Status
}

// wanted is a feed being fetched.
type wanted struct {
	to      uint64
	stored  uint64
	retries int
}

// task is a feed being served.
type task struct {
	key      oplog.FeedKey
	no       int64
	next, to uint64
	ahead    bool // the peer lacks what is before
	end      bool // of what is ahead in the scope
}

// New makes a conversation with the authenticated device peer.
func New(cfg Config) *Session {
	return &Session{
		cfg: cfg, r: cfg.Replica, log: cfg.Log.With("peer", cfg.Peer.String()[:8]),
		in: stream.NewInbox(ErrPeer), notes: stream.NewBox[notes](),
		asking: map[oplog.FeedKey]*wire.Want{}, lagging: map[oplog.FeedKey]replica.Advance{}, byFeed: map[oplog.FeedKey]*task{},
		has: map[uint64]bool{}, seed: maphash.MakeSeed(),
		window: wire.Window, sent: map[oplog.FeedKey]uint64{}, wake: stream.NewBell(),
		want: map[oplog.FeedKey]*wanted{}, later: map[oplog.FeedKey]wire.FeedState{}, refused: map[oplog.FeedKey]bool{},
		strange: map[oplog.FeedKey]time.Time{}, newest: map[op.ScopeTag]bool{}, previews: map[op.ScopeTag]bool{},
		sought: map[oplog.FeedKey]uint64{}, proven: map[oplog.FeedKey]bool{}, parted: map[oplog.FeedKey]uint64{},
		acks: map[oplog.FeedKey]wire.FeedState{}, peerAcks: map[oplog.FeedKey]wire.FeedState{},
	}
}

// Run speaks until the stream ends, ctx ends, or the peer breaks the protocol. The error says which; nil means a clean end.
func (s *Session) Run(ctx context.Context, st stream.Stream) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var readers, writers sync.WaitGroup
	unsubscribe := s.r.Subscribe(s.onEvent)
	readers.Go(func() { s.in.Read(ctx, st, silentLimit, silentLimit) })
	writers.Go(func() {
		if err := s.writeLoop(ctx, st); err != nil {
			cancel(err)
		}
	})
	err := s.loop(ctx)
	unsubscribe()
	s.finish(st)
	writers.Wait()
	cancel(err)
	_ = st.Close()
	readers.Wait()
	s.cfg.Claims.Release(s)
	if errors.Is(err, stream.ErrEnd) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (s *Session) poke() { s.wake.Ring() }

// send queues a message.
func (s *Session) send(m wire.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) >= maxOutgoing {
		return fmt.Errorf("%w: does not read", ErrPeer)
	}
	s.out = append(s.out, m)
	s.poke()
	return nil
}

func (s *Session) loop(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	ack := time.NewTimer(time.Hour)
	ack.Stop()
	armed := false
	err := s.greet()
	for err == nil {
		if s.ackDue && !armed {
			ack.Reset(ackDelay)
			armed = true
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case m, ok := <-s.in.Packets():
			if ok {
				err = s.receive(ctx, m)
			} else {
				err = s.in.Err()
			}
		case <-s.notes.Bell():
			err = s.handleNotes(ctx)
		case <-ack.C:
			armed = false
			err = s.flushAcks(ctx)
		case <-tick.C:
			err = s.tick(ctx)
		}
	}
	s.sayBye(err)
	return err
}

func (s *Session) greet() error {
	h := &wire.Hello{
		Version: wire.Version, Team: s.team(), Store: s.r.Feeds().StoreID(), LSeq: s.r.Feeds().LSeq(),
		AuthDigest: s.r.AuthDigest(), ClockMS: s.cfg.Now().UnixMilli(), App: s.cfg.App,
	}
	s.lastProgress, s.lastCompare = s.cfg.Now(), s.cfg.Now()
	s.setStatus(func(st *Status) { st.State = Authenticated })
	return s.send(h)
}

// team is the team's id as it is told to a peer that may be of another one.
func (s *Session) team() [8]byte {
	tag := s.r.Self().TeamSecret.ScopeTag(op.ScopeID(s.r.Self().Team))
	return [8]byte(tag[:8])
}

// sayBye tells the peer what it did wrong; nothing else is said to it any more.
func (s *Session) sayBye(err error) {
	if !errors.Is(err, ErrPeer) && !errors.Is(err, ErrFormer) {
		return
	}
	reason := err.Error()
	if len(reason) > 200 {
		reason = reason[:200]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = []wire.Message{&wire.Bye{Reason: reason}}
}

func (s *Session) setStatus(f func(*Status)) {
	old := s.status
	f(&s.status)
	if s.status != old && s.cfg.OnStatus != nil {
		s.cfg.OnStatus(s.status)
	}
}
