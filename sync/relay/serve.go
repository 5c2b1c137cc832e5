package relay

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// onSince lists what changed since the device's cursor, in the scopes that it has opened: registers first, because the device
// moves its cursor after the list of feeds that ends the answer.
func (c *conn) onSince(ctx context.Context, m *wire.Since) error {
	forgotten := c.forgetClosed(ctx)
	if forgotten != nil && !errors.Is(forgotten, store.ErrFull) {
		return forgotten
	}
	t, err := c.readTeam(ctx) // before reading: what comes later is announced, or listed again
	if err != nil {
		return err
	}
	var answer []wire.Message
	regs, err := c.registersSince(ctx, m.LSeq)
	if err != nil {
		return err
	}
	answer = append(answer, registerMessages(regs)...)
	feeds, err := c.feedsSince(ctx, m.LSeq)
	if err != nil {
		return err
	}
	for {
		n := min(len(feeds), wire.MaxDeltaFeeds)
		d := &wire.Delta{Control: m.Control, More: n < len(feeds)}
		if !d.More {
			d.UpTo = t.LSeq
			if forgotten != nil {
				d.UpTo = m.LSeq // the cursor must not pass what could not be noted as left out
			}
		}
		for i := range feeds[:n] {
			d.Feeds = append(d.Feeds, feeds[i].State())
		}
		answer = append(answer, d)
		if feeds = feeds[n:]; !d.More {
			break
		}
	}
	c.serving, c.told = true, max(c.told, t.LSeq)
	return c.sendList(answer...)
}

// forgetClosed notes that the device does not read scopes which it has not opened this time: its cursor passes what is put
// there, so that they are listed whole when it opens them again.
func (c *conn) forgetClosed(ctx context.Context) error {
	var closed []op.ScopeTag
	for tag := range c.shown {
		if !c.full(tag) {
			closed = append(closed, tag)
		}
	}
	if len(closed) == 0 {
		return nil
	}
	err := c.write(ctx, func(tx store.Tx) error {
		for _, tag := range closed {
			if err := tx.DropShown(ctx, c.no, c.device, tag); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, tag := range closed {
		delete(c.shown, tag)
	}
	return nil
}

// feedsSince lists feeds of open scopes that changed, and whole scopes that were opened since.
func (c *conn) feedsSince(ctx context.Context, since int64) ([]store.Feed, error) {
	changed, err := c.r.store.Changed(ctx, c.no, since)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return listed(c, since, changed, func(f *store.Feed) op.ScopeTag { return f.Tag }, func(tag op.ScopeTag) ([]store.Feed, error) {
		return c.r.store.Scope(ctx, c.no, tag)
	})
}

// registersSince does the same with registers.
func (c *conn) registersSince(ctx context.Context, since int64) ([]store.Register, error) {
	changed, err := c.r.store.Registers(ctx, c.no, since)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return listed(c, since, changed, func(r *store.Register) op.ScopeTag { return r.Tag }, func(tag op.ScopeTag) ([]store.Register, error) {
		return c.r.store.ScopeRegisters(ctx, c.no, tag)
	})
}

// listed is what is whole of the scopes that were opened since, then what changed of those that were open before.
func listed[T any](c *conn, since int64, changed []T, tagOf func(*T) op.ScopeTag, whole func(op.ScopeTag) ([]T, error)) ([]T, error) {
	var out []T
	for tag, at := range c.shown {
		if at <= since || !c.full(tag) || since == 0 {
			continue
		}
		all, err := whole(tag)
		if err != nil {
			return nil, fmt.Errorf("relay: %w", err)
		}
		out = append(out, all...)
	}
	for i := range changed {
		if tag := tagOf(&changed[i]); c.full(tag) && (since == 0 || c.shown[tag] <= since) {
			out = append(out, changed[i])
		}
	}
	return out, nil
}

// registerMessages packs registers into messages.
func registerMessages(regs []store.Register) (out []wire.Message) {
	m := &wire.Registers{}
	size := 0
	for i := range regs {
		if len(m.Raw) == wire.MaxRegisters || len(m.Raw) > 0 && size+len(regs[i].Raw) > wire.MaxFrameBytes {
			out = append(out, m)
			m, size = &wire.Registers{}, 0
		}
		m.Raw = append(m.Raw, regs[i].Raw)
		size += len(regs[i].Raw)
	}
	if len(m.Raw) > 0 {
		out = append(out, m)
	}
	return out
}

// announce tells of feeds and registers that somebody else put.
func (c *conn) announce(feeds []store.Feed, regs []store.Register) error {
	var out []wire.Message
	var mine []store.Register
	for i := range regs {
		if c.full(regs[i].Tag) && regs[i].Device != c.device {
			mine = append(mine, regs[i])
		}
	}
	out = append(out, registerMessages(mine)...)
	have := &wire.Have{}
	c.mu.Lock()
	for i := range feeds {
		f := &feeds[i]
		if !c.full(f.Tag) || c.sent[f.FeedKey] >= f.Len {
			continue
		}
		if len(have.Feeds) == wire.MaxDeltaFeeds {
			out = append(out, have)
			have = &wire.Have{}
		}
		have.Feeds = append(have.Feeds, f.State())
	}
	c.mu.Unlock()
	if len(have.Feeds) > 0 {
		out = append(out, have)
	}
	return c.send(out...)
}

// list announces a whole scope.
func (c *conn) list(ctx context.Context, tag op.ScopeTag) error {
	feeds, err := c.r.store.Scope(ctx, c.no, tag)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	regs, err := c.r.store.ScopeRegisters(ctx, c.no, tag)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	return c.announce(feeds, regs)
}

// catchUp announces what changes told too fast have left out.
func (c *conn) catchUp(ctx context.Context) error {
	t, err := c.readTeam(ctx)
	if err != nil {
		return err
	}
	feeds, err := c.r.store.Changed(ctx, c.no, c.told)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	regs, err := c.r.store.Registers(ctx, c.no, c.told)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	c.told = t.LSeq
	return c.announce(feeds, regs)
}

// onWant queues ops, if the scope is open. What is not does not exist for the device.
func (c *conn) onWant(ctx context.Context, m *wire.Want) error {
	if !c.full(m.Tag) {
		return nil
	}
	f, ok, err := c.r.store.Feed(ctx, c.no, m.Key())
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	if !ok || m.From > f.Len {
		return nil
	}
	if m.From < f.First {
		return c.send(&wire.RelayGone{Tag: m.Tag, Device: m.Device, Incarnation: m.Incarnation, From: f.First})
	}
	to := min(m.To, f.Len)
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.byFeed[m.Key()]; t != nil && t.next <= t.to {
		t.next, t.to = min(t.next, m.From), max(t.to, to)
		return nil
	}
	if len(c.byFeed) >= maxWanted {
		return fmt.Errorf("%w: wants too many feeds at a time", ErrPeer)
	}
	t := &task{key: m.Key(), no: f.No, next: m.From, to: to}
	c.byFeed[t.key] = t
	if m.Urgent {
		c.urgent = append(c.urgent, t)
	} else {
		c.tasks = append(c.tasks, t)
	}
	c.poke()
	return nil
}

// onAskEpochs hands over epoch ops, also by a superseded cap: a late device finds its box in them.
func (c *conn) onAskEpochs(ctx context.Context, m *wire.RelayAskEpochs) error {
	if c.scopes[m.Tag] == nil {
		return c.refused(wire.TRelayAskEpochs, wire.RelayNoRight, "no cap of this scope was proven")
	}
	raw, upTo, more, err := c.r.store.Epochs(ctx, c.no, m.Tag, m.After, wire.MaxKeys)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	var out []wire.Message
	for len(raw) > 0 {
		n := min(len(raw), wire.MaxKeys)
		size := 0
		for i := range raw[:n] {
			if size += len(raw[i]); size > wire.MaxFrameBytes && i > 0 {
				n = i
				break
			}
		}
		out = append(out, &wire.Keys{Raw: raw[:n:n]})
		raw = raw[n:]
	}
	return c.send(append(out, &wire.RelayEpochs{Tag: m.Tag, UpTo: upTo, More: more})...)
}

// onCredit takes bytes of the window back.
func (c *conn) onCredit(m *wire.Credit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.window = min(c.window+int(m.Bytes), wire.Window)
	c.poke()
}

// onCursor notes what the device has stored.
func (c *conn) onCursor(ctx context.Context, m *wire.RelayCursor) error {
	if m.LSeq <= c.cursor {
		return nil
	}
	t, err := c.readTeam(ctx)
	if err != nil {
		return err
	}
	c.cursor = min(m.LSeq, t.LSeq)
	now := c.r.cfg.Now().UnixMilli()
	return c.note(ctx, func(tx store.Tx) error {
		if err := tx.SetCursor(ctx, c.no, c.device, c.cursor); err != nil {
			return err
		}
		return tx.Seen(ctx, c.no, c.device, now)
	})
}
