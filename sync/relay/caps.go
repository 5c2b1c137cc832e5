package relay

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// scope is what this connection may do in a scope, and by which caps.
type scope struct {
	state wire.ScopeState
	pubs  [][32]byte // heads that were proven on this connection
	rev   int64      // of the team when the last of them was
}

func (c *conn) full(tag op.ScopeTag) bool {
	s := c.scopes[tag]
	return s != nil && s.state == wire.ScopeFull
}

// onCaps checks proofs, registers caps that are new, and opens the scopes.
func (c *conn) onCaps(ctx context.Context, m *wire.RelayCaps) error {
	states := make([]wire.ScopeState, len(m.Caps))
	proven := make([]bool, len(m.Caps))
	for i := range m.Caps {
		p := &m.Caps[i]
		signed := wire.CapProof(c.r.store.ID(), c.nonce, c.device, p.Tag, p.Pub)
		proven[i] = ed25519.Verify(p.Pub[:], signed, p.Proof[:])
	}
	var rev int64
	err := c.write(ctx, func(tx store.Tx) error {
		for i := range m.Caps {
			states[i] = wire.ScopeRefused
			if !proven[i] || c.tooManyScopes(m.Caps[i].Tag) {
				continue
			}
			state, err := c.registerCap(ctx, tx, &m.Caps[i])
			if err != nil {
				return err
			}
			states[i] = state
		}
		t, _, err := tx.TeamByNo(ctx, c.no)
		rev = t.Rev
		return err
	})
	if errors.Is(err, store.ErrFull) {
		rev, err = c.team.Rev, c.lookUp(ctx, m.Caps, proven, states)
	}
	if err != nil {
		return err
	}
	return c.openScopes(ctx, m.Caps, states, rev)
}

// lookUp finds out what proven caps open when nothing can be registered: what is there is served from a full disk too.
func (c *conn) lookUp(ctx context.Context, caps []wire.RelayCap, proven []bool, states []wire.ScopeState) error {
	for i := range caps {
		if states[i] = wire.ScopeRefused; !proven[i] || c.tooManyScopes(caps[i].Tag) {
			continue
		}
		known, err := c.r.store.Caps(ctx, c.no, caps[i].Tag)
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		states[i] = wire.ScopeUnknown
		for k := range known {
			if known[k].Pub == caps[i].Pub {
				states[i] = stateOf(&known[k])
			}
		}
	}
	return nil
}

// stateOf is what a known cap opens.
func stateOf(k *store.Cap) wire.ScopeState {
	if k.Head {
		return wire.ScopeFull
	}
	return wire.ScopeEpochs
}

func (c *conn) tooManyScopes(tag op.ScopeTag) bool {
	return c.scopes[tag] == nil && len(c.scopes) >= wire.MaxRelayTags
}

// registerCap finds out what a proven cap opens. A cap that nobody knows is registered if it is the scope's first, or if a
// known one signed it, which it then supersedes.
func (c *conn) registerCap(ctx context.Context, tx store.Tx, p *wire.RelayCap) (wire.ScopeState, error) {
	known, err := tx.Caps(ctx, c.no, p.Tag)
	if err != nil {
		return 0, err
	}
	byPub := map[[32]byte]*store.Cap{}
	heads := 0
	for i := range known {
		byPub[known[i].Pub] = &known[i]
		if known[i].Head {
			heads++
		}
	}
	if k := byPub[p.Pub]; k != nil {
		return stateOf(k), tx.PutCap(ctx, c.no, p.Tag, *k, c.device)
	}
	over := parents(byPub, p)
	if len(known) > 0 && len(over) == 0 {
		return wire.ScopeUnknown, nil
	}
	t, ok, err := tx.TeamByNo(ctx, c.no)
	if err != nil || !ok || t.Bytes+capCost > c.r.cfg.Limits.TeamBytes || len(known) >= maxCaps {
		return wire.ScopeRefused, err
	}
	if err := tx.Supersede(ctx, c.no, p.Tag, over); err != nil {
		return 0, err
	}
	mine, err := tx.CapsBy(ctx, c.no, p.Tag, c.device)
	if err != nil {
		return 0, err
	}
	for _, pub := range over {
		if byPub[pub].Head {
			heads--
		}
	}
	if heads >= maxHeads || mine >= maxHeadsBy { // what was superseded above was so by right: the scope has moved on
		return wire.ScopeRefused, tx.NextRev(ctx, c.no)
	}
	if err := tx.PutCap(ctx, c.no, p.Tag, store.Cap{Pub: p.Pub, Ref: p.Ref, Head: true}, c.device); err != nil {
		return 0, err
	}
	if err := tx.AddBytes(ctx, c.no, capCost); err != nil {
		return 0, err
	}
	return wire.ScopeFull, tx.NextRev(ctx, c.no)
}

// parents are the known caps that signed p.
func parents(known map[[32]byte]*store.Cap, p *wire.RelayCap) (over [][32]byte) {
	signed := wire.CapFollows(p.Tag, p.Pub)
	for i := range p.Parents {
		q := &p.Parents[i]
		if known[q.Pub] != nil && !slices.Contains(over, q.Pub) && ed25519.Verify(q.Pub[:], signed, q.Sig[:]) {
			over = append(over, q.Pub)
		}
	}
	return over
}

// openScopes takes note of what caps opened, answers, and lists what is in scopes that the device reads from now on.
func (c *conn) openScopes(ctx context.Context, caps []wire.RelayCap, states []wire.ScopeState, rev int64) error {
	answer := &wire.RelayScopes{}
	var opened []op.ScopeTag
	for i := range caps {
		tag, state := caps[i].Tag, states[i]
		if state == wire.ScopeFull || state == wire.ScopeEpochs {
			s := c.scopes[tag]
			if s == nil {
				s = &scope{}
				c.scopes[tag] = s
			}
			s.rev = rev
			if state == wire.ScopeFull && !slices.Contains(s.pubs, caps[i].Pub) {
				if len(s.pubs) == maxHeads { // a scope has no more heads: the oldest is none any more
					s.pubs = s.pubs[1:]
				}
				s.pubs = append(s.pubs, caps[i].Pub)
			}
			if state == wire.ScopeFull && s.state != wire.ScopeFull {
				opened = append(opened, tag)
			}
			if s.state != wire.ScopeFull {
				s.state = state
			}
		}
		answer.Scopes = append(answer.Scopes, wire.RelayScope{Tag: tag, State: state})
	}
	if err := c.send(answer); err != nil {
		return err
	}
	return c.show(ctx, opened)
}

// show notes since when the device reads scopes, so that cursors from before do not hide what is in them, and lists them if
// the device has already asked what there is.
func (c *conn) show(ctx context.Context, tags []op.ScopeTag) error {
	fresh := slices.DeleteFunc(slices.Clone(tags), func(tag op.ScopeTag) bool { return c.shown[tag] != 0 })
	if len(fresh) > 0 {
		var lseq int64
		err := c.write(ctx, func(tx store.Tx) (err error) {
			if lseq, err = tx.Next(ctx, c.no); err != nil {
				return err
			}
			for _, tag := range fresh {
				if err := tx.SetShown(ctx, c.no, c.device, tag, lseq); err != nil {
					return err
				}
			}
			return nil
		})
		if errors.Is(err, store.ErrFull) {
			lseq = math.MaxInt64 // it cannot be noted: on this connection they are listed whole each time
		} else if err != nil {
			return err
		}
		for _, tag := range fresh {
			c.shown[tag] = lseq
		}
	}
	if !c.serving {
		return nil
	}
	for _, tag := range tags {
		if err := c.list(ctx, tag); err != nil {
			return err
		}
	}
	return nil
}

// recheckCaps follows a change of caps: what was superseded opens epoch ops only. What was proven after the heads were read is
// not judged by them.
func (c *conn) recheckCaps(heads map[op.ScopeTag][][32]byte, rev int64) error {
	answer := &wire.RelayScopes{}
	for tag, s := range c.scopes {
		if s.rev > rev {
			continue
		}
		state := wire.ScopeEpochs
		if slices.ContainsFunc(s.pubs, func(pub [32]byte) bool { return slices.Contains(heads[tag], pub) }) {
			state = wire.ScopeFull
		}
		if state == wire.ScopeEpochs && s.state == wire.ScopeFull {
			s.state = state
			c.dropTasks(tag)
			answer.Scopes = append(answer.Scopes, wire.RelayScope{Tag: tag, State: state})
		}
	}
	if len(answer.Scopes) == 0 {
		return nil
	}
	return c.send(answer)
}

// dropTasks stops serving a scope.
func (c *conn) dropTasks(tag op.ScopeTag) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, t := range c.byFeed {
		if k.Tag == tag {
			t.to = 0 // below next: the task is over
		}
	}
	c.dropDownloads(tag)
}
