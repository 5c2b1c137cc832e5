package courier

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file exchanges registers: up go this device's own, down comes what others left.

type registers struct {
	under []map[op.ScopeTag]int64 // messages not answered yet: own registers of scopes up to arrival numbers
	sent  map[op.ScopeTag]int64
}

// putRegisters leaves the own registers that changed in the scopes that the cursor covers.
func (c *Courier) putRegisters() error {
	g := &c.regs
	if g.sent == nil {
		g.sent = map[op.ScopeTag]int64{}
	}
	if c.state != wire.RelayOK {
		return nil
	}
	m, upTo, size := &wire.Registers{}, map[op.ScopeTag]int64{}, 0
	flush := func() error {
		if len(m.Raw) == 0 {
			return nil
		}
		g.under = append(g.under, upTo)
		err := c.send(m)
		m, upTo, size = &wire.Registers{}, map[op.ScopeTag]int64{}, 0
		return err
	}
	for tag, stored := range c.mark.Scopes {
		if !c.opens(tag) {
			continue
		}
		raws, last, err := c.r.OwnRegisters(tag, max(stored, g.sent[tag]))
		if err != nil {
			return err
		}
		for _, raw := range raws {
			if len(m.Raw) == wire.MaxRegisters || size+len(raw) > wire.MaxFrameBytes {
				if err := flush(); err != nil {
					return err
				}
			}
			m.Raw, size = append(m.Raw, raw), size+len(raw)
		}
		if len(raws) > 0 { // the last message of several answers for all: they are answered in order
			upTo[tag], g.sent[tag] = last, last
		}
	}
	return flush()
}

func (c *Courier) onRegistersStored(ctx context.Context, m *wire.RelayRegistersStored) error {
	g := &c.regs
	if len(g.under) == 0 {
		return fmt.Errorf("%w: unasked answer to registers", ErrRelay)
	}
	upTo := g.under[0]
	g.under = g.under[1:]
	defer c.settle()
	if m.Refused > 0 { // left again on the next connection
		c.log.Info("the relay did not take registers", "refused", m.Refused)
		return nil
	}
	for tag, n := range upTo {
		if _, covered := c.mark.Scopes[tag]; covered {
			c.mark.Scopes[tag] = max(c.mark.Scopes[tag], n)
		}
	}
	return c.r.RelayRegisters(ctx, c.store, upTo)
}

// onRegisters takes what others left.
func (c *Courier) onRegisters(ctx context.Context, m *wire.Registers) error {
	var regs []op.Register
	var raws [][]byte
	for _, raw := range m.Raw {
		reg, err := c.r.VerifyRegister(raw)
		if errors.Is(err, replica.ErrStranger) {
			c.fetch.skipped = true
			continue
		}
		if errors.Is(err, replica.ErrStored) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrRelay, err)
		}
		if reg.Device != c.self {
			regs, raws = append(regs, reg), append(raws, raw)
		}
	}
	if len(regs) == 0 {
		return nil
	}
	c.fetch.regs++
	c.r.IngestRegisters(ctx, regs, raws, func(err error) {
		c.notes.Put(func(n *notes) { n.stored = append(n.stored, stored{registers: true, err: err}) })
	})
	return nil
}
