package nettest

import (
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

const (
	maxPacket = 2048
	// underWay bounds the packets on the lines; more are lost, as in a full queue.
	underWay = 8192
)

// world is the internet between machines, and their routers.
type world struct {
	queue chan inFlight

	mu    sync.Mutex
	rng   *rand.Rand
	ports map[netip.Addr]*port // by public address
	delay time.Duration        // one way
	loss  float64              // of one
	lost  int
	moved int
	cut   map[*port]bool // cut off from everybody
}

// port is where a machine is plugged in.
type port struct {
	tun    io.ReadWriteCloser
	outer  netip.Addr
	router *nat // nil: the machine has the address outer itself
}

type inFlight struct {
	p  packet
	to *port
	at time.Time
}

func newWorld(seed uint64) *world {
	return &world{
		queue: make(chan inFlight, underWay), rng: rand.New(rand.NewPCG(seed, seed)),
		ports: map[netip.Addr]*port{}, cut: map[*port]bool{},
	}
}

// plug connects a machine until its interface is closed; the caller waits for done.
func (w *world) plug(p *port) (done chan struct{}) {
	w.mu.Lock()
	w.ports[p.outer] = p
	w.mu.Unlock()
	done = make(chan struct{})
	go func() {
		defer close(done)
		for {
			buf := make([]byte, maxPacket)
			n, err := p.tun.Read(buf)
			if err != nil {
				return
			}
			if pkt, ok := parsePacket(buf[:n]); ok {
				w.send(p, pkt)
			}
		}
	}()
	return done
}

// send takes a packet from a machine. What is for nobody, for somebody cut off, or unlucky is lost.
func (w *world) send(from *port, p packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to := w.ports[p.dst().Addr()]
	if to == nil || from.router != nil && !from.router.out(p) {
		return
	}
	w.moved++
	if w.cut[from] || w.cut[to] || w.rng.Float64() < w.loss {
		w.lost++
		return
	}
	select {
	case w.queue <- inFlight{p: p, to: to, at: time.Now().Add(w.delay)}:
	default:
		w.lost++
	}
}

// run delivers packets when they are due, until ctx ends. The delay is the same for all, so that they stay in order but for
// changes of it.
func (w *world) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-w.queue:
			timer.Reset(time.Until(f.at))
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			w.deliver(f)
		}
	}
}

func (w *world) deliver(f inFlight) {
	w.mu.Lock()
	pass := !w.cut[f.to] && (f.to.router == nil || f.to.router.in(f.p))
	w.mu.Unlock()
	if pass {
		_, _ = f.to.tun.Write(f.p.raw) // a machine that is gone gets nothing
	}
}

// set changes what all lines are like.
func (w *world) set(delay time.Duration, loss float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay, w.loss = delay, loss
}

// separate cuts a machine off, or connects it again.
func (w *world) separate(p *port, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[p] = cut
}
