package replica

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"tongzhou/sync/op"
)

// This file does what nobody waits for: receipts, held ops, missing keys, cuts.

// haveDelay collects changes before the register is written: receipts are for people, not for the protocol.
const haveDelay = time.Second

// wantHave asks the background loop to tell a scope what is stored here. When its queue is full the scope is told with the
// next change.
func (r *Replica) wantHave(tag op.ScopeTag) {
	select {
	case r.haveCh <- tag:
	default:
	}
}

// heldEvery is how often held ops are looked at.
const heldEvery = 5 * time.Second

// healWithin is the most turns of heldEvery that healing waits: all members see the same gap at once.
const healWithin = 6

// chores writes "have" registers, each scope at most once per haveDelay, and lets held ops go when they are due,
// and hands out keys that are missing.
func (r *Replica) chores(ctx context.Context) {
	defer r.done.Done()
	pending := map[op.ScopeTag]bool{}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	held := time.NewTicker(heldEvery)
	defer held.Stop()
	healIn := 0 // ticks of held
	for {
		select {
		case <-ctx.Done():
			return
		case <-held.C:
			if err := r.JudgeHeld(ctx); err != nil && ctx.Err() == nil {
				r.log.Warn("could not judge held ops", "err", err)
			}
			switch {
			case !r.needsHealing() && !r.cutsDue.Load():
				healIn = 0
			case healIn == 0:
				healIn = 1 + r.intN(healWithin)
			default:
				if healIn--; healIn > 0 {
					continue
				}
				if err := errors.Join(r.TellCuts(ctx), r.Heal(ctx)); err != nil && ctx.Err() == nil {
					r.log.Warn("could not hand out keys", "err", err)
				}
			}
		case tag := <-r.haveCh:
			if tag == r.teamTag.control {
				continue
			}
			if len(pending) == 0 {
				timer.Reset(haveDelay)
			}
			pending[tag] = true
		case <-timer.C:
			for _, tag := range slices.SortedFunc(maps.Keys(pending), op.ScopeTag.Compare) {
				if err := r.tellHave(ctx, tag); err != nil && ctx.Err() == nil {
					r.log.Warn("could not tell what is stored", "err", err)
				}
			}
			clear(pending)
		}
	}
}
