package app

import (
	"bytes"
	"context"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/join"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
	"tongzhou/sync/session"
)

// This file is the network's side of those who are no members yet, or no longer.

// onJoin lets a newcomer, a further device or a member who returns in.
func (n *network) onJoin(ctx context.Context, s p2p.Stream, remote []byte, proven func()) {
	n.mu.Lock()
	door, t := n.door, n.team
	n.mu.Unlock()
	if door == nil || t.replica.Gone() {
		return
	}
	user, err := door.Answer(ctx, s, remote, proven)
	if err != nil {
		n.log.Info("did not let anybody in", "err", err)
		return
	}
	n.log.Info("let a device in", "user", user.String())
	n.refresh()
	n.app.bus.Publish("state", nil)
}

// offerEcho is how long a link that is over is answered, to say so.
const offerEcho = 10 * time.Minute

// welcoming tells whether a stranger gets an answer at all: while an invitation or a link is open, and to the key of a person
// of the team, which somebody proves who returns with the recovery words.
func (n *network) welcoming(pub []byte) bool {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil || t.replica.Gone() {
		return false
	}
	if n.openOffer() != nil {
		return true
	}
	auth, now := t.replica.Authority(), n.app.opts.Now().UnixMilli()
	for _, i := range auth.Invites() {
		// An invitation that was just used stays answerable for its user, whose last message may have been lost.
		if i.Live && now <= i.Expires {
			return true
		}
	}
	return hasRoot(auth.Users(), pub) || hasRoot(auth.Former(), pub)
}

func hasRoot(users []authority.User, pub []byte) bool {
	for _, u := range users {
		if bytes.Equal(u.RootPub, pub) {
			return true
		}
	}
	return false
}

// openOffer is the link for a further device that can be answered for, nil if there is none.
func (n *network) openOffer() *join.Offer {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.offer == nil || n.app.opts.Now().After(n.offer.Expires().Add(offerEcho)) {
		return nil
	}
	return n.offer
}

// onFormer tells a device that lost access that it has.
func (n *network) onFormer(ctx context.Context, dev op.DeviceID, s p2p.Stream) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return
	}
	n.done.Add(1)
	defer n.done.Done()
	err := n.converse(ctx, t, dev, s, func(session.Status) {})
	n.log.Info("told a device that it lost access", "device", dev.String(), "err", err)
}
