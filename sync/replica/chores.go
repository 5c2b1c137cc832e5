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

// haveStep collects changes before the register is written: receipts are for people, not for the protocol.
const haveStep = time.Second

// haveSteps is how many steps a scope waits. In one of many devices each gets the registers of all, several times over, so
// there they wait longer: some ten come in a step.
func (r *Replica) haveSteps(tag op.ScopeTag) int {
	if sc := r.world.Load().scopes[tag]; sc != nil {
		return max(1, len(sc.readers)/10)
	}
	return 1
}

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

// The most turns of heldEvery that something waits which all members see at once and one of them does: handing out missing
// keys, saying how far somebody who was removed wrote, until when people may miss words that count, and saying what is past
// keeping.
const (
	healWithin = 6
	tellWithin = 2
	pastWithin = 60
)

// pastEvery is how many turns of heldEvery lie between looks for what is past keeping: a day.
const pastEvery = int(24 * time.Hour / heldEvery)

// turn is when it is this device's turn to do what any member may do.
type turn struct{ in int }

// comes tells, once every heldEvery, whether the turn has come. While nothing is due none is drawn.
func (t *turn) comes(due bool, draw func() int) bool {
	switch {
	case !due:
		t.in = 0
	case t.in == 0:
		t.in = 1 + draw()
	default:
		t.in--
		return t.in == 0
	}
	return false
}

// chores writes "have" registers, each scope at most once per haveStep, lets held ops go when they are due,
// hands out keys that are missing, and says and does what history's horizons ask for.
func (r *Replica) chores(ctx context.Context) {
	defer r.done.Done()
	pending := map[op.ScopeTag]int{} // steps that scopes still wait
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	held := time.NewTicker(heldEvery)
	defer held.Stop()
	var heal, tell turn
	past := 1 + r.intN(pastWithin)
	for {
		select {
		case <-ctx.Done():
			return
		case <-held.C:
			if err := r.JudgeHeld(ctx); err != nil && ctx.Err() == nil {
				r.log.Warn("could not judge held ops", "err", err)
			}
			var err error
			if tell.comes(r.cutsDue.Load(), func() int { return r.intN(tellWithin) }) {
				err = r.TellCuts(ctx)
			}
			if heal.comes(r.needsHealing(), func() int { return r.intN(healWithin) }) {
				err = errors.Join(err, r.Heal(ctx))
			}
			if past--; past == 0 {
				past = pastEvery
				err = errors.Join(err, r.WriteHorizons(ctx))
			}
			err = errors.Join(err, r.expireSome(ctx))
			if err != nil && ctx.Err() == nil {
				r.log.Warn("could not say cuts, hand out keys or let history go", "err", err)
			}
		case tag := <-r.haveCh:
			if tag == r.teamTag.control {
				continue
			}
			if _, waits := pending[tag]; waits {
				continue
			}
			if len(pending) == 0 {
				timer.Reset(haveStep)
			}
			pending[tag] = r.haveSteps(tag)
		case <-timer.C:
			for _, tag := range slices.SortedFunc(maps.Keys(pending), op.ScopeTag.Compare) {
				if pending[tag]--; pending[tag] > 0 {
					continue
				}
				delete(pending, tag)
				if err := r.tellHave(ctx, tag); err != nil && ctx.Err() == nil {
					r.log.Warn("could not tell what is stored", "err", err)
				}
			}
			if len(pending) > 0 {
				timer.Reset(haveStep)
			}
		}
	}
}
