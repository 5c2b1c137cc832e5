package relay

import (
	"context"
	"maps"
	"slices"
	"sync"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// hub knows who is connected and tells them what changed. The store tells it which teams changed, also when another process
// changed them; it reads what is new once a team and hands it to the team's conversations.
type hub struct {
	r    *Relay
	stop func() // ends the store's watch
	wake chan struct{}

	mu        sync.Mutex
	closed    bool
	conns     int
	strangers int
	dirty     map[store.TeamNo]bool
	teams     map[store.TeamNo]*room
}

// room is a team with connections here.
type room struct {
	tag     wire.TeamTag
	conns   map[*conn]bool
	devices map[op.DeviceID]*conn

	// Owned by the hub's goroutine once the room is there:
	lseq, rev, post int64 // what the conversations were told
}

// note is a change that conversations are told.
type note struct {
	lseq      int64
	feeds     []store.Feed
	registers []store.Register
	chunks    []store.Chunk
	standing  *standing // not nil: the roster or caps changed
	mail      bool
}

// standing is what a team's devices may do, as of a revision.
type standing struct {
	team    store.Team
	devices map[op.DeviceID]store.Device
	heads   map[op.ScopeTag][][32]byte
}

func (h *hub) init(r *Relay) {
	h.r, h.wake = r, make(chan struct{}, 1)
	h.dirty, h.teams = map[store.TeamNo]bool{}, map[store.TeamNo]*room{}
	h.stop = r.store.Watch(h.touch)
}

// close lets nobody in any more.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.stop()
}

// enter counts a connection. Errors: ErrBusy, ErrClosed. After it, the relay's work group waits for the conversation.
func (h *hub) enter(c *conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return ErrClosed
	case h.conns >= h.r.cfg.Limits.Conns || h.strangers >= h.r.cfg.Limits.Strangers:
		h.r.count.busy.Add(1)
		return ErrBusy
	}
	h.conns++
	h.strangers++ // until the roster says otherwise
	c.stranger = true
	h.r.work.Add(1)
	return nil
}

func (h *hub) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns--
	if c.stranger {
		h.strangers--
	}
	room := h.teams[c.no]
	if room == nil {
		return
	}
	delete(room.conns, c)
	if room.devices[c.device] == c {
		delete(room.devices, c.device)
	}
	if len(room.conns) == 0 {
		delete(h.teams, c.no)
	}
}

// join adds a conversation to its team. From then on it is told what changes after the state that it read before.
func (h *hub) join(c *conn, t store.Team) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.joinRoom(c, t)
}

func (h *hub) joinRoom(c *conn, t store.Team) {
	r := h.teams[t.No]
	if r == nil {
		r = &room{tag: t.Tag, conns: map[*conn]bool{}, devices: map[op.DeviceID]*conn{}, lseq: t.LSeq, rev: t.Rev, post: t.Post}
		h.teams[t.No] = r
	}
	r.conns[c] = true
}

// admit makes a conversation that of a device on the roster; an older one of the same device ends.
func (h *hub) admit(c *conn, t store.Team) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.joinRoom(c, t)
	if c.stranger {
		c.stranger = false
		h.strangers--
	}
	r := h.teams[t.No]
	if old := r.devices[c.device]; old != nil && old != c {
		old.cancel(ErrReplaced)
	}
	r.devices[c.device] = c
}

// touch notes that a team changed.
func (h *hub) touch(no store.TeamNo) {
	h.mu.Lock()
	here := h.teams[no] != nil
	if here {
		h.dirty[no] = true
	}
	h.mu.Unlock()
	if here {
		select {
		case h.wake <- struct{}{}:
		default:
		}
	}
}

func (h *hub) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		h.mu.Lock()
		teams := slices.Sorted(maps.Keys(h.dirty))
		clear(h.dirty)
		h.mu.Unlock()
		for _, no := range teams {
			if err := h.tell(ctx, no); err != nil && ctx.Err() == nil {
				h.r.log.Error("a change could not be told", "err", err)
				h.hangUp(no, ErrClosed)
			}
		}
	}
}

// tell hands what is new to the team's conversations.
func (h *hub) tell(ctx context.Context, no store.TeamNo) error {
	h.mu.Lock()
	r := h.teams[no]
	h.mu.Unlock()
	if r == nil {
		return nil
	}
	t, ok, err := h.r.store.TeamByNo(ctx, no)
	if err != nil {
		return err
	}
	if !ok {
		h.hangUp(no, errRemoved)
		return nil
	}
	n := note{lseq: t.LSeq, mail: t.Post != r.post}
	if t.LSeq > r.lseq {
		if n.feeds, err = h.r.store.Changed(ctx, no, r.lseq); err != nil {
			return err
		}
		if n.registers, err = h.r.store.Registers(ctx, no, r.lseq); err != nil {
			return err
		}
		if n.chunks, err = h.r.store.NewChunks(ctx, no, r.lseq, wire.MaxChunkAsk); err != nil { // of more, devices ask
			return err
		}
	}
	if t.Rev != r.rev {
		if n.standing, err = h.r.standing(ctx, t); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r.lseq, r.rev, r.post = max(r.lseq, t.LSeq), t.Rev, t.Post
	for c := range r.conns {
		c.tell(n)
	}
	return nil
}

// hangUp ends the team's conversations: the team is gone, or they would not hear of changes.
func (h *hub) hangUp(no store.TeamNo, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.teams[no]; r != nil {
		for c := range r.conns {
			c.cancel(why)
		}
	}
}

// online counts the devices of a team that are connected.
func (h *hub) online(no store.TeamNo) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.teams[no]; r != nil {
		return len(r.devices)
	}
	return 0
}

// counts counts all connections, and those of devices on no roster.
func (h *hub) counts() (all, strangers int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conns, h.strangers
}

// standing reads what the devices of a team may do.
func (r *Relay) standing(ctx context.Context, t store.Team) (*standing, error) {
	s := &standing{team: t, devices: map[op.DeviceID]store.Device{}}
	devices, err := r.store.Devices(ctx, t.No)
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		s.devices[d.ID] = d
	}
	s.heads, err = r.store.Heads(ctx, t.No)
	return s, err
}
