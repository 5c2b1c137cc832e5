package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// Timing.
const (
	tickEvery   = time.Second
	compareGap  = 30 * time.Second // fingerprints, while nothing moves
	silentLimit = 100 * time.Second
	stallLimit  = 45 * time.Second // outstanding ops that do not come
	ackDelay    = 50 * time.Millisecond
)

// Bounds on what a peer may make us hold.
const (
	maxOutgoing = 4096 // messages queued
	maxTasks    = 1 << 20
)

// ErrPeer wraps every reason to end a conversation that is the peer's fault.
var ErrPeer = errors.New("session: peer broke the protocol")

// Stream is an ordered, authenticated byte stream.
type Stream interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	Close() error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// State of a conversation, for people.
type State uint8

// The states. InSync is proven by equal fingerprints; Since of the status says when.
const (
	Authenticated State = iota
	Syncing
	InSync
)

// Status is a picture of the conversation.
type Status struct {
	State    State
	SyncedAt time.Time // last equal fingerprints; zero if never
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
}

// Session is one conversation. Make it with New, drive it with Run.
type Session struct {
	cfg Config
	r   *replica.Replica
	log *slog.Logger

	mail    chan any // what the peer said, for the state machine
	commits commits  // what the replica's writer did, for the state machine

	mu      sync.Mutex // guards out, for the writing goroutine
	out     []wire.Message
	tasks   []*task // what the peer asked for
	urgent  []*task
	byFeed  map[oplog.FeedKey]*task
	live    []replica.Advance
	window  int // bytes of frames that may still be sent
	sent    map[oplog.FeedKey]uint64
	wake    chan struct{}
	closing bool
	serving bool // the peer has asked Since: it gets live frames from now on

	// Owned by the state machine:
	peer        *wire.Hello
	want        map[oplog.FeedKey]*wanted
	later       map[oplog.FeedKey]wire.FeedState // claimed by another conversation, or of a device not known yet
	upTo        int64
	deltaDone   bool
	controlDone bool
	skipped     bool // something in the delta could not be asked for: the cursor must not move
	askedSince  bool
	credit      int
	acks        map[oplog.FeedKey]wire.FeedState
	ackDue      bool
	peerAcks    map[oplog.FeedKey]uint64
	lastProgress,
	lastCompare time.Time
	mismatches int               // in a row, while at rest
	told       [16]byte          // the fingerprint last sent
	heard      *wire.Fingerprint // the peer's last one
	status     Status
	received   int // bytes of frames not yet credited back
}

// wanted is a feed being fetched.
type wanted struct {
	to     uint64
	stored uint64
}

// task is a feed being served.
type task struct {
	key      oplog.FeedKey
	no       int64
	next, to uint64
}

// New makes a conversation with the authenticated device peer.
func New(cfg Config) *Session {
	return &Session{
		cfg: cfg, r: cfg.Replica, log: cfg.Log.With("peer", cfg.Peer.String()[:8]),
		mail: make(chan any, 16), commits: commits{wake: make(chan struct{}, 1)}, byFeed: map[oplog.FeedKey]*task{}, window: wire.Window, sent: map[oplog.FeedKey]uint64{},
		wake: make(chan struct{}, 1), want: map[oplog.FeedKey]*wanted{}, later: map[oplog.FeedKey]wire.FeedState{},
		acks: map[oplog.FeedKey]wire.FeedState{}, peerAcks: map[oplog.FeedKey]uint64{},
	}
}

// Run speaks until the stream ends, ctx ends, or the peer breaks the protocol. The error says which; nil means a clean end.
func (s *Session) Run(ctx context.Context, st Stream) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	unsubscribe := s.r.Subscribe(func(e *replica.Event) { s.onEvent(ctx, e) })
	wg.Add(2)
	go func() {
		defer wg.Done()
		cancel(s.readLoop(ctx, st))
	}()
	go func() {
		defer wg.Done()
		if err := s.writeLoop(ctx, st); err != nil {
			cancel(err)
		}
	}()
	err := s.loop(ctx)
	cancel(err)
	unsubscribe()
	s.finish()
	_ = st.Close()
	wg.Wait()
	s.cfg.Claims.release(s)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	if errors.Is(err, errEnd) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// finish lets the writing goroutine end.
func (s *Session) finish() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.poke()
}

func (s *Session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

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

// stored is mail: verified ops of a frame were committed, or not.
type stored struct {
	key  oplog.FeedKey
	last uint64
	size int
	err  error
}

// commits collects what the writer reports. Reporting never blocks: the writer serves all conversations, and this one may be
// waiting for the writer. The window bounds how much can be under way.
type commits struct {
	mu   sync.Mutex
	list []stored
	wake chan struct{}
}

func (c *commits) put(m stored) {
	c.mu.Lock()
	c.list = append(c.list, m)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *commits) take() []stored {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// packet is mail from the stream.
type packet struct {
	m    wire.Message
	size int
}

func (s *Session) loop(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	ack := time.NewTimer(time.Hour)
	ack.Stop()
	armed := false
	if err := s.greet(); err != nil {
		return err
	}
	for {
		if s.ackDue && !armed {
			ack.Reset(ackDelay)
			armed = true
		}
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case m := <-s.mail:
			err = s.handle(ctx, m)
		case <-s.commits.wake:
			for _, m := range s.commits.take() {
				if err = s.onStored(m); err != nil {
					break
				}
			}
		case <-ack.C:
			armed = false
			err = s.flushAcks(ctx)
		case <-tick.C:
			err = s.tick(ctx)
		}
		if err != nil {
			s.sayBye(err)
			return err
		}
	}
}

func (s *Session) handle(ctx context.Context, m any) error {
	switch m := m.(type) {
	case packet:
		return s.receive(ctx, m)
	case authorityChanged:
		return s.onAuthority()
	default:
		return fmt.Errorf("session: unknown mail %T", m)
	}
}

func (s *Session) greet() error {
	team := s.r.Self().Team
	h := &wire.Hello{Version: wire.Version, Store: s.r.Feeds().StoreID(), LSeq: s.r.Feeds().LSeq(), AuthDigest: s.r.AuthDigest(), ClockMS: s.cfg.Now().UnixMilli(), App: s.cfg.App}
	tag := s.r.Self().TeamSecret.ScopeTag(op.ScopeID(team))
	copy(h.Team[:], tag[:])
	s.lastProgress, s.lastCompare = s.cfg.Now(), s.cfg.Now()
	s.setStatus(func(st *Status) { st.State = Authenticated })
	return s.send(h)
}

func (s *Session) sayBye(err error) {
	if errors.Is(err, ErrPeer) {
		reason := err.Error()
		if len(reason) > 200 {
			reason = reason[:200]
		}
		_ = s.send(&wire.Bye{Reason: reason})
	}
}

func (s *Session) setStatus(f func(*Status)) {
	old := s.status
	f(&s.status)
	if s.status != old && s.cfg.OnStatus != nil {
		s.cfg.OnStatus(s.status)
	}
}
