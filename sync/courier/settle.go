package courier

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// This file ends a round of fetching: it moves the cursor, and says how it stands.

// maybeDone moves the cursor when everything that the last answer listed is here.
func (c *Courier) maybeDone(ctx context.Context) error {
	f := &c.fetch
	if len(f.want) > 0 || f.regs > 0 {
		return nil
	}
	if !f.asked || !f.answered {
		c.settle()
		return nil
	}
	f.asked = false
	if f.whole && !f.caughtUp {
		if err := c.findLost(ctx); err != nil {
			return err
		}
	}
	if !f.skipped {
		if err := c.follow(ctx); err != nil {
			return err
		}
	}
	f.caughtUp = true
	f.current = c.caps.full[c.control] && c.caps.listed[c.control]
	if err := errors.Join(c.keepRoster(), c.putAll(), c.putRegisters(), c.nextMail(), c.lookForLetters()); err != nil {
		return err
	}
	if f.again {
		return c.ask()
	}
	c.settle()
	return nil
}

// follow keeps the cursor, here and at the relay, which may let go of what every device has.
func (c *Courier) follow(ctx context.Context) error {
	f := &c.fetch
	covered := map[op.ScopeTag]bool{}
	for tag := range c.caps.listed {
		if c.caps.full[tag] {
			covered[tag] = true
		}
	}
	to := replica.Followed{Cursor: f.upTo, Scopes: covered, Sure: f.acked == c.puts.acked, Whole: f.whole}
	if f.upTo > f.cursor || f.whole || c.puts.acked > 0 || !sameScopes(covered, c.mark.Scopes) {
		if err := c.r.FollowRelay(ctx, c.store, to); err != nil {
			return err
		}
		for tag := range c.mark.Scopes {
			if !covered[tag] {
				delete(c.mark.Scopes, tag)
			}
		}
		for tag := range covered {
			c.mark.Scopes[tag] += 0
		}
	}
	f.cursor, f.whole = f.upTo, false
	return c.send(&wire.RelayCursor{LSeq: f.cursor})
}

func sameScopes(a map[op.ScopeTag]bool, b map[op.ScopeTag]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for tag := range a {
		if _, ok := b[tag]; !ok {
			return false
		}
	}
	return true
}

// quiet tells whether nothing is under way to the relay.
func (c *Courier) quiet() bool {
	return len(c.queue) == 0 && c.pending == nil && len(c.mail.sent) == 0 && len(c.regs.under) == 0 && !c.roster.putting && !c.lettersDue() &&
		c.chunks.under == nil && (c.chunks.reported || !c.tends())
}

// settle tells people how it stands.
func (c *Courier) settle() {
	if c.welcome == nil {
		return
	}
	f := &c.fetch
	waiting := c.waiting()
	c.setStatus(func(st *Status) {
		st.Chunks = c.chunks.owed
		st.Waiting, st.Owed = waiting, len(c.puts.due)+len(c.puts.tasks)+len(c.puts.under)
		switch {
		case !c.listed():
		case len(f.want) > 0 || f.asked || f.again || !f.caughtUp || !c.allOpen():
			st.State = Syncing
		case c.state == wire.RelayFull:
			st.State, st.Behind = Full, 0
		case waiting > 0 || len(f.later) > 0 || !c.quiet():
			st.State = Syncing
		case c.chunks.full:
			st.State, st.Behind = ChunksFull, 0
		case c.chunks.owed == 0:
			st.State, st.Behind, st.SyncedAt = InSync, 0, c.now()
		default:
			st.State = Syncing
		}
	})
}

func (c *Courier) tick(ctx context.Context) error {
	f, now := &c.fetch, c.now()
	waited := now.Sub(f.progress)
	if c.welcome == nil {
		if waited > stallLimit {
			return fmt.Errorf("%w: no welcome", ErrRelay)
		}
		return nil
	}
	if c.state == wire.RelayNeedsRoster && !c.roster.putting && waited > giveWay {
		return stream.ErrEnd // the relay tells only those whose team it knows
	}
	if !c.listed() {
		if now.Sub(f.askedAt) > askGap { // keeps the stream, and hears when that has changed
			f.askedAt = now
			return c.send(&wire.RelayAskRoster{})
		}
		return nil
	}
	if (len(f.want) > 0 || f.asked && !f.answered) && f.intake.Idle() && waited > stallLimit {
		return fmt.Errorf("%w: asked-for ops do not come", ErrRelay)
	}
	if err := errors.Join(c.retryLater(), c.retryPuts(), c.keepRoster(), c.retryMail(), c.lookForLetters(), c.answerLetters(ctx)); err != nil {
		return err
	}
	gap := now.Sub(f.askedAt)
	if !f.asked && len(f.want) == 0 && (gap > askGap || f.moved && gap > askSoon || f.skipped && gap > retryAfter) {
		return c.ask()
	}
	return nil
}
