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

// RecoverInput brings an account back on a new device, after all devices of its person were lost. Link is any link of the team,
// however old: it says where colleagues may be found.
type RecoverInput struct {
	Link       string   `json:"link"`
	Words      []string `json:"words"`
	DeviceName string   `json:"deviceName"`
	Passphrase string   `json:"passphrase"`
}

// Recover begins to bring the account back; JoinProgress tells how it gets on. Faults: join.damaged, join.newer, vault.words
// {word}, vault.weak {problems}, team.exists, join.running, store.full.
func (p *API) Recover(in RecoverInput) error {
	link, err := join.ParseTeamLink(in.Link)
	switch {
	case errors.Is(err, join.ErrNewer):
		return fault.Wrap("join.newer", err)
	case err != nil:
		return fault.Wrap("join.damaged", err)
	}
	root, err := rootOfWords(in.Words)
	if err != nil {
		return err
	}
	return p.a.beginAttempt(&attempt{app: p.a, way: &byWords{link: link, root: root}}, in.DeviceName, in.Passphrase)
}

// byWords is the way of a person who has lost every device and has the recovery words. The network asks with the person's
// root key: members know it, and need not answer strangers for this.
type byWords struct {
	link join.TeamLink
	root keys.Root
}

func (w *byWords) fits(old *keys.Identity) bool {
	return old.Root.Whole() && old.Root.ID == w.root.ID && old.Team == w.link.Team && old.Genesis == w.link.Genesis
}

func (w *byWords) complete(id *keys.Identity) error {
	id.Team, id.Genesis, id.Root = w.link.Team, w.link.Genesis, w.root
	return nil
}

func (w *byWords) target() (p2p.JoinTarget, error) {
	target := p2p.JoinTarget{MDNS: w.link.MDNS}
	for _, p := range w.link.Peers {
		target.Addrs = append(target.Addrs, withPeer(p.Addrs, p.ID)...)
	}
	if len(w.link.Peer) > 0 {
		id, err := p2p.PeerID(w.link.Peer)
		if err != nil {
			return p2p.JoinTarget{}, err
		}
		target.Addrs = append(target.Addrs, withPeer(w.link.Addrs, id)...)
	}
	return target, nil
}

func (w *byWords) transport() ed25519.PrivateKey { return w.root.Sign }

func (*byWords) over(time.Time) error { return nil }

func (*byWords) stalled(err error) (string, map[string]string) {
	var no *join.Refused
	switch {
	case errors.As(err, &no):
		return no.Code, map[string]string{}
	case errors.Is(err, p2p.ErrRejected): // whoever answered does not know the key
		return join.CodeRecoverUnknown, map[string]string{}
	case err == nil:
		return "join.nobody_online", map[string]string{"inviter": ""}
	}
	return "", nil
}

func (w *byWords) ask(ctx context.Context, t *attempt, s p2p.Stream, pub []byte) error {
	n := &join.Returning{
		Receiver: t.receiver(ctx),
		Certify: func() ([]byte, error) {
			if err := t.team.replica.RecoverDevice(ctx); err != nil {
				return nil, err
			}
			t.known = true
			return t.team.replica.OwnControlFeed()
		},
	}
	_, err := n.Ask(s, pub)
	return err
}
