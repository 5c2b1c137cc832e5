package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// addressKey is the register in which a device publishes where it can be reached.
const addressKey = "addr"

const maxAddresses = 12

// addressRegister keeps what devices publish.
func addressRegister() replica.RegisterKind {
	drop := func(tx replica.Tx, _, user int64) error {
		if _, err := tx.Exec(`DELETE FROM app_peer_address WHERE user = ?`, user); err != nil {
			return fmt.Errorf("forget addresses: %w", err)
		}
		return nil
	}
	return replica.RegisterKind{Key: addressKey, Drop: drop, Apply: func(tx replica.Tx, r replica.RegisterValue) error {
		var addrs []string
		if err := op.Unmarshal(r.Value, &addrs); err != nil || len(addrs) > maxAddresses {
			return nil
		}
		b, err := json.Marshal(addrs)
		if err != nil {
			return nil
		}
		if _, err := tx.Exec(`INSERT OR REPLACE INTO app_peer_address (device, user, addrs) VALUES (?, ?, ?)`, r.Device[:], r.UserNo, string(b)); err != nil {
			return fmt.Errorf("store addresses: %w", err)
		}
		tx.Changed("addresses", r.Device.String())
		return nil
	}}
}

// network runs the host and the conversations of a team.
type network struct {
	app    *App
	id     *keys.Identity
	key    ed25519.PrivateKey // transport key; nil: the device's
	log    *slog.Logger
	claims *session.Claims

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
	cancel      func()
	ctx         context.Context // of the host; ends with stop
	stop        context.CancelFunc
}

func newNetwork(a *App, id *keys.Identity) *network {
	return &network{
		app: a, id: id, log: a.log, claims: session.NewClaims(), addrs: map[op.DeviceID][]string{},
		sessions: map[op.DeviceID]session.Status{}, lastSync: map[op.DeviceID]time.Time{}, up: make(chan struct{}),
	}
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
		StrangersWelcome: n.welcoming, OnSync: n.onSync, OnFormer: n.onFormer, OnJoin: n.onJoin, OnChange: n.onChange,
	})
	if err != nil {
		stop()
		return fmt.Errorf("open network: %w", err)
	}
	n.host, n.ctx, n.stop = h, ctx, stop
	return nil
}

// watch calls f with every status of a conversation; nil ends it.
func (n *network) watch(f func(session.Status)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.watcher = f
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
	n.tellAddresses(ctx)
	n.app.rememberPort(ctx, h.Addrs())
	return nil
}

// onCommit runs on the committing goroutine.
func (n *network) onCommit(e *replica.Event) {
	if e.Authority {
		n.refresh()
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

// loadAddresses reads what devices published.
func (n *network) loadAddresses() error {
	db := n.app.database()
	if db == nil {
		return nil
	}
	rows, err := db.Read().Query(`SELECT device, addrs FROM app_peer_address`)
	if err != nil {
		return fmt.Errorf("read addresses: %w", err)
	}
	defer rows.Close()
	all := map[op.DeviceID][]string{}
	for rows.Next() {
		var dev []byte
		var text string
		if err := rows.Scan(&dev, &text); err != nil {
			return fmt.Errorf("read addresses: %w", err)
		}
		var addrs []string
		if err := json.Unmarshal([]byte(text), &addrs); err != nil || len(dev) != 16 {
			continue
		}
		all[op.DeviceID(dev)] = addrs
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read addresses: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addrs = all
	return nil
}

// tellAddresses publishes where this device can be reached, if that changed.
func (n *network) tellAddresses(ctx context.Context) {
	n.telling.Lock()
	defer n.telling.Unlock()
	n.mu.Lock()
	h, t := n.host, n.team
	n.mu.Unlock()
	if h == nil || t == nil {
		return
	}
	addrs := h.Addrs()
	if len(addrs) > maxAddresses {
		addrs = addrs[:maxAddresses]
	}
	text := strings.Join(addrs, " ")
	if text == n.told || len(addrs) == 0 {
		return
	}
	err := t.replica.SetRegister(ctx, keys.ControlScope(t.id.Team), addressKey, addrs)
	if errors.Is(err, replica.ErrNoKey) || ctx.Err() != nil {
		return // comes with the history
	}
	if err != nil {
		n.log.Warn("could not publish own addresses", "err", err)
		return
	}
	n.told = text
}

// keepColleagues notes beside the database who the colleagues are.
func (n *network) keepColleagues() {
	n.mu.Lock()
	t, mates := n.team, n.mates
	n.mu.Unlock()
	if err := mates.update(t.replica.Authority(), t.id.Device.ID); err != nil {
		n.log.Warn("note colleagues", "err", err)
	}
}

// DeviceByPeer implements p2p.Roster.
func (n *network) DeviceByPeer(pub []byte) (op.DeviceID, bool) {
	n.mu.Lock()
	t, mates := n.team, n.mates
	n.mu.Unlock()
	if t == nil {
		return op.DeviceID{}, false
	}
	auth := t.replica.Authority()
	if d, ok := auth.DeviceByPeer(pub); ok {
		return d.ID, true
	}
	for _, d := range mates.unknownTo(auth) {
		if bytes.Equal(d.PeerPub, pub) {
			return d.ID, true
		}
	}
	return op.DeviceID{}, false
}

// FormerByPeer implements p2p.Roster.
func (n *network) FormerByPeer(pub []byte) (op.DeviceID, bool) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return op.DeviceID{}, false
	}
	d, ok := t.replica.Authority().FormerByPeer(pub)
	return d.ID, ok
}

// Devices implements p2p.Roster.
func (n *network) Devices() []p2p.RosterDevice {
	n.mu.Lock()
	t, addrs, mates := n.team, n.addrs, n.mates
	n.mu.Unlock()
	if t == nil {
		return nil
	}
	auth := t.replica.Authority()
	out := mates.unknownTo(auth)
	for _, u := range auth.Users() {
		for _, d := range u.Devices {
			if d.ID != t.id.Device.ID {
				out = append(out, p2p.RosterDevice{ID: d.ID, PeerPub: d.PeerPub, Addrs: addrs[d.ID]})
			}
		}
	}
	return out
}

// onSync runs one conversation.
func (n *network) onSync(ctx context.Context, dev op.DeviceID, s p2p.Stream, _ bool) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return
	}
	n.done.Add(1)
	defer n.done.Done()
	t.replica.SetOnline(dev, 1)
	n.setStatus(dev, session.Status{})
	err := session.New(session.Config{
		Replica: t.replica, Peer: dev, App: n.app.opts.Version, Now: n.app.opts.Now, Log: n.log, Claims: n.claims,
		OnStatus: func(st session.Status) { n.setStatus(dev, st) },
	}).Run(ctx, s)
	if err != nil && ctx.Err() == nil {
		n.log.Info("conversation ended", "peer", dev.String(), "err", err)
	}
	t.replica.SetOnline(dev, -1)
	n.mu.Lock()
	delete(n.sessions, dev)
	n.mu.Unlock()
	n.app.bus.Publish("connections", nil)
}

func (n *network) setStatus(dev op.DeviceID, st session.Status) {
	n.mu.Lock()
	first := n.sessions[dev].State != session.InSync && st.State == session.InSync
	n.sessions[dev] = st
	if !st.SyncedAt.IsZero() {
		n.lastSync[dev] = st.SyncedAt
	}
	watcher, t, ctx := n.watcher, n.team, n.ctx
	n.mu.Unlock()
	if watcher != nil {
		watcher(st)
	}
	if first {
		n.done.Add(1)
		go func() {
			defer n.done.Done()
			n.onInSync(ctx, t, watcher == nil)
		}()
	}
	n.app.bus.Publish("connections", nil)
}

// onInSync does what had to wait for the history. introduce is false while joining, which does that itself.
func (n *network) onInSync(ctx context.Context, t *team, introduce bool) {
	if introduce {
		if err := n.app.introducePending(ctx); err != nil && ctx.Err() == nil {
			n.log.Info("own profile is not written as it was given", "err", err)
		}
	}
	n.app.salvageRest(ctx, t.replica)
	n.tellAddresses(ctx) // unless the key was here before
	t.turn()             // the same for the rescue secret
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

const portKey = "p2p_port"

// port is the port of the last run, so that addresses in other people's memory stay true.
func (a *App) port() int {
	if a.opts.P2PPort != 0 {
		return a.opts.P2PPort
	}
	port, err := strconv.ParseUint(a.setting(portKey), 10, 16)
	if err != nil {
		return 0 // none yet
	}
	return int(port)
}

func (a *App) rememberPort(ctx context.Context, addrs []string) {
	for _, addr := range addrs {
		parts := strings.Split(addr, "/")
		for i := 0; i+1 < len(parts); i++ {
			if parts[i] != "tcp" {
				continue
			}
			if parts[i+1] == a.setting(portKey) {
				return
			}
			if err := a.setSetting(ctx, portKey, parts[i+1]); err != nil {
				a.log.Warn("could not remember the port", "err", err)
			}
			return
		}
	}
}
