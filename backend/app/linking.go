package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
)

// LinkDTO is a link for a further device of this person.
type LinkDTO struct {
	Link      string `json:"link"`
	ExpiresAt string `json:"expiresAt"`
}

// LinkStateDTO is how the link that was made last gets on. Code is what both screens must show, at step "compare"; Fault says
// why it failed.
type LinkStateDTO struct {
	Step       string            `json:"step"` // idle, waiting, connected, compare, adding, done, failed
	Code       string            `json:"code"`
	DeviceName string            `json:"deviceName"`
	Fault      string            `json:"fault"`
	Params     map[string]string `json:"params"`
}

// StartLink makes a link for a further device. It is good for one try within ten minutes, and replaces the one before.
func (p *API) StartLink() (LinkDTO, error) {
	a := p.a
	t, err := a.ready()
	if err != nil {
		return LinkDTO{}, err
	}
	t.net.wait(a.tune.linkWait)
	key, err := keys.NewInvite(rand.Reader)
	if err != nil {
		return LinkDTO{}, err
	}
	expires := a.opts.Now().Add(join.LinkLife)
	link := join.DeviceLink{
		Team: t.id.Team, Genesis: t.replica.Genesis(), User: t.id.Root.ID, Secret: key.Secret, Expires: expires.UnixMilli(),
		TeamName: trimmed(a.directory.TeamName(), 100), Person: trimmed(a.directory.Names()(t.id.Root.ID), 100),
		MDNS: t.id.TeamSecret.MDNSName(), Peer: t.id.Device.Peer.Public().(ed25519.PublicKey),
	}
	if peers := t.net.reachable(0); len(peers) > 0 {
		link.Addrs = peers[0].Addrs
	}
	text, err := link.Link()
	if err != nil {
		return LinkDTO{}, err
	}
	t.net.show(join.NewOffer(key, expires, t.replica.LinkDevice, func() { a.bus.Publish("link", nil) }))
	a.bus.Publish("link", nil)
	return LinkDTO{Link: text, ExpiresAt: timestamp(expires)}, nil
}

// show replaces the offer; nil takes it away.
func (n *network) show(o *join.Offer) {
	var expiry *time.Timer
	if o != nil {
		expiry = time.AfterFunc(o.Expires().Sub(n.app.opts.Now())+time.Second, func() { n.app.bus.Publish("link", nil) })
	}
	n.mu.Lock()
	old, timer := n.offer, n.offerExpiry
	n.offer, n.offerExpiry = o, expiry
	n.mu.Unlock()
	if timer != nil {
		timer.Stop()
	}
	if old != nil {
		old.Cancel()
	}
}

// LinkState tells how the link that was made last gets on.
func (p *API) LinkState() (LinkStateDTO, error) {
	idle := LinkStateDTO{Step: "idle", Params: map[string]string{}}
	o, err := p.a.offer()
	if err != nil || o == nil {
		return idle, err
	}
	st := o.Status(p.a.opts.Now())
	if st.Fault == join.CodeLinkCancelled {
		return idle, nil
	}
	return LinkStateDTO{Step: string(st.Step), Code: st.Code, DeviceName: st.Device, Fault: st.Fault, Params: map[string]string{}}, nil
}

// ConfirmLink says whether the new device shows the same code: only then it is added. Fault: link.none when nothing is asked.
func (p *API) ConfirmLink(match bool) error {
	o, err := p.a.offer()
	if err != nil {
		return err
	}
	if o == nil || !o.Confirm(match) {
		return fault.New("link.none")
	}
	return nil
}

// CancelLink takes the link back. A device that is being added stays.
func (p *API) CancelLink() error {
	o, err := p.a.offer()
	if o != nil {
		o.Cancel()
	}
	return err
}

// offer is the link that was made last, nil if there is none.
func (a *App) offer() (*join.Offer, error) {
	t, err := a.ready()
	if err != nil {
		return nil, err
	}
	t.net.mu.Lock()
	defer t.net.mu.Unlock()
	return t.net.offer, nil
}
