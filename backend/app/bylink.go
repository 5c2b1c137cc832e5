package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/p2p"
)

// LinkDeviceInput makes this device a further one of a person, by a link that another of theirs shows (R2).
type LinkDeviceInput struct {
	Link       string `json:"link"`
	DeviceName string `json:"deviceName"`
	Passphrase string `json:"passphrase"`
}

// LinkDevice begins linking this device; JoinProgress tells how it gets on. At step "compare" its code is the six digits that
// both screens must show: whoever sees others there cancels. Faults: link.damaged, link.newer, link.other, link.expired,
// vault.weak {problems}, team.exists, join.running, store.full.
func (p *API) LinkDevice(in LinkDeviceInput) error {
	link, err := join.ParseDeviceLink(in.Link)
	w := &byLink{link: link}
	switch {
	case errors.Is(err, join.ErrNewer):
		return fault.Wrap("link.newer", err)
	case errors.Is(err, join.ErrOther):
		return fault.Wrap("link.other", err)
	case err != nil:
		return fault.Wrap("link.damaged", err)
	case w.over(p.a.opts.Now()) != nil:
		return fault.New("link.expired")
	}
	return p.a.beginAttempt(&attempt{app: p.a, way: w}, in.DeviceName, in.Passphrase)
}

// byLink is the way of a further device of a person.
type byLink struct {
	link  join.DeviceLink
	shown bool // the one try of the link was used: a code was shown
}

func (w *byLink) fits(old *keys.Identity) bool {
	return !old.Root.Whole() && old.Root.ID == w.link.User && old.Team == w.link.Team && old.Genesis == w.link.Genesis
}

// complete leaves open who the person is: that comes with the answer of their other device.
func (w *byLink) complete(id *keys.Identity) error {
	id.Team, id.Genesis = w.link.Team, w.link.Genesis
	return nil
}

func (w *byLink) target() (p2p.JoinTarget, error) {
	id, err := p2p.PeerID(w.link.Peer)
	if err != nil {
		return p2p.JoinTarget{}, err
	}
	return p2p.JoinTarget{Addrs: withPeer(w.link.Addrs, id), MDNS: w.link.MDNS, Only: w.link.Peer}, nil
}

func withPeer(addrs []string, id string) []string {
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a + "/p2p/" + id
	}
	return out
}

func (*byLink) transport() ed25519.PrivateKey { return nil }

// over allows for clocks that differ: the other device decides while it answers.
func (w *byLink) over(now time.Time) error {
	if w.link.Expired(now.Add(-offerEcho)) {
		return &join.Refused{Code: join.CodeLinkExpired}
	}
	return nil
}

func (*byLink) stalled(err error) (string, map[string]string) {
	if err == nil {
		return "link.no_answer", map[string]string{}
	}
	return "", nil
}

func (w *byLink) ask(ctx context.Context, t *attempt, s p2p.Stream, pub []byte) error {
	n := &join.NewDevice{
		Link: w.link, Receiver: t.receiver(ctx),
		Keep: func() error {
			t.known = true // from here on the other device may add this one
			return t.keepLater()
		},
		OnCode: func(code string) {
			w.shown = true
			t.app.setJoin(func(j *JoinDTO) {
				j.Step, j.Done, j.Total, j.Code, j.Params = string(join.StepCompare), 0, 0, code, map[string]string{}
			})
		},
		Counts: t.counts,
	}
	_, err := n.Ask(s, pub)
	var no *join.Refused
	if w.shown && errors.As(err, &no) && no.Code == join.CodeLinkUsed { // by this device, before the connection broke
		return &join.Refused{Code: join.CodeLinkBroken}
	}
	return err
}
