package courier

import (
	"context"
	"fmt"

	"tongzhou/sync/blob"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// greet opens the conversation.
func (c *Courier) greet() error {
	c.fetch.progress = c.now()
	c.setStatus(func(st *Status) { st.State = Greeting })
	return c.send(&wire.RelayHello{Version: wire.RelayVersion, Team: c.team, Device: c.self, Token: c.cfg.Token, App: c.cfg.App})
}

func (c *Courier) receive(ctx context.Context, m wire.Message) error {
	if c.welcome == nil {
		switch m := m.(type) {
		case *wire.RelayWelcome:
			return c.onWelcome(ctx, m)
		case *wire.Bye:
			return fmt.Errorf("%w: %q", ErrBye, m.Reason)
		}
		return fmt.Errorf("%w: %T before the welcome", ErrRelay, m)
	}
	switch m := m.(type) {
	case *wire.RelayRosterIs:
		return c.onRosterIs(ctx, m)
	case *wire.RelayRoster:
		return c.onRoster(m)
	case *wire.RelayRefused:
		return c.onRefused(ctx, m)
	case *wire.RelayScopes:
		return c.onScopes(m)
	case *wire.Keys:
		return c.onKeys(ctx, m)
	case *wire.RelayEpochs:
		return c.onEpochs(m)
	case *wire.Delta:
		return c.onDelta(ctx, m)
	case *wire.Have:
		return c.onHave(m)
	case *wire.Frame:
		return c.onFrame(ctx, m)
	case *wire.RelayGone:
		return c.onGone(ctx, m)
	case *wire.Credit:
		return c.onCredit(m)
	case *wire.Ack:
		c.onAck(m)
		return nil
	case *wire.RelayFeedsRefused:
		return c.onFeedsRefused(m)
	case *wire.Registers:
		return c.onRegisters(ctx, m)
	case *wire.RelayRegistersStored:
		return c.onRegistersStored(ctx, m)
	case *wire.RelayBlobHeld:
		return c.onBlobHeld(m)
	case *wire.RelayBlobStored:
		return c.onBlobStored(m)
	case *wire.RelayBlobPart:
		return c.onBlobPart(m)
	case *wire.RelayMail:
		return c.onMail(ctx, m)
	case *wire.RelayMailStored:
		return c.onMailStored(ctx, m)
	case *wire.Fork:
		return c.onFork(ctx, m)
	case *wire.Bye:
		return fmt.Errorf("%w: %q", ErrBye, m.Reason)
	default:
		return fmt.Errorf("%w: unexpected %T", ErrRelay, m)
	}
}

// onWelcome hears which database it is and what the relay lets this device do.
func (c *Courier) onWelcome(ctx context.Context, m *wire.RelayWelcome) error {
	c.welcome, c.store = m, m.Store
	c.roster.gen, c.roster.hash = m.Gen, m.RosterHash
	if m.State != wire.RelayNotOnRoster { // which is told nothing of what is there
		if err := c.open(ctx, m.LSeq); err != nil {
			return err
		}
	}
	return c.setState(ctx, m.State)
}

// open takes up where the last conversation with this database of the relay ended.
func (c *Courier) open(ctx context.Context, lseq int64) (err error) {
	if c.mark, err = c.r.OpenRelay(ctx, c.cfg.Relay, c.store, lseq); err != nil {
		return err
	}
	c.opened = true
	c.fetch.cursor, c.fetch.whole, c.mail.upTo = c.mark.Cursor, c.mark.Whole, c.mark.Mail
	return nil
}

// setState follows what the relay lets this device do.
func (c *Courier) setState(ctx context.Context, state wire.RelayState) error {
	before := c.state
	c.state = state
	switch state {
	case wire.RelayNeedsRoster:
		c.setStatus(func(st *Status) { st.State = Greeting })
		return c.foundRoster()
	case wire.RelayNotAllowed:
		c.setStatus(func(st *Status) { st.State = NotAllowed })
		return nil
	case wire.RelayNotOnRoster:
		c.setStatus(func(st *Status) { st.State = NotListed })
		return nil
	case wire.RelayFull:
		c.setStatus(func(st *Status) { st.Refused = wire.RelayQuota })
	default:
	}
	if !c.opened {
		if err := c.open(ctx, replica.RelayNumberUnknown); err != nil {
			return err
		}
	}
	if !c.begun {
		return c.begin(ctx)
	}
	if before == wire.RelayFull && state == wire.RelayOK {
		clear(c.puts.looked)
		return c.putAll()
	}
	return nil
}

// listed tells whether the relay serves this device.
func (c *Courier) listed() bool { return c.state == wire.RelayOK || c.state == wire.RelayFull }

// begin is the first thing after the relay admitted this device.
func (c *Courier) begin(ctx context.Context) error {
	c.begun = true
	c.setStatus(func(st *Status) { st.State = Syncing })
	if err := c.send(&wire.RelayAskRoster{}); err != nil {
		return err
	}
	if err := c.send(&wire.RelayMailGet{Box: wire.MailBox(c.self)}); err != nil {
		return err
	}
	// First the scopes that the cursor covers, so that the question after them is answered for all of them; then the others,
	// which the relay lists whole.
	if err := c.claim(true); err != nil {
		return err
	}
	if err := c.ask(); err != nil {
		return err
	}
	c.tend(ctx)
	return c.claim(false)
}

// onRefused hears that a message was not carried out.
func (c *Courier) onRefused(ctx context.Context, m *wire.RelayRefused) error {
	c.log.Info("the relay refuses", "what", m.What, "code", m.Code, "text", m.Text)
	switch m.What {
	case wire.TRelayMailPut:
		return c.onMailRefused(ctx, m.Code)
	case wire.TRelayMailOpen:
		c.onOpenRefused()
		return nil
	case wire.TRelayRoster, wire.TRelayVouch:
		c.noteRefusal(m.Code)
		return c.onRosterRefused(m)
	case wire.TRelayHello:
		c.noteRefusal(m.Code)
		return nil
	case wire.TSince:
		c.fetch.asked = false // asked again by and by
		return nil
	case wire.TRelayBlobHas, wire.TRelayBlobPut, wire.TRelayBlobGet:
		if c.chunks.under != nil {
			c.answered(blob.ErrClosed)
		}
		return nil
	case wire.TRelayAskRoster: // see tick
		return nil
	default:
		c.noteRefusal(m.Code)
		return nil
	}
}

func (c *Courier) noteRefusal(code wire.RelayCode) {
	c.setStatus(func(st *Status) { st.Refusals++; st.Refused = code })
}
