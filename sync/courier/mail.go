package courier

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file leaves keys in the mailboxes of devices that were let into a scope, and takes those for this device. A letter is
// the body of a Keys message: boxes that only the device opens, in ops that their author signed.

// mailTTL is how long a relay keeps a letter, in seconds.
const mailTTL = 7 * 24 * 3600

type mailer struct {
	upTo    int64          // left at this relay
	sent    []wire.MailBox // of the mails that are not answered yet, in order
	under   *replica.RelayMail
	waiting bool // letters of devices that are not known here are in the box
	full    bool // a box is full: by and by
}

// putMail leaves a mail.
func (c *Courier) putMail(box wire.MailBox, body []byte) error {
	c.mail.sent = append(c.mail.sent, box)
	return c.send(&wire.RelayMailPut{Box: box, Body: body, TTL: mailTTL})
}

// answeredMail is the box of the mail that the relay just answered.
func (c *Courier) answeredMail() (wire.MailBox, error) {
	m := &c.mail
	if len(m.sent) == 0 {
		return wire.MailBox{}, fmt.Errorf("%w: unasked answer to mail", ErrRelay)
	}
	box := m.sent[0]
	m.sent = m.sent[1:]
	return box, nil
}

// nextMail leaves one letter; the next goes when it was answered.
func (c *Courier) nextMail() error {
	m := &c.mail
	if m.under != nil || m.full || c.state != wire.RelayOK || !c.fetch.caughtUp {
		return nil
	}
	list, err := c.r.MailAfter(m.upTo, 1)
	if err != nil || len(list) == 0 {
		return err
	}
	m.under = &list[0]
	packet, err := wire.Encode(nil, &wire.Keys{Raw: [][]byte{m.under.Raw}})
	if err != nil {
		return fmt.Errorf("courier: %w", err)
	}
	body := packet[packetHead:]
	if len(body) > wire.MaxMailBody { // too long for a letter: the device gets it from a member
		m.upTo, m.under = m.under.No, nil
		return c.nextMail()
	}
	return c.putMail(wire.MailBox(m.under.Device), body)
}

// packetHead is what stands before a packet's body: length and type.
const packetHead = 5

func (c *Courier) onMailStored(ctx context.Context, _ *wire.RelayMailStored) error {
	m := &c.mail
	box, err := c.answeredMail()
	if err != nil || c.letters.boxes[box] != nil || m.under == nil {
		return err
	}
	m.upTo, m.under = m.under.No, nil
	if err := c.r.MailLeft(ctx, c.store, m.upTo); err != nil {
		return err
	}
	defer c.settle()
	return c.nextMail()
}

// onMailRefused goes on with the next letter; where a box is full, that one is tried again later.
func (c *Courier) onMailRefused(ctx context.Context, code wire.RelayCode) error {
	m := &c.mail
	box, err := c.answeredMail()
	if err != nil || c.letters.boxes[box] != nil || m.under == nil { // a newcomer who gets no answer asks again
		return err
	}
	no := m.under.No
	m.under = nil
	switch code {
	case wire.RelayTryLater:
		m.full = true
		return nil
	case wire.RelayQuota, wire.RelayTooMany:
		if err := c.r.MailLater(ctx, no); err != nil {
			return err
		}
		m.full = true
	default:
	}
	m.upTo = no
	if err := c.r.MailLeft(ctx, c.store, no); err != nil || m.full {
		return err
	}
	return c.nextMail()
}

// onMail takes keys from the box of this device.
func (c *Courier) onMail(ctx context.Context, m *wire.RelayMail) error {
	if p := c.letters.boxes[m.Box]; p != nil {
		return c.onLetters(ctx, p, m)
	}
	if c.letters.asked[m.Box] {
		return nil // it could not be opened
	}
	if m.Box != wire.MailBox(c.self) {
		return fmt.Errorf("%w: mail of another", ErrRelay)
	}
	drop := &wire.RelayMailDrop{Box: m.Box}
	var last uint64
	for i := range m.Mails {
		x := &m.Mails[i]
		last = max(last, x.No)
		taken, err := c.openMail(ctx, x.Body)
		if err != nil {
			return err
		}
		if taken {
			drop.Nos = append(drop.Nos, x.No)
		} else {
			c.mail.waiting = true
		}
	}
	if len(drop.Nos) > 0 {
		if err := c.send(drop); err != nil {
			return err
		}
	}
	if m.More && last > 0 {
		if err := c.send(&wire.RelayMailGet{Box: m.Box, After: last}); err != nil {
			return err
		}
	}
	return c.reclaim()
}

// openMail learns what a letter holds. Anybody of the team can write one, so nonsense is dropped and is not the relay's fault.
func (c *Courier) openMail(ctx context.Context, body []byte) (taken bool, err error) {
	msg, err := wire.Decode(wire.TKeys, body)
	if err != nil {
		return true, nil
	}
	keys, ok := msg.(*wire.Keys)
	if !ok {
		return true, nil
	}
	strangers, err := c.learnKeys(ctx, keys.Raw)
	if err != nil {
		if ctx.Err() != nil {
			return false, err
		}
		c.log.Info("a letter makes no sense", "err", err)
		return true, nil
	}
	return len(strangers) == 0, nil
}

// retryMail looks into the box again after somebody became known, and leaves letters that a full box refused.
func (c *Courier) retryMail() error {
	if c.mail.full && c.now().Sub(c.fetch.askedAt) > askGap {
		c.mail.full = false
	}
	return c.nextMail()
}

// reopenMail asks for letters that could not be read before.
func (c *Courier) reopenMail() error {
	if !c.mail.waiting || !c.listed() {
		return nil
	}
	c.mail.waiting = false
	return c.send(&wire.RelayMailGet{Box: wire.MailBox(op.DeviceID(c.self))})
}
