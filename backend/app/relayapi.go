package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"

	"tongzhou/backend/fault"
	"tongzhou/sync/courier"
	"tongzhou/sync/p2p"
	"tongzhou/sync/relay/link"
	"tongzhou/sync/wire"
)

// RelaysDTO are the team's relays. Whoever may not change them still sees how they are.
type RelaysDTO struct {
	Relays    []RelayDTO `json:"relays"`
	MayChange bool       `json:"mayChange"`
	Max       int        `json:"max"`
}

// RelayDTO is one relay. Every state in it is the relay's own word, or what this device sees of the connection.
type RelayDTO struct {
	Key       string   `json:"key"` // hex of its transport key
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
	// offline; connecting: reached, and nothing said yet; not_allowed: its owner has not let the team in; not_listed: it does not
	// know this device yet; syncing; synced: everything it has is here, and everything of this device is there; full; content_full: no room for
	// pictures and files, the rest is as synced
	State    string `json:"state"`
	Path     string `json:"path"`    // "", lan, direct
	Reason   string `json:"reason"`  // why it is not reached: a code of package p2p
	Since    string `json:"since"`   // of being reached, or not
	Waiting  int    `json:"waiting"` // ops and pieces of content that are not there yet
	Behind   int    `json:"behind"`
	StoredAt string `json:"storedAt"` // when it last said that it stored something, since it was reached
	SyncedAt string `json:"syncedAt"`
	Devices  int    `json:"devices"` // of the team, that it serves; 0: not told yet
	Refused  string `json:"refused"` // why it refused something last: "", quota, token, fork, other
}

// RelayLinkDTO is what a relay's link says before anything is done with it.
type RelayLinkDTO struct {
	Key       string   `json:"key"`
	Addresses []string `json:"addresses"`
	Known     bool     `json:"known"` // the team has this relay
	Allows    bool     `json:"allows"`
}

// Relays tells how the team's relays are.
func (p *API) Relays() (RelaysDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return RelaysDTO{}, err
	}
	return t.net.relays.list(t), nil
}

// PreviewRelay reads a relay's link. Faults: relay.other, relay.damaged, relay.newer.
func (p *API) PreviewRelay(text string) (RelayLinkDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return RelayLinkDTO{}, err
	}
	l, err := readRelayLink(text)
	if err != nil {
		return RelayLinkDTO{}, err
	}
	out := RelayLinkDTO{Key: hex.EncodeToString(l.Key[:]), Addresses: l.Addrs, Allows: len(l.Token) > 0}
	for _, e := range teamRelays(t.replica.Authority()) {
		out.Known = out.Known || bytes.Equal(e.Key, l.Key[:])
	}
	return out, nil
}

// AddRelay makes the relay behind a link the team's, or follows it to new addresses. Faults: those of PreviewRelay,
// relay.denied unless owner or admin, relay.too_many {max}, store.full.
func (p *API) AddRelay(text, name string) (RelaysDTO, error) {
	t, err := p.a.ready()
	if err == nil {
		err = p.a.overdue()
	}
	if err != nil {
		return RelaysDTO{}, err
	}
	l, err := readRelayLink(text)
	if err != nil {
		return RelaysDTO{}, err
	}
	ctx := context.Background()
	if len(l.Token) > 0 && t.mayChangeRelays() { // before the list: with that the conversation begins
		if err := p.a.setSetting(ctx, tokenKey(l.Key), hex.EncodeToString(l.Token)); err != nil {
			return RelaysDTO{}, storeFault(err)
		}
	}
	if err := t.changeRelays(ctx, func(list []relayEntry) []relayEntry {
		return withRelay(list, relayEntry{Key: l.Key[:], Name: trimmed(name, maxRelayName), Addrs: l.Addrs})
	}); err != nil {
		return RelaysDTO{}, err
	}
	t.net.relays.follow(ctx, true)
	return t.net.relays.list(t), nil
}

// RemoveRelay gives a relay up. What lies there is nobody's any more; nothing of it counts as kept. Faults: relay.denied,
// relay.unknown.
func (p *API) RemoveRelay(key string) (RelaysDTO, error) {
	t, err := p.a.ready()
	if err == nil {
		err = p.a.overdue()
	}
	if err != nil {
		return RelaysDTO{}, err
	}
	pub, err := hex.DecodeString(key)
	if err != nil || len(pub) != 32 {
		return RelaysDTO{}, fault.New("relay.unknown")
	}
	ctx, found := context.Background(), false
	err = t.changeRelays(ctx, func(list []relayEntry) []relayEntry {
		rest := withoutRelay(list, pub)
		found = len(rest) < len(list)
		return rest
	})
	if err != nil {
		return RelaysDTO{}, err
	}
	if !found {
		return RelaysDTO{}, fault.New("relay.unknown")
	}
	p.a.dropRelayToken(ctx, [32]byte(pub))
	t.net.relays.follow(ctx, false)
	return t.net.relays.list(t), nil
}

// readRelayLink reads a link and keeps what fits into the team's list.
func readRelayLink(text string) (link.Link, error) {
	l, err := link.Parse(text)
	switch {
	case errors.Is(err, link.ErrOther):
		return l, fault.Wrap("relay.other", err)
	case errors.Is(err, link.ErrNewer):
		return l, fault.Wrap("relay.newer", err)
	case err != nil:
		return l, fault.Wrap("relay.damaged", err)
	}
	var fit []string
	for _, a := range l.Addrs {
		if len(a) <= maxRelayAddr && len(fit) < maxRelayAddrs {
			fit = append(fit, a)
		}
	}
	if len(fit) == 0 {
		return l, fault.New("relay.damaged")
	}
	l.Addrs = fit
	return l, nil
}

func (x *relays) list(t *team) RelaysDTO {
	auth := t.replica.Authority()
	out := RelaysDTO{Relays: []RelayDTO{}, MayChange: t.mayChangeRelays(), Max: maxTeamRelays}
	reached := map[[32]byte]p2p.RelayState{}
	x.n.mu.Lock()
	h := x.n.host
	x.n.mu.Unlock()
	if h != nil {
		for _, s := range h.Relays() {
			reached[s.PeerPub] = s
		}
	}
	for _, e := range teamRelays(auth) {
		out.Relays = append(out.Relays, x.one(&e, reached[[32]byte(e.Key)]))
	}
	return out
}

func (x *relays) one(e *relayEntry, s p2p.RelayState) RelayDTO {
	st, speaks := x.now([32]byte(e.Key))
	d := RelayDTO{
		Key: hex.EncodeToString(e.Key), Name: e.Name, Addresses: append([]string{}, e.Addrs...), State: "offline",
		Path: s.Path, Reason: s.Reason, Since: timestamp(s.Since),
	}
	switch {
	case speaks && s.Connected:
		d.State = [...]string{
			courier.Greeting: "connecting", courier.NotAllowed: "not_allowed", courier.NotListed: "not_listed",
			courier.Syncing: "syncing", courier.InSync: "synced", courier.Full: "full", courier.ChunksFull: "content_full",
		}[st.State]
		d.Reason = ""
	case s.Connected:
		d.State, d.Reason = "connecting", ""
	}
	d.Waiting, d.Behind, d.Devices = int(st.Waiting)+st.Chunks, int(st.Behind), st.Listed
	d.StoredAt, d.SyncedAt, d.Refused = timestamp(st.StoredAt), timestamp(st.SyncedAt), refusalText(st.Refused)
	return d
}

// refusalText is a refusal as far as people are told.
func refusalText(code wire.RelayCode) string {
	switch code {
	case 0:
		return ""
	case wire.RelayQuota:
		return "quota"
	case wire.RelayBadToken:
		return "token"
	case wire.RelayFork:
		return "fork"
	default:
		return "other"
	}
}
