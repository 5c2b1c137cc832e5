package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"sync"

	"tongzhou/sync/courier"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// relays runs the conversations with the team's relays.
type relays struct {
	n *network

	following sync.Mutex // held while the host is told of the list; guards the next
	told      []relayEntry

	mu     sync.Mutex // guards what follows
	status map[[32]byte]courier.Status
	said   map[[32]byte]courier.Status // what a relay that does not serve this device said last: it ends the conversation then
}

func newRelays(n *network) *relays {
	return &relays{n: n, status: map[[32]byte]courier.Status{}, said: map[[32]byte]courier.Status{}}
}

// follow makes the host keep up with the relays that the team has now. again begins conversations anew also where nothing
// changed, because this device has a new link.
func (x *relays) follow(ctx context.Context, again bool) {
	x.following.Lock()
	defer x.following.Unlock()
	x.n.mu.Lock()
	h, t := x.n.host, x.n.team
	x.n.mu.Unlock()
	if h == nil || t == nil {
		return
	}
	list := teamRelays(t.replica.Authority())
	if !again && reflect.DeepEqual(list, x.told) {
		return
	}
	if again {
		h.SetRelays(nil)
	}
	h.SetRelays(relayAddrs(list))
	x.told = list
	keep := make([][32]byte, 0, len(list))
	for i := range list {
		keep = append(keep, [32]byte(list[i].Key))
	}
	if err := t.replica.KeepRelays(ctx, keep); err != nil && ctx.Err() == nil {
		x.n.log.Warn("forget relays", "err", err)
	}
	x.n.app.bus.Publish("relays", nil)
}

// followSoon is follow for whoever must not wait.
func (x *relays) followSoon() {
	x.n.mu.Lock()
	ctx := x.n.ctx
	if x.n.host == nil || x.n.team == nil {
		x.n.mu.Unlock()
		return
	}
	x.n.done.Add(1)
	x.n.mu.Unlock()
	go func() {
		defer x.n.done.Done()
		x.follow(ctx, false)
	}()
}

// speak has one conversation with a relay.
func (x *relays) speak(ctx context.Context, relay [32]byte, s p2p.Stream) {
	n := x.n
	n.mu.Lock()
	t, visit := n.team, n.visitor
	n.mu.Unlock()
	if t == nil {
		if visit != nil {
			visit(ctx, relay, s)
		}
		return
	}
	n.done.Add(1)
	defer n.done.Done()
	err := courier.New(courier.Config{
		Replica: t.replica, Relay: relay, Token: n.app.relayToken(relay), App: n.app.opts.Version, Now: n.app.opts.Now, Log: n.log,
		Claims: n.claims, Chunks: t.fetch, Direct: n.inConversation, OnStatus: func(st courier.Status) { x.note(ctx, relay, st) },
	}).Run(ctx, s)
	if ctx.Err() != nil {
		err = nil
	}
	if err != nil {
		n.log.Info("conversation with a relay ended", "relay", hex.EncodeToString(relay[:4]), "err", err)
	}
	x.mu.Lock()
	delete(x.status, relay)
	x.mu.Unlock()
	n.app.bus.Publish("relays", nil)
}

func (x *relays) note(ctx context.Context, relay [32]byte, st courier.Status) {
	x.mu.Lock()
	before := x.status[relay]
	x.status[relay] = st
	switch st.State {
	case courier.Greeting:
	case courier.NotAllowed, courier.NotListed:
		x.said[relay] = st
	default:
		delete(x.said, relay)
	}
	x.mu.Unlock()
	if st.State == courier.InSync && before.State != courier.InSync {
		x.n.mu.Lock()
		synced := x.n.synced
		x.n.mu.Unlock()
		if synced != nil {
			synced()
		}
	}
	if st.State >= courier.Syncing && before.State < courier.Syncing { // the relay knows the team now
		x.n.app.dropRelayToken(ctx, relay)
	}
	if before.State != st.State || before.Refusals != st.Refusals || before.Waiting != st.Waiting || before.Chunks != st.Chunks {
		x.n.app.bus.Publish("relays", nil)
	}
}

// now is how it stands with a relay; false if nothing is known.
func (x *relays) now(relay [32]byte) (st courier.Status, speaks bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	st, speaks = x.status[relay]
	if said, ok := x.said[relay]; ok && st.State == courier.Greeting {
		return said, true
	}
	return st, speaks
}

// inConversation tells whether a device speaks with this one directly.
func (n *network) inConversation(dev op.DeviceID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.sessions[dev]
	return ok
}

// The token of a link is for the first list of devices that a relay gets from the team; until then this device keeps it.

func tokenKey(relay [32]byte) string { return fmt.Sprintf("relay_token_%x", relay[:8]) }

func (a *App) relayToken(relay [32]byte) []byte {
	token, err := hex.DecodeString(a.setting(tokenKey(relay)))
	if err != nil || len(token) == 0 {
		return nil
	}
	return token
}

func (a *App) dropRelayToken(ctx context.Context, relay [32]byte) {
	if a.setting(tokenKey(relay)) == "" {
		return
	}
	if err := a.setSetting(ctx, tokenKey(relay), ""); err != nil && ctx.Err() == nil {
		a.log.Warn("forget the token of a relay", "err", err)
	}
}
