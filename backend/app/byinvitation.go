package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// byInvitation is the way of a new member.
type byInvitation struct{ inv join.Invitation }

func (w byInvitation) fits(old *keys.Identity) bool {
	return old.Root.Whole() && old.Team == w.inv.Team && old.Genesis == w.inv.Genesis
}

func (w byInvitation) complete(id *keys.Identity) (err error) {
	id.Team, id.Genesis = w.inv.Team, w.inv.Genesis
	id.Root, err = newRoot()
	return err
}

func (w byInvitation) target() (p2p.JoinTarget, error) {
	return p2p.JoinTarget{Addrs: w.inv.Addrs(), MDNS: w.inv.MDNS}, nil
}

func (byInvitation) transport() ed25519.PrivateKey { return nil }

func (byInvitation) over(time.Time) error { return nil }

func (w byInvitation) stalled(err error) (string, map[string]string) {
	var no *join.Refused
	switch {
	case errors.As(err, &no):
		return no.Code, map[string]string{}
	case err == nil:
		return "join.nobody_online", map[string]string{"inviter": w.inv.Inviter}
	}
	return "", nil
}

func (w byInvitation) ask(ctx context.Context, t *attempt, s p2p.Stream, pub []byte) error {
	n := &join.Newcomer{
		Invitation: w.inv, Receiver: t.receiver(ctx),
		Admit: func(invite op.ID, key keys.Invite) ([]byte, error) {
			if err := t.team.replica.Admit(ctx, invite, key); err != nil {
				return nil, err
			}
			t.known = true
			return t.team.replica.OwnControlFeed()
		},
	}
	_, err := n.Ask(s, pub)
	return err
}
