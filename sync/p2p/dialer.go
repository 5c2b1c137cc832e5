package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peerstore"
)

const (
	// refreshPause gathers calls of Refresh that belong together.
	refreshPause = 50 * time.Millisecond
	// lookAgain bounds the dialler's sleep: the clock that redial goes by and
	// the timer need not agree after the machine slept.
	lookAgain = 15 * time.Second
)

var errNoAddress = errors.New("no address known")

// dialLoop starts an attempt at each mate that is due.
func (h *Host) dialLoop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.refresh:
			if !pause(h.ctx, refreshPause) {
				return
			}
			select { // what came during the pause is covered
			case <-h.refresh:
			default:
			}
			h.reconcile()
		case <-h.wake:
		case <-timer.C:
		}
		timer.Reset(h.dialDue())
	}
}

// dialDue starts the attempts that are due, as far as the limits allow, and
// says when to look again. The end of an attempt or a conversation wakes the
// loop by itself.
func (h *Host) dialDue() time.Duration {
	now := h.now()
	wait := lookAgain
	h.mu.Lock()
	defer h.mu.Unlock()
	busy := 0
	var due []*mate
	for _, m := range h.order {
		if h.relayed(m) {
			wait = min(wait, h.improveDue(m, now))
		}
		switch {
		case m.conv != nil || m.opening != nil || m.dialing:
			busy++
		case m.redial.due(now):
			due = append(due, m)
		default:
			wait = min(wait, m.redial.next.Sub(now))
		}
	}
	// Who has waited longest comes first, so that in a large team those that
	// are never there do not keep the others from their turn.
	slices.SortStableFunc(due, func(a, b *mate) int { return a.redial.last.Compare(b.redial.last) })
	for _, m := range due {
		if h.closed || busy >= h.tune.conversations || h.dials >= h.tune.dials {
			break
		}
		if !h.known(m) {
			m.reason = ReasonNoAddress
			m.redial.failed(now, h.tune.jitter())
			wait = min(wait, m.redial.next.Sub(now))
			h.settle(m)
			continue
		}
		m.dialing = true
		m.redial.begin(now)
		busy++
		h.dials++
		h.settle(m)
		h.tasks.Add(1)
		go func() {
			defer h.tasks.Done()
			h.reach(m)
		}()
	}
	return wait
}

// known says whether there is a way to try m. An attempt without one would show
// as a change of state, over and over. Host.mu is held.
func (h *Host) known(m *mate) bool {
	return len(m.nearby)+len(m.published) > 0 || h.book.has(m.pub) || h.anyReserved() ||
		h.swarm.Connectedness(m.id) != network.NotConnected
}

// reach makes one attempt to have a conversation with m.
func (h *Host) reach(m *mate) {
	ctx, cancel := context.WithTimeout(h.ctx, h.tune.reach)
	defer cancel()
	conn, err := h.connect(ctx, m)
	if err == nil {
		err = h.propose(ctx, conn, m)
		if errors.Is(err, context.DeadlineExceeded) {
			conn.Close() // no answer at all: the connection is dead
		}
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	h.dials--
	m.dialing = false
	// A conversation that the other side began meanwhile makes the failure moot.
	if err != nil && m.conv == nil && h.ctx.Err() == nil {
		h.log.Debug("peer not reached", "device", m.device, "err", err)
		m.reason, m.found = reasonOf(err), false
		m.redial.failed(h.now(), h.tune.jitter())
	}
	h.settle(m)
	signal(h.wake)
}

// connect finds or makes a connection to m.
func (h *Host) connect(ctx context.Context, m *mate) (network.Conn, error) {
	addrs := append(h.addrsOf(m), h.circuitsTo()...)
	if len(addrs) == 0 && h.swarm.Connectedness(m.id) == network.NotConnected {
		return nil, errNoAddress
	}
	h.node.Peerstore().AddAddrs(m.id, addrs, peerstore.TempAddrTTL)
	h.swarm.Backoff().Clear(m.id) // redial decides, not libp2p
	conn, err := h.swarm.DialPeer(ctx, m.id)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return conn, nil
}
