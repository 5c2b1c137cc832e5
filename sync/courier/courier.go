package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// Timing.
const (
	tickEvery   = time.Second
	askGap      = 45 * time.Second // questions while nothing moves: the cursor follows, and a dead relay is noticed
	askSoon     = 3 * time.Second  // after something was announced and fetched
	silentLimit = 130 * time.Second
	stallLimit  = 45 * time.Second
	ackDelay    = 20 * time.Millisecond
	directWait  = 200 * time.Millisecond // for ops whose author is in direct conversation with this device
	retryAfter  = 30 * time.Second
	giveWay     = 5 * time.Second // to an admin's device, before coming again
	lastWords   = time.Second
	writeLimit  = 60 * time.Second
)

// Bounds on what a relay may make us hold.
const (
	maxQueue   = 4096
	maxWanted  = 1 << 15
	maxKnown   = 1 << 20 // feeds of which it is remembered how much the relay has
	maxRetries = 3
)

// Errors of Run. ErrRelay wraps what is the relay's fault, ErrBye the reason that it gave.
var (
	ErrRelay = errors.New("courier: relay broke the protocol")
	ErrBye   = errors.New("courier: closed by the relay")
)

// State of a conversation, for people.
type State uint8

// The states.
const (
	Greeting   State = iota
	NotAllowed       // the relay's owner has not let the team in, or its link was used up
	NotListed        // this device is not on the relay's list yet; a colleague's device will put it there
	Syncing
	InSync     // everything that the relay has for this device is here, and everything it takes is there
	Full       // the relay has no more room: what it has is here, nothing more is left there
	ChunksFull // the relay has no more room for larger content; the rest is as in InSync
)

// Status is a picture of the conversation.
type Status struct {
	State    State
	Behind   uint64    // ops at the relay that are not here
	Waiting  uint64    // own ops that the relay has not stored
	Owed     int       // feeds, also of others, that the relay lacks, as far as it takes them
	StoredAt time.Time // when the relay last said that it stored something; zero: not yet
	SyncedAt time.Time // when everything it had was last here
	Refusals uint64    // of ops and rosters, since the conversation began
	Refused  wire.RelayCode
	Listed   int // devices on the roster, as far as is known
	Chunks   int // of larger content, that are here and not at the relay yet
}

// Config of a conversation.
type Config struct {
	Replica *replica.Replica
	Relay   [32]byte // its transport key
	Token   []byte   // of the relay's link, while the relay does not know the team
	App     string
	Now     func() time.Time
	Log     *slog.Logger
	// OnStatus is called after every change of the status, from the courier's goroutine. It may be nil.
	OnStatus func(Status)
	// Direct tells whether a device is in conversation with this one: its ops need not come from the relay. It may be nil.
	Direct func(op.DeviceID) bool
	// Claims is shared with the sessions of the replica.
	Claims *session.Claims
	// Chunks exchanges larger content with the relay. It may be nil.
	Chunks Tender
	// Patience is how long ops of others that the relay lacks wait for their author's device to leave them there; 0: 5 s.
	Patience time.Duration
}

// Courier is one conversation. Make it with New, drive it with Run.
type Courier struct {
	cfg  Config
	r    *replica.Replica
	log  *slog.Logger
	self op.DeviceID
	team wire.TeamTag

	control op.ScopeTag // of the team's control log

	in    *stream.Inbox
	out   chan wire.Message // to the stream
	notes *stream.Box[notes]

	// Owned by the state machine:
	queue   []wire.Message // goes first
	pending wire.Message   // taken from the queues, not written yet
	welcome *wire.RelayWelcome
	store   replica.RelayStore
	mark    replica.RelayMark
	state   wire.RelayState
	opened  bool // store and mark are known
	begun   bool // capabilities were sent
	roster  rosterKeeper
	caps    caps
	fetch   fetch
	puts    puts
	regs    registers
	mail    mailer
	chunks  chunks
	letters letters
	ackDue  bool
	soon    bool // something waits for the short delay
	status  Status
}

// New makes a conversation with the relay behind the stream that Run is given.
func New(cfg Config) *Courier {
	if cfg.Direct == nil {
		cfg.Direct = func(op.DeviceID) bool { return false }
	}
	if cfg.Patience == 0 {
		cfg.Patience = 5 * time.Second
	}
	self := cfg.Replica.Self()
	return &Courier{
		cfg: cfg, r: cfg.Replica, log: cfg.Log.With("relay", fmt.Sprintf("%x", cfg.Relay[:4])), self: self.Device.ID, team: wire.TeamTag(self.TeamSecret.RelayTeam()),
		control: self.TeamSecret.ScopeTag(keys.ControlScope(self.Team)),
		in:      stream.NewInbox(ErrRelay), out: make(chan wire.Message), notes: stream.NewBox[notes](),
		roster: rosterKeeper{vouched: map[op.DeviceID]bool{}},
		caps:   newCaps(), fetch: newFetch(), puts: newPuts(), chunks: newChunks(),
		letters: letters{began: cfg.Now(), look: true, asked: map[wire.MailBox]bool{}, boxes: map[wire.MailBox]*post{}},
	}
}

// Run speaks until the stream ends, ctx ends, or the relay breaks the protocol. The error says which; nil means a clean end.
func (c *Courier) Run(ctx context.Context, st stream.Stream) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var streams sync.WaitGroup
	unsubscribe := c.r.Subscribe(c.onEvent)
	streams.Go(func() { c.in.Read(ctx, st, silentLimit, silentLimit) })
	written := make(chan struct{})
	go func() {
		defer close(written)
		if err := c.writeLoop(st); err != nil {
			cancel(err)
		}
	}()
	err := c.loop(ctx)
	unsubscribe()
	_ = st.SetWriteDeadline(time.Now().Add(lastWords))
	close(c.out)
	<-written
	cancel(err)
	_ = st.Close()
	streams.Wait()
	c.chunks.tending.Wait()
	c.cfg.Claims.Release(c)
	if errors.Is(err, stream.ErrEnd) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *Courier) loop(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	ack, delay := time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	ack.Stop()
	delay.Stop()
	acking, delaying := false, false
	err := c.greet()
	for err == nil {
		if c.ackDue && !acking {
			ack.Reset(ackDelay)
			acking = true
		}
		if c.soon && !delaying {
			delay.Reset(directWait)
			delaying = true
		}
		var out chan wire.Message
		if c.pending == nil {
			if c.pending, err = c.next(); err != nil {
				break
			}
		}
		if c.pending != nil {
			out = c.out
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case out <- c.pending:
			c.pending = nil
			if len(c.queue) == 0 {
				c.settle()
			}
		case m, ok := <-c.in.Packets():
			if ok {
				err = c.receive(ctx, m)
			} else {
				err = c.in.Err()
			}
		case call := <-c.nextCall():
			err = c.onCall(call)
		case <-c.notes.Bell():
			err = c.handleNotes(ctx)
		case <-ack.C:
			acking, c.ackDue = false, false
			err = c.flushStored(ctx)
		case <-delay.C:
			delaying, c.soon = false, false
			err = c.retryLater()
		case <-tick.C:
			err = c.tick(ctx)
		}
	}
	if errors.Is(err, ErrRelay) {
		c.sayBye(err)
	}
	return err
}

// sayBye tells the relay what it did wrong, if it still reads.
func (c *Courier) sayBye(err error) {
	reason := err.Error()
	if len(reason) > 200 {
		reason = reason[:200]
	}
	select {
	case c.out <- &wire.Bye{Reason: reason}:
	case <-time.After(lastWords):
	}
}

// send queues a message.
func (c *Courier) send(m wire.Message) error {
	if len(c.queue) >= maxQueue {
		return fmt.Errorf("%w: does not read", ErrRelay)
	}
	c.queue = append(c.queue, m)
	return nil
}

// next takes the next message to write: messages, then questions, then frames and parts of chunks, as the window allows.
func (c *Courier) next() (wire.Message, error) {
	if len(c.queue) > 0 {
		m := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		return m, nil
	}
	if w := c.fetch.nextAsk(); w != nil {
		return w, nil
	}
	if m, err := c.nextPut(); m != nil || err != nil {
		return m, err
	}
	return c.nextPart(), nil
}

func (c *Courier) setStatus(f func(*Status)) {
	old := c.status
	f(&c.status)
	if c.status != old && c.cfg.OnStatus != nil {
		c.cfg.OnStatus(c.status)
	}
}

func (c *Courier) now() time.Time { return c.cfg.Now() }
