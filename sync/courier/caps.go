package courier

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file opens scopes at the relay, and finds the keys of those whose key was changed while this device was away.

type caps struct {
	proven map[[32]byte]bool    // sent on this connection
	asked  map[op.ScopeTag]bool // a claim of these was sent
	due    [][]op.ScopeTag      // of the packets that are not answered yet
	mine   map[op.ScopeTag]bool // that this device has a claim on
	full   map[op.ScopeTag]bool
	listed map[op.ScopeTag]bool // full before the last question: the answer covers them
	lined  map[op.ScopeTag]bool // every claim of these was sent
	asking map[op.ScopeTag]bool // for epoch ops
}

func newCaps() caps {
	return caps{
		proven: map[[32]byte]bool{}, asked: map[op.ScopeTag]bool{}, full: map[op.ScopeTag]bool{}, listed: map[op.ScopeTag]bool{},
		lined: map[op.ScopeTag]bool{}, asking: map[op.ScopeTag]bool{},
	}
}

// claim sends what is not proven yet: of the scopes that the mark covers, or of the others, of these the whole line, so that
// the relay learns what the epochs before were.
func (c *Courier) claim(covered bool) error {
	var list []replica.RelayClaim
	done := map[op.ScopeTag]bool{}
	c.caps.mine = map[op.ScopeTag]bool{}
	for _, x := range c.r.RelayClaims() {
		c.caps.mine[x.Tag] = true
		if _, before := c.mark.Scopes[x.Tag]; before != covered || c.caps.proven[x.Cap.Pub()] {
			continue
		}
		if covered || c.caps.lined[x.Tag] {
			list = append(list, x)
			continue
		}
		if !done[x.Tag] {
			done[x.Tag] = true
			list = append(list, c.line(x.Tag)...)
		}
	}
	return c.prove(list)
}

// maxLine bounds the claims of one scope that are sent.
const maxLine = 64

// line is every claim of a scope that was not sent yet.
func (c *Courier) line(tag op.ScopeTag) []replica.RelayClaim {
	c.caps.lined[tag] = true
	line := slices.DeleteFunc(c.r.RelayLine(tag), func(x replica.RelayClaim) bool { return c.caps.proven[x.Cap.Pub()] })
	return line[max(0, len(line)-maxLine):]
}

// prove sends claims.
func (c *Courier) prove(list []replica.RelayClaim) error {
	for part := range slices.Chunk(list, wire.MaxRelayCaps/4) { // with all their parents they fit a packet
		m := &wire.RelayCaps{}
		var tags []op.ScopeTag
		for i := range part {
			x := &part[i]
			pub := x.Cap.Pub()
			w := wire.RelayCap{Tag: x.Tag, Ref: x.Ref, Pub: pub, Proof: x.Cap.Sign(wire.CapProof(c.welcome.Store, c.welcome.Nonce, c.self, x.Tag, pub))}
			for _, before := range x.Earlier {
				w.Parents = append(w.Parents, wire.RelayParent{Pub: before.Pub(), Sig: before.Sign(wire.CapFollows(x.Tag, pub))})
			}
			c.caps.proven[pub], c.caps.asked[x.Tag] = true, true
			m.Caps = append(m.Caps, w)
			tags = append(tags, x.Tag)
		}
		c.caps.due = append(c.caps.due, tags)
		if err := c.send(m); err != nil {
			return err
		}
	}
	return nil
}

// onScopes hears what is open. As the answer to claims, the best of a scope's lines counts; unasked, it says that another
// device changed the key.
func (c *Courier) onScopes(m *wire.RelayScopes) error {
	states := map[op.ScopeTag]wire.ScopeState{}
	tags := make([]op.ScopeTag, 0, len(m.Scopes))
	for _, s := range m.Scopes {
		if !c.caps.asked[s.Tag] {
			return fmt.Errorf("%w: a scope that nobody asked about", ErrRelay)
		}
		tags = append(tags, s.Tag)
		if old, ok := states[s.Tag]; !ok || s.State < old {
			states[s.Tag] = s.State
		}
	}
	if len(c.caps.due) > 0 && slices.Equal(c.caps.due[0], tags) {
		c.caps.due = c.caps.due[1:]
	}
	var again []replica.RelayClaim
	for tag, state := range states {
		switch state {
		case wire.ScopeFull:
			c.caps.full[tag] = true
			c.hearNews()
		case wire.ScopeEpochs:
			delete(c.caps.full, tag) // until the new key is proven; then the relay lists the scope whole
			delete(c.caps.listed, tag)
			delete(c.puts.looked, tag)
			c.fetch.current = c.fetch.current && tag != c.control
			if err := c.askEpochs(tag, 0); err != nil {
				return err
			}
		case wire.ScopeUnknown:
			if c.caps.full[tag] {
				continue // by another of its claims
			}
			if !c.caps.lined[tag] {
				again = append(again, c.line(tag)...)
			}
		default:
			c.log.Info("the relay does not take a claim", "scope", fmt.Sprintf("%x", tag[:4]), "state", state)
			if !c.caps.full[tag] {
				c.noteRefusal(wire.RelayNoRight)
			}
		}
	}
	if err := c.prove(again); err != nil {
		return err
	}
	if len(c.caps.due) == 0 { // all are answered: what became full is listed now, and asked about together
		return c.askIfOpened()
	}
	return nil
}

// askIfOpened asks again when scopes became full since the last question, so that the cursor covers them.
func (c *Courier) askIfOpened() error {
	for tag := range c.caps.full {
		if !c.caps.listed[tag] {
			c.fetch.again = true
			return c.maybeAsk()
		}
	}
	return nil
}

func (c *Courier) askEpochs(tag op.ScopeTag, after int64) error {
	if c.caps.asking[tag] && after == 0 {
		return nil
	}
	c.caps.asking[tag] = true
	return c.send(&wire.RelayAskEpochs{Tag: tag, After: after})
}

// onKeys takes epoch ops that came ahead of their feeds. Those of devices that are not known here only serve to open the scope,
// in which it may stand who they are.
func (c *Courier) onKeys(ctx context.Context, m *wire.Keys) error {
	strangers, err := c.learnKeys(ctx, m.Raw)
	if err != nil {
		return err
	}
	for _, x := range c.r.RelayPeek(strangers) {
		if !c.caps.proven[x.Cap.Pub()] {
			if err := c.prove([]replica.RelayClaim{x}); err != nil {
				return err
			}
		}
	}
	return c.reclaim()
}

// learnKeys hands epoch ops to the replica and returns those that it cannot verify yet.
func (c *Courier) learnKeys(ctx context.Context, raws [][]byte) (strangers [][]byte, err error) {
	err = c.r.LearnKeys(ctx, raws)
	switch {
	case errors.Is(err, replica.ErrInvalid):
		return nil, fmt.Errorf("%w: %w", ErrRelay, err)
	case !errors.Is(err, replica.ErrStranger):
		return nil, err
	}
	for i := range raws {
		err := c.r.LearnKeys(ctx, raws[i:i+1])
		switch {
		case errors.Is(err, replica.ErrStranger):
			strangers = append(strangers, raws[i])
		case errors.Is(err, replica.ErrInvalid):
			return nil, fmt.Errorf("%w: %w", ErrRelay, err)
		case err != nil:
			return nil, err
		}
	}
	return strangers, nil
}

func (c *Courier) onEpochs(m *wire.RelayEpochs) error {
	delete(c.caps.asking, m.Tag)
	if m.More {
		return c.askEpochs(m.Tag, m.UpTo)
	}
	return nil
}

// reclaim proves what was learned since.
func (c *Courier) reclaim() error {
	if !c.begun || !c.listed() {
		return nil
	}
	if err := c.claim(true); err != nil {
		return err
	}
	return c.claim(false)
}

// opens tells whether ops of the scope may be exchanged with the relay now.
func (c *Courier) opens(tag op.ScopeTag) bool { return c.caps.full[tag] }

// allOpen tells whether every scope that this device claims is open, and was listed.
func (c *Courier) allOpen() bool {
	if len(c.caps.due) > 0 || len(c.caps.asking) > 0 {
		return false
	}
	for tag := range c.caps.mine {
		if !c.caps.full[tag] || !c.caps.listed[tag] {
			return false
		}
	}
	return true
}
