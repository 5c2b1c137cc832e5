package app

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// network runs the host and the conversations of a team.
type network struct {
	app    *App
	id     *keys.Identity
	key    ed25519.PrivateKey // transport key; nil: the device's
	log    *slog.Logger
	claims *session.Claims
	relays *relays

	done sync.WaitGroup // background work
	up   chan struct{}  // closed when start is over

	telling sync.Mutex // held while own addresses are published; guards told
	told    string     // what was published last

	mu          sync.Mutex // guards what follows; taken after telling
	err         error      // why start failed
	host        *p2p.Host
	team        *team
	door        *join.Door  // the team's, nil without one
	offer       *join.Offer // the link for a further device that was made last
	offerExpiry *time.Timer // tells the interface
	mates       *colleagues
	addrs       map[op.DeviceID][]string
	sessions    map[op.DeviceID]session.Status
	lastSync    map[op.DeviceID]time.Time
	watcher     func(session.Status)
	synced      func()
	visitor     func(ctx context.Context, relay [32]byte, s p2p.Stream) // speaks with relays while there is no team
	cancel      func()
	ctx         context.Context // of the host; ends with stop
	stop        context.CancelFunc
}

func newNetwork(a *App, id *keys.Identity) *network {
	n := &network{
		app: a, id: id, log: a.log, claims: session.NewClaims(), addrs: map[op.DeviceID][]string{},
		sessions: map[op.DeviceID]session.Status{}, lastSync: map[op.DeviceID]time.Time{}, up: make(chan struct{}),
	}
	n.relays = newRelays(n)
	return n
}

// listen opens the host without a team: enough to dial a member and ask to join.
func (n *network) listen(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.host != nil {
		return nil
	}
	book, err := openAddressBook(n.app.path(addressFile))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	key := n.key
	if key == nil {
		key = n.id.Device.Peer
	}
	h, err := p2p.New(ctx, p2p.Config{
		Key: key, Listen: n.app.opts.P2PListen, Port: n.app.port(), Book: book, Log: n.log, Now: n.app.opts.Now,
		StrangersWelcome: n.welcoming, OnSync: n.onSync, OnFormer: n.onFormer, OnJoin: n.onJoin, OnChange: n.onChange, OnRelay: n.relays.speak,
		OnBlob: n.onBlob,
	})
	if err != nil {
		stop()
		return fmt.Errorf("open network: %w", err)
	}
	n.host, n.ctx, n.stop = h, ctx, stop
	return nil
}

// watch calls f with every status of a conversation, and synced when everything that a relay has is here; nil ends it.
func (n *network) watch(f func(session.Status), synced func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.watcher, n.synced = f, synced
}

// visitRelays keeps up with relays before there is a team.
func (n *network) visitRelays(visit func(ctx context.Context, relay [32]byte, s p2p.Stream), relays []p2p.RelayAddr) {
	n.mu.Lock()
	n.visitor = visit
	h := n.host
	n.mu.Unlock()
	if h != nil {
		h.SetRelays(relays)
	}
}

func (n *network) useTeam(t *team) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.team = t
	n.id = t.id
	n.door = &join.Door{Host: t.replica, Now: n.app.opts.Now, Offer: n.openOffer}
}

// start runs the network for the team.
func (n *network) start(ctx context.Context) error {
	err := n.open(ctx)
	n.mu.Lock()
	n.err = err
	n.mu.Unlock()
	close(n.up)
	n.app.bus.Publish("connections", nil)
	return err
}

func (n *network) open(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	mates, err := openColleagues(n.app.path(mateFile))
	if err != nil {
		return err
	}
	if err := n.loadAddresses(); err != nil {
		return err
	}
	if err := n.listen(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	h, t := n.host, n.team
	n.mates = mates
	unsubscribe := t.replica.Subscribe(n.onCommit)
	cancelBus := n.app.bus.Subscribe(n.onTopic)
	n.cancel = func() { unsubscribe(); cancelBus() }
	n.mu.Unlock()
	n.keepColleagues()
	mdns := ""
	if !n.app.opts.NoMDNS {
		mdns = t.id.TeamSecret.MDNSName()
	}
	h.UseTeam(n, mdns, t.id.Device.ID)
	n.relays.follow(ctx, false)
	n.tellAddresses(ctx)
	n.app.rememberPort(ctx, h.Addrs())
	return nil
}

// onCommit runs on the committing goroutine.
func (n *network) onCommit(e *replica.Event) {
	if e.Authority {
		n.refresh()
		n.relays.followSoon()
	}
	if e.Keys {
		n.app.lookForBlobs()
	}
	if e.Receipts || len(e.Feeds) > 0 {
		n.app.bus.Publish("connections", nil)
	}
}

func (n *network) onTopic(topic string, _ any) {
	switch topic {
	case "addresses":
		if err := n.loadAddresses(); err != nil {
			n.log.Error("read addresses", "err", err)
		}
		n.refresh()
	case "state":
		n.keepColleagues()
	}
}

func (n *network) refresh() {
	n.mu.Lock()
	h := n.host
	n.mu.Unlock()
	if h != nil {
		h.Refresh()
	}
}

func (n *network) close() error {
	n.mu.Lock()
	h, cancel, stop := n.host, n.cancel, n.stop
	n.host, n.cancel, n.stop = nil, nil, nil
	n.mu.Unlock()
	n.show(nil)
	if cancel != nil {
		cancel()
	}
	if h == nil {
		return nil
	}
	err := h.Close()
	stop()
	n.done.Wait()
	return err
}

func (n *network) onChange() {
	n.mu.Lock()
	running := n.host != nil && n.team != nil && n.cancel != nil
	n.mu.Unlock()
	if running {
		n.done.Add(1)
		go func() {
			defer n.done.Done()
			n.tellAddresses(context.Background())
		}()
	}
	n.app.bus.Publish("connections", nil)
}
