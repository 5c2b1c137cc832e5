package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
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
	return replica.RegisterKind{Key: addressKey, Apply: func(tx replica.Tx, r replica.RegisterValue) error {
		var addrs []string
		if err := op.Unmarshal(r.Value, &addrs); err != nil || len(addrs) > maxAddresses {
			return nil
		}
		b, err := json.Marshal(addrs)
		if err != nil {
			return nil
		}
		if _, err := tx.Exec(`INSERT INTO app_peer_addr (device, addrs) VALUES (?1, ?2) ON CONFLICT (device) DO UPDATE SET addrs = ?2`, r.Device[:], string(b)); err != nil {
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
	log    *slog.Logger
	claims *session.Claims

	mu       sync.Mutex // guards what follows
	host     *p2p.Host
	team     *team
	inviter  []byte // transport key of the member a newcomer joins through, until the control log names it
	memberID op.DeviceID
	addrs    map[op.DeviceID][]string
	sessions map[op.DeviceID]session.Status
	lastSync map[op.DeviceID]time.Time
	progress func(dev op.DeviceID, st session.Status)
	cancel   func()
	stop     context.CancelFunc
	told     string // addresses last published
	done     sync.WaitGroup
}

func newNetwork(a *App, id *keys.Identity) *network {
	return &network{
		app: a, id: id, log: a.log, claims: session.NewClaims(), addrs: map[op.DeviceID][]string{},
		sessions: map[op.DeviceID]session.Status{}, lastSync: map[op.DeviceID]time.Time{},
	}
}

// listen opens the host without a team: enough to dial a member and ask to join.
func (n *network) listen(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.host != nil {
		return nil
	}
	book, err := openAddressBook(n.app.path("addresses.json"))
	if err != nil {
		return err
	}
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	h, err := p2p.New(ctx, p2p.Config{
		Key: n.id.Device.Peer, Listen: n.app.opts.P2PListen, Port: n.app.port(), Book: book, Log: n.log, Now: n.app.opts.Now,
		StrangersWelcome: n.welcoming, OnSync: n.onSync, OnJoin: n.onJoin, OnChange: n.onChange,
	})
	if err != nil {
		n.stop()
		return fmt.Errorf("open network: %w", err)
	}
	n.host = h
	return nil
}

func (n *network) useTeam(t *team) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.team = t
	n.id = t.id
}

// start runs the network for the team.
func (n *network) start(ctx context.Context) error {
	if err := n.loadAddresses(); err != nil {
		return err
	}
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	unsubscribe := t.replica.Subscribe(func(e *replica.Event) {
		if e.Authority {
			n.refresh()
		}
		if e.Receipts || len(e.Feeds) > 0 {
			n.app.bus.Publish("connections", nil)
		}
	})
	cancelBus := n.app.bus.Subscribe(func(topic string, _ any) {
		if topic == "addresses" {
			if err := n.loadAddresses(); err != nil {
				n.log.Error("read addresses", "err", err)
			}
			n.refresh()
		}
	})
	if err := n.listen(ctx); err != nil {
		unsubscribe()
		cancelBus()
		return err
	}
	n.mu.Lock()
	h := n.host
	n.cancel = func() { unsubscribe(); cancelBus() }
	n.mu.Unlock()
	mdns := ""
	if !n.app.opts.NoMDNS {
		mdns = t.id.TeamSecret.MDNSName()
	}
	h.UseTeam(n, mdns, t.id.Device.ID)
	n.tellAddresses(ctx)
	n.app.rememberPort(h.Addrs())
	return nil
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
	rows, err := n.app.db.Read().Query(`SELECT device, addrs FROM app_peer_addr`)
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
	n.mu.Lock()
	same := text == n.told
	n.told = text
	n.mu.Unlock()
	if same || len(addrs) == 0 {
		return
	}
	if err := t.replica.SetRegister(ctx, keys.ControlScope(t.id.Team), addressKey, addrs); err != nil {
		n.log.Warn("could not publish own addresses", "err", err)
		n.mu.Lock()
		n.told = ""
		n.mu.Unlock()
	}
}

// DeviceByPeer implements p2p.Roster.
func (n *network) DeviceByPeer(pub []byte) (op.DeviceID, bool) {
	n.mu.Lock()
	t, inviter, member := n.team, n.inviter, n.memberID
	n.mu.Unlock()
	if t != nil {
		if d, ok := t.replica.Authority().DeviceByPeer(pub); ok {
			return d.ID, true
		}
	}
	if len(inviter) > 0 && string(inviter) == string(pub) {
		return member, true
	}
	return op.DeviceID{}, false
}

// Devices implements p2p.Roster.
func (n *network) Devices() []p2p.RosterDevice {
	n.mu.Lock()
	t, addrs := n.team, n.addrs
	n.mu.Unlock()
	if t == nil {
		return nil
	}
	var out []p2p.RosterDevice
	for _, u := range t.replica.Authority().Users() {
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
	progress := n.progress
	n.mu.Unlock()
	if progress != nil {
		progress(dev, st)
	} else if first {
		n.app.introducePending(context.Background())
	}
	n.app.bus.Publish("connections", nil)
}

// onJoin lets a newcomer in.
func (n *network) onJoin(ctx context.Context, s p2p.Stream, remote []byte) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return
	}
	user, err := join.Answer(ctx, s, t.replica, remote, func() int64 { return n.app.opts.Now().UnixMilli() })
	if err != nil {
		n.log.Info("did not let a newcomer in", "err", err)
		return
	}
	n.log.Info("let a newcomer in", "user", user.String())
	n.refresh()
	n.app.bus.Publish("state", nil)
}

// welcoming tells whether an invitation is open: only then strangers get an answer at all.
func (n *network) welcoming() bool {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return false
	}
	now := n.app.opts.Now().UnixMilli()
	for _, i := range t.replica.Authority().Invites() {
		// An invitation that was just used stays answerable for its user, whose last message may have been lost.
		if i.Live && now <= i.Expires {
			return true
		}
	}
	return false
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

// port is the port of the last run, so that addresses in other people's memory stay true.
func (a *App) port() int {
	if a.opts.P2PPort != 0 {
		return a.opts.P2PPort
	}
	var port int
	_ = a.db.Read().QueryRow(`SELECT CAST(value AS INTEGER) FROM app_setting WHERE key = 'p2p_port'`).Scan(&port)
	return port
}

func (a *App) rememberPort(addrs []string) {
	for _, addr := range addrs {
		parts := strings.Split(addr, "/")
		for i := 0; i+1 < len(parts); i++ {
			if parts[i] == "tcp" {
				if err := a.setSetting("p2p_port", parts[i+1]); err != nil {
					a.log.Warn("could not remember the port", "err", err)
				}
				return
			}
		}
	}
}
