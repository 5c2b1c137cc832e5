package relay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// receive handles one message.
func (c *conn) receive(ctx context.Context, m wire.Message) error {
	if c.state == wire.RelayStateUnknown {
		h, ok := m.(*wire.RelayHello)
		if !ok {
			return fmt.Errorf("%w: %T before the hello", ErrPeer, m)
		}
		return c.onHello(ctx, h)
	}
	switch m := m.(type) {
	case *wire.Bye:
		return stream.ErrEnd
	case *wire.RelayRoster:
		return c.onRoster(ctx, m)
	case *wire.RelayMailOpen:
		return c.onMailOpen(ctx, m)
	case *wire.RelayMailPut:
		return c.onMailPut(ctx, m)
	case *wire.RelayMailGet:
		return c.onMailGet(ctx, m)
	case *wire.RelayMailDrop:
		return c.onMailDrop(ctx, m)
	}
	if !c.in() {
		return c.refused(wire.TypeOf(m), wire.RelayBadState, "the device is not on the roster")
	}
	switch m := m.(type) {
	case *wire.RelayAskRoster:
		return c.onAskRoster(ctx)
	case *wire.RelayVouch:
		return c.onVouch(ctx, m)
	case *wire.RelayCaps:
		return c.onCaps(ctx, m)
	case *wire.RelayAskEpochs:
		return c.onAskEpochs(ctx, m)
	case *wire.RelayCursor:
		return c.onCursor(ctx, m)
	case *wire.Since:
		return c.onSince(ctx, m)
	case *wire.Want:
		return c.onWant(ctx, m)
	case *wire.Frame:
		return c.onFrame(ctx, m)
	case *wire.Registers:
		return c.onRegisters(ctx, m)
	case *wire.RelayBlobHas:
		return c.onBlobHas(ctx, m)
	case *wire.RelayBlobPut:
		return c.onBlobPut(ctx, m)
	case *wire.RelayBlobGet:
		return c.onBlobGet(ctx, m)
	case *wire.Credit:
		c.onCredit(m)
		return nil
	}
	return fmt.Errorf("%w: unexpected %T", ErrPeer, m)
}

// refused answers what was not carried out. Devices on no roster have few tries.
func (c *conn) refused(what wire.Type, code wire.RelayCode, text string) error {
	c.r.count.refuse(code)
	if !c.in() {
		if c.strikes++; c.strikes > maxStrikes {
			return fmt.Errorf("%w: asks for too much that it may not", ErrPeer)
		}
	}
	return c.send(&wire.RelayRefused{What: what, Code: code, Text: text})
}

func (c *conn) onHello(ctx context.Context, h *wire.RelayHello) error {
	if _, err := io.ReadFull(c.r.cfg.Random, c.nonce[:]); err != nil {
		return fmt.Errorf("relay: read randomness: %w", err)
	}
	c.device, c.token = h.Device, h.Token
	t, ok, err := c.r.store.Team(ctx, h.Team)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	c.team = store.Team{Tag: h.Team}
	if !ok {
		c.state = wire.RelayNotAllowed
		good, err := c.r.store.HasToken(ctx, tokenHash(h.Token), c.r.cfg.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		if good {
			c.state = wire.RelayNeedsRoster
		}
	} else if err := c.enterTeam(ctx, t); err != nil {
		return err
	}
	w := &wire.RelayWelcome{
		Version: min(h.Version, wire.RelayVersion), Store: c.r.store.ID(), Nonce: c.nonce, ClockMS: c.r.cfg.Now().UnixMilli(), State: c.state,
	}
	if c.in() { // what a stranger has no need to know
		w.Gen, w.RosterHash, w.LSeq = c.team.Gen, c.team.Hash, c.team.LSeq
	}
	if err := c.send(w); err != nil {
		return err
	}
	if c.state == wire.RelayNotAllowed {
		c.r.count.refuse(wire.RelayBadToken)
		return errOut
	}
	return nil
}

// enterTeam finds out what the device may do in the team.
func (c *conn) enterTeam(ctx context.Context, t store.Team) error {
	c.no, c.team = t.No, t
	c.r.hub.join(c, t) // before reading: what changes from now on is told
	d, ok, err := c.r.store.Device(ctx, t.No, c.device)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	return c.take(ctx, d, ok, t)
}

// take gives the device the state that its entry on the roster allows.
func (c *conn) take(ctx context.Context, d store.Device, listed bool, t store.Team) error {
	now := c.r.cfg.Now().UnixMilli()
	was := c.in()
	c.team = t
	switch {
	case !listed || d.PeerPub != c.peer || !d.In(now):
		c.state = wire.RelayNotOnRoster
		return nil
	case t.Bytes >= c.r.cfg.Limits.TeamBytes:
		c.state = wire.RelayFull
	default:
		c.state = wire.RelayOK
	}
	if was {
		return nil
	}
	c.r.hub.admit(c, t)
	var err error
	if c.shown, err = c.r.store.Shown(ctx, t.No, c.device); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	c.cursor = d.Cursor
	return c.note(ctx, func(tx store.Tx) error { return tx.Seen(ctx, c.no, c.device, now) })
}

// write runs fn in a transaction. A full disk is the device's to know; it is told by whoever called.
func (c *conn) write(ctx context.Context, fn func(store.Tx) error) error {
	err := c.r.update(ctx, c.no, fn)
	if err != nil && !errors.Is(err, ErrClosed) {
		c.r.count.failed.Add(1)
		return fmt.Errorf("relay: %w", err)
	}
	return err
}

// note writes what may as well be written later: on a full disk the conversation goes on without it.
func (c *conn) note(ctx context.Context, fn func(store.Tx) error) error {
	if err := c.write(ctx, fn); !errors.Is(err, store.ErrFull) {
		return err
	}
	return nil
}

// handleNote tells the device what changed.
func (c *conn) handleNote(ctx context.Context, n *note) error {
	if n.standing != nil {
		if err := c.recheck(ctx, n.standing); err != nil {
			return err
		}
	}
	if n.mail {
		if err := c.pushMail(ctx); err != nil {
			return err
		}
	}
	if !c.serving || n.lseq <= c.told {
		return nil
	}
	c.told = n.lseq
	return errors.Join(c.announce(n.feeds, n.registers), c.announceChunks(n.chunks))
}

// recheck follows a change of the roster or of caps.
func (c *conn) recheck(ctx context.Context, s *standing) error {
	if s.team.Rev < c.team.Rev {
		return nil // read before this conversation changed it; the next one is on its way
	}
	was, gen := c.in(), c.team.Gen
	d, listed := s.devices[c.device]
	if err := c.take(ctx, d, listed, s.team); err != nil {
		return err
	}
	if was != c.in() || gen != c.team.Gen {
		if err := c.sayRoster(); err != nil {
			return err
		}
	}
	if was && !c.in() {
		return errOut
	}
	return c.recheckCaps(s.heads, s.team.Rev)
}

// sayRoster names the roster in force, and what the relay lets the device do.
func (c *conn) sayRoster() error {
	m := &wire.RelayRosterIs{State: c.state}
	if c.in() || c.state == wire.RelayNeedsRoster {
		m.Gen, m.Hash = c.team.Gen, c.team.Hash
	}
	return c.send(m)
}

// readTeam reads the team as it is now. Error: errRemoved.
func (c *conn) readTeam(ctx context.Context) (store.Team, error) {
	t, ok, err := c.r.store.TeamByNo(ctx, c.no)
	if err != nil {
		return t, fmt.Errorf("relay: %w", err)
	}
	if !ok {
		return t, errRemoved
	}
	return t, nil
}

// knows returns the signing key of a device that is or was the team's; nil if it never was.
func (c *conn) knows(ctx context.Context, id op.DeviceID) ([]byte, error) {
	if pub := c.keys[id]; pub != nil {
		return pub, nil
	}
	d, ok, err := c.r.store.Device(ctx, c.no, id)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if !ok {
		return nil, nil
	}
	c.keys[id] = d.SignPub[:]
	return c.keys[id], nil
}
