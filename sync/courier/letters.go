package courier

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/join"
	"tongzhou/sync/op"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// This file is the members' side of joining by letters (SPEC J11 to J14): it looks into the boxes of invitations and answers
// newcomers who ask there.

// Bounds of what is looked at and answered.
const (
	maxPosts  = 40 // boxes of invitations; with this device's own they are fewer than a relay opens on one connection
	maxAsking = 8  // devices that ask in one box
	maxGiven  = 4  // of those, answered by this one in a conversation: somebody who holds the link has any number of devices
)

// Timing.
const (
	oneAtATime = 10 * time.Minute // before the last use of an invitation is offered to a second device
	freshBoxes = 10 * time.Minute // a conversation this old is begun anew to look into other boxes
)

type letters struct {
	began   time.Time
	look    bool // invitations may have changed
	lookAt  time.Time
	boxes   map[wire.MailBox]*post
	asked   map[wire.MailBox]bool
	opening []wire.MailBox // asked to be opened, and not answered, in order
}

// post is the box of an invitation.
type post struct {
	join.Post
	invite op.ID
	read   bool // what lay there when it was opened
	asking map[op.DeviceID]*asking
	given  map[op.DeviceID]bool
	// By anybody: which requests were answered, and when each device was seen to be.
	answered map[answered]bool
	last     map[op.DeviceID]time.Time
}

type answered struct {
	device op.DeviceID
	serial uint32
}

// asking is a request that waits for an answer.
type asking struct {
	*join.Request
	due time.Time
}

// lookForLetters opens the boxes of invitations: those that may be used, and those that were until lately, to say so.
func (c *Courier) lookForLetters() error {
	l := &c.letters
	if c.state != wire.RelayOK || c.welcome.Version < wire.RelayOpensBoxes || !c.fetch.caughtUp || !c.r.HasAuthority() || c.r.Gone() || !l.look && c.now().Before(l.lookAt) {
		return nil
	}
	l.look, l.lookAt = false, c.now().Add(askGap)
	nowMS := c.now().UnixMilli()
	invites := slices.DeleteFunc(c.r.Authority().Invites(), func(i authority.InviteState) bool { return nowMS > i.Expires || len(i.Pub) != ed25519.PublicKeySize })
	rank := func(i *authority.InviteState) int {
		if i.Open(nowMS) {
			return 0
		}
		return 1
	}
	slices.SortFunc(invites, func(a, b authority.InviteState) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(b.Expires, a.Expires), bytes.Compare(a.Op[:], b.Op[:]))
	})
	for i := range invites[:min(len(invites), maxPosts)] {
		inv := &invites[i]
		box := wire.BoxOf([32]byte(inv.Pub))
		if l.boxes[box] != nil {
			continue
		}
		if len(l.asked) >= maxPosts {
			if c.now().Sub(l.began) > freshBoxes {
				return stream.ErrEnd
			}
			return nil
		}
		self := c.r.Self()
		l.asked[box] = true
		l.boxes[box] = &post{
			Post: join.Post{Team: self.Team, Secret: self.TeamSecret, Invite: inv.Pub}, invite: inv.Op,
			asking: map[op.DeviceID]*asking{}, given: map[op.DeviceID]bool{}, answered: map[answered]bool{}, last: map[op.DeviceID]time.Time{},
		}
		if inv.Open(nowMS) {
			l.opening = append(l.opening, box)
			if err := c.send(&wire.RelayMailOpen{Pub: [32]byte(inv.Pub)}); err != nil {
				return err
			}
		}
		if err := c.send(&wire.RelayMailGet{Box: box}); err != nil {
			return err
		}
	}
	return nil
}

// onOpenRefused forgets a box that was not opened: it is tried again by and by.
func (c *Courier) onOpenRefused() {
	l := &c.letters
	if len(l.opening) > 0 {
		delete(l.boxes, l.opening[0])
		l.opening = l.opening[1:]
	}
}

// onLetters reads what lies in the box of an invitation. Whoever holds the link can leave anything there: what is none of its
// letters is dropped.
func (c *Courier) onLetters(ctx context.Context, p *post, m *wire.RelayMail) error {
	if l := &c.letters; len(l.opening) > 0 && l.opening[0] == m.Box {
		l.opening = l.opening[1:]
		return nil
	}
	p.read = p.read || !m.More
	drop := &wire.RelayMailDrop{Box: m.Box}
	var last uint64
	for i := range m.Mails {
		x := &m.Mails[i]
		last = max(last, x.No)
		mail, err := p.Open(x.Body)
		switch {
		case errors.Is(err, join.ErrNewer):
		case err != nil:
			drop.Nos = append(drop.Nos, x.No)
		case mail.Request != nil:
			c.onRequest(p, mail.Request)
		default:
			p.note(mail.Device, mail.Serial, c.now())
		}
	}
	if len(drop.Nos) > 0 {
		if err := c.send(drop); err != nil {
			return err
		}
	}
	if m.More && last > 0 {
		return c.send(&wire.RelayMailGet{Box: m.Box, After: last})
	}
	defer c.settle()
	return c.answerLetters(ctx)
}

// lettersDue tells whether boxes are not looked through yet, or somebody in one is to be answered now.
func (c *Courier) lettersDue() bool {
	for _, p := range c.letters.boxes {
		if !p.read {
			return true
		}
		for device, a := range p.asking {
			if !c.now().Before(a.due) && !p.answered[answered{device, a.Serial}] {
				return true
			}
		}
	}
	return false
}

// note keeps that a request was answered.
func (p *post) note(device op.DeviceID, serial uint32, now time.Time) {
	if len(p.answered) < wire.MaxMails {
		p.answered[answered{device, serial}] = true
	}
	if _, seen := p.last[device]; !seen && len(p.last) < wire.MaxMails {
		p.last[device] = now
	}
}

// onRequest notes who asks. The inviter's devices answer at once, others when nobody has.
func (c *Courier) onRequest(p *post, q *join.Request) {
	device := q.Cert.DeviceID()
	before := p.asking[device]
	if before == nil && len(p.asking) >= maxAsking || before != nil && before.Serial >= q.Serial {
		return
	}
	due := c.now()
	if inv, ok := c.r.Authority().Invite(p.invite); !ok || inv.By != c.r.Self().Root.ID {
		due = due.Add(3*c.cfg.Patience + jitter(3*c.cfg.Patience))
	}
	p.asking[device] = &asking{q, due}
}

// answerLetters answers who waits.
func (c *Courier) answerLetters(ctx context.Context) error {
	k := &c.roster
	if c.state != wire.RelayOK || k.now == nil || k.asking || k.putting || !c.knowsAll() || !c.r.HasAuthority() || c.r.Gone() {
		return nil
	}
	for box, p := range c.letters.boxes {
		for device, a := range p.asking {
			switch {
			case p.answered[answered{device, a.Serial}]:
				delete(p.asking, device)
			case !c.now().Before(a.due):
				if err := c.answerOne(ctx, box, p, a); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *Courier) answerOne(ctx context.Context, box wire.MailBox, p *post, a *asking) error {
	auth, device := c.r.Authority(), a.Cert.DeviceID()
	inv, ok := auth.Invite(p.invite)
	if !ok {
		return nil
	}
	code := join.Refusal(auth, inv, a.Cert.User, c.now().UnixMilli())
	if c.r.Former(device) {
		code = join.CodeUsed
	}
	switch {
	case code != "":
		body, err := p.Refuse(a.Request, code)
		if err != nil {
			return err
		}
		return c.leaveLetters(box, p, a, body)
	case inv.Uses()+1 == inv.MaxUses && p.offered(device, c.now()):
		a.due = c.now().Add(oneAtATime / 10)
		return nil
	case !p.given[device] && len(p.given) >= maxGiven:
		c.log.Info("too many devices ask by one invitation", "invitation", p.invite)
		a.due = c.now().Add(oneAtATime)
		return nil
	}
	bodies, err := c.welcomeByLetter(ctx, p, a)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		c.log.Warn("a newcomer cannot be answered now", "err", err)
		a.due = c.now().Add(retryAfter)
		return nil
	}
	p.given[device] = true
	c.log.Info("answered a newcomer by letter", "device", device.String())
	return c.leaveLetters(box, p, a, bodies...)
}

// offered tells whether another device was answered lately, which may be about to use the invitation.
func (p *post) offered(but op.DeviceID, now time.Time) bool {
	for device, at := range p.last {
		if device != but && now.Sub(at) < oneAtATime {
			return true
		}
	}
	return false
}

// welcomeByLetter does what lets the newcomer go on alone: the relay serves its device from now on, and the keys of the team's
// scopes are sealed to it in the log, before it is told them.
func (c *Courier) welcomeByLetter(ctx context.Context, p *post, a *asking) ([][]byte, error) {
	v := &wire.RelayVouch{Team: c.team, Gen: c.roster.now.Gen, Device: wire.RosterDevice{
		Device: a.Cert.DeviceID(), SignPub: [32]byte(a.Cert.SignPub), PeerPub: [32]byte(a.Cert.PeerPub),
	}}
	v.Sign(c.r.Self().Device.Sign)
	if err := c.send(v); err != nil {
		return nil, err
	}
	if err := c.r.Welcome(ctx, a.Cert.DeviceID(), a.Cert.BoxPub); err != nil {
		return nil, fmt.Errorf("courier: welcome: %w", err)
	}
	frames, err := c.r.TeamKeys()
	if err != nil {
		return nil, err
	}
	return p.Welcome(a.Request, frames)
}

func (c *Courier) leaveLetters(box wire.MailBox, p *post, a *asking, bodies ...[]byte) error {
	p.note(a.Cert.DeviceID(), a.Serial, c.now())
	delete(p.asking, a.Cert.DeviceID())
	for _, body := range bodies {
		if err := c.putMail(box, body); err != nil {
			return err
		}
	}
	return nil
}
