package relay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// This file carries mail: keys for a device that is away, and the steps of joining between a member and a newcomer who are not
// on at the same time. A device's own box is its id; an invitation's is for whoever proves its key, and for the team.

// mine tells whether the device may read a box, and keeps those that it asks for open.
func (c *conn) mine(ctx context.Context, box wire.MailBox) (bool, error) {
	if _, open := c.boxes[box]; open || !c.in() {
		return open, nil
	}
	if box != wire.MailBox(c.device) {
		_, ofDevice, err := c.r.store.Device(ctx, c.no, op.DeviceID(box))
		if err != nil {
			return false, fmt.Errorf("relay: %w", err)
		}
		if ofDevice || len(c.boxes) >= maxBoxes {
			return false, nil
		}
	}
	c.boxes[box] = 0
	return true, nil
}

// onMailOpen opens an invitation's box. Devices of the team, which know who was invited and not the secret, prove nothing. Only
// a rostered device makes one, and keeps it from expiring: strangers could fill the relay with them.
func (c *conn) onMailOpen(ctx context.Context, m *wire.RelayMailOpen) error {
	box := wire.BoxOf(m.Pub)
	_, open := c.boxes[box]
	switch {
	case c.no == 0:
		return c.refused(wire.TRelayMailOpen, wire.RelayBadState, "the team has no roster here")
	case !c.in() && !ed25519.Verify(m.Pub[:], wire.BoxProof(c.r.store.ID(), c.nonce, box), m.Proof[:]):
		return c.refused(wire.TRelayMailOpen, wire.RelayBadSig, "the proof does not match")
	case !open && len(c.boxes) >= maxBoxes:
		return c.refused(wire.TRelayMailOpen, wire.RelayTooMany, "too many mailboxes are open")
	}
	now := c.r.cfg.Now()
	b, there, err := c.r.store.Box(ctx, c.no, box)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	if !there && !c.in() {
		return c.refused(wire.TRelayMailOpen, wire.RelayNotThere, "no such mailbox")
	}
	if c.in() && b.ExpiresMS < now.Add(boxFor/2).UnixMilli() {
		var no *refusal
		err := c.write(ctx, func(tx store.Tx) error {
			b, refused, err := c.makeBox(ctx, tx, box, now)
			if no = refused; err != nil || no != nil {
				return err
			}
			b.ExpiresMS = max(b.ExpiresMS, now.Add(boxFor).UnixMilli())
			return tx.PutBox(ctx, c.no, b)
		})
		if answered, err := c.mailRefused(wire.TRelayMailOpen, no, err); answered {
			return err
		}
	}
	c.boxes[box] += 0
	return c.send(&wire.RelayMail{Box: box})
}

func (c *conn) makeBox(ctx context.Context, tx store.Tx, box wire.MailBox, now time.Time) (store.Box, *refusal, error) {
	b, there, err := tx.Box(ctx, c.no, box)
	if err != nil || there {
		return b, nil, err
	}
	n, err := tx.Boxes(ctx, c.no)
	if err != nil {
		return b, nil, err
	}
	if n >= c.r.cfg.Limits.Boxes {
		return b, &refusal{wire.RelayTooMany, "the team has too many mailboxes"}, nil
	}
	b = store.Box{ID: box, ExpiresMS: now.Add(boxFor).UnixMilli(), Next: 1}
	return b, nil, tx.PutBox(ctx, c.no, b)
}

// mailRefused answers what could not be done; answered is false if it was done.
func (c *conn) mailRefused(what wire.Type, no *refusal, err error) (answered bool, _ error) {
	switch {
	case errors.Is(err, store.ErrFull):
		return true, c.refused(what, wire.RelayQuota, "the relay's disk is full")
	case err != nil:
		return true, err
	case no != nil:
		return true, c.refused(what, no.code, no.text)
	}
	return false, nil
}

// onMailPut leaves mail: in an open box, or, from a rostered device, in that of another device of the team.
func (c *conn) onMailPut(ctx context.Context, m *wire.RelayMailPut) error {
	if _, open := c.boxes[m.Box]; !open && !c.in() {
		return c.refused(wire.TRelayMailPut, wire.RelayNoRight, "the mailbox is not open")
	}
	if c.letters++; c.letters > maxLetters && !c.in() {
		return c.refused(wire.TRelayMailPut, wire.RelayTryLater, "too much mail at a time")
	}
	if wait := c.r.pace.spend(deviceKey{c.no, c.device}, 1+len(m.Body)>>10, c.r.cfg.Now()); wait.Sub(c.r.cfg.Now()) > time.Minute {
		return c.refused(wire.TRelayMailPut, wire.RelayTryLater, "too much mail at a time")
	}
	var number uint64
	var no *refusal
	err := c.write(ctx, func(tx store.Tx) (err error) {
		number, no, err = c.putMail(ctx, tx, m)
		return err
	})
	if answered, err := c.mailRefused(wire.TRelayMailPut, no, err); answered {
		return err
	}
	return c.send(&wire.RelayMailStored{Box: m.Box, No: number})
}

func (c *conn) putMail(ctx context.Context, tx store.Tx, m *wire.RelayMailPut) (uint64, *refusal, error) {
	t, ok, err := tx.TeamByNo(ctx, c.no)
	if err != nil || !ok {
		return 0, &refusal{wire.RelayBadState, "the team was removed"}, err
	}
	now := c.r.cfg.Now()
	b, there, err := tx.Box(ctx, c.no, m.Box)
	if err != nil {
		return 0, nil, err
	}
	if !there {
		d, ok, err := tx.Device(ctx, c.no, op.DeviceID(m.Box))
		if err != nil || !ok || !d.In(now.UnixMilli()) {
			return 0, &refusal{wire.RelayNotThere, "no such mailbox"}, err
		}
		made, no, err := c.makeBox(ctx, tx, m.Box, now)
		if err != nil || no != nil {
			return 0, no, err
		}
		b = made
	}
	size := int64(len(m.Body)) + store.MailCost
	fits, err := c.r.roomForWords(ctx, tx, &t, size)
	if err != nil {
		return 0, nil, err
	}
	if !fits {
		return 0, &refusal{wire.RelayQuota, "the team has no room left"}, nil
	}
	if no, err := c.makeRoom(ctx, tx, &b, size); err != nil || no != nil {
		return 0, no, err
	}
	until := now.Add(time.Duration(m.TTL) * time.Second).UnixMilli()
	number := b.Next
	b.Next, b.Bytes, b.ExpiresMS = b.Next+1, b.Bytes+size, max(b.ExpiresMS, until)
	if err := tx.PutBox(ctx, c.no, b); err != nil {
		return 0, nil, err
	}
	if err := tx.PutMail(ctx, c.no, m.Box, c.device, wire.Mail{No: number, AtMS: now.UnixMilli(), Body: m.Body}, until); err != nil {
		return 0, nil, err
	}
	if err := tx.AddBytes(ctx, c.no, size); err != nil {
		return 0, nil, err
	}
	return number, nil, tx.NextPost(ctx, c.no)
}

// makeRoom lets go of mail until a box takes size bytes more: always the oldest mail of the device that has most in it, counting
// the new one. So who fills a box pushes out what it left there itself, and never the little that others leave.
func (c *conn) makeRoom(ctx context.Context, tx store.Tx, b *store.Box, size int64) (*refusal, error) {
	full := &refusal{wire.RelayQuota, "the mailbox is full"}
	for b.Bytes+size > c.r.cfg.Limits.MailBytes {
		shares, err := tx.Shares(ctx, c.no, b.ID)
		if err != nil {
			return nil, err
		}
		most := store.Share{Sender: c.device, Bytes: size}
		for _, s := range shares {
			if s.Sender == c.device {
				s.Bytes += size
				most = s
			}
		}
		for _, s := range shares {
			if s.Sender != c.device && s.Bytes > most.Bytes {
				most = s
			}
		}
		freed, err := tx.DropMail(ctx, c.no, b.ID, []uint64{most.Oldest})
		if err != nil {
			return nil, err
		}
		if freed == 0 { // the new one alone is the most
			return full, nil
		}
		b.Bytes -= freed
	}
	return nil, nil
}

func (c *conn) onMailGet(ctx context.Context, m *wire.RelayMailGet) error {
	if mine, err := c.mine(ctx, m.Box); err != nil || !mine {
		if err != nil {
			return err
		}
		return c.refused(wire.TRelayMailGet, wire.RelayNoRight, "the mailbox is not this device's")
	}
	c.boxes[m.Box] = max(c.boxes[m.Box], m.After) // from now on new mail comes by itself
	return c.handOut(ctx, m.Box, m.After, true)
}

// handOut sends the mail of a box from a number on; with always, also if there is none.
func (c *conn) handOut(ctx context.Context, box wire.MailBox, after uint64, always bool) error {
	mails, more, err := c.r.store.Mail(ctx, c.no, box, after, wire.MaxFrameBytes, wire.MaxMails)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	if len(mails) > 0 {
		c.boxes[box] = max(c.boxes[box], mails[len(mails)-1].No)
	} else if !always {
		return nil
	}
	return c.send(&wire.RelayMail{Box: box, Mails: mails, More: more})
}

// pushMail hands out mail that has come into boxes which are open.
func (c *conn) pushMail(ctx context.Context) error {
	for box, after := range c.boxes {
		if err := c.handOut(ctx, box, after, false); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) onMailDrop(ctx context.Context, m *wire.RelayMailDrop) error {
	if mine, err := c.mine(ctx, m.Box); err != nil || !mine {
		if err != nil {
			return err
		}
		return c.refused(wire.TRelayMailDrop, wire.RelayNoRight, "the mailbox is not this device's")
	}
	return c.note(ctx, func(tx store.Tx) error { // what is not dropped now expires
		_, err := tx.DropMail(ctx, c.no, m.Box, m.Nos)
		return err
	})
}
