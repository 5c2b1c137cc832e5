package app

import (
	"context"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// Why a device that has a team may do nothing any more (R16, R17, R20, R21), as phases of the state.
const (
	phaseFrozen    = "frozen"
	phaseRemoved   = "removed"
	phaseSignedOut = "signed_out"
)

// ended is the end of this device's rights, as far as it is known here; zero while it has them.
type ended struct {
	phase string
	since string // RFC 3339
	by    string // name; "" for who left
	// What the screen that says it shows, since the directory answers no more.
	name, team string
}

func (e ended) same(other ended) bool { return e.phase == other.phase && e.since == other.since }

func (a *App) ending() ended {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.ended
}

func (a *App) setEnded(e ended) (changed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended.same(e) {
		return false
	}
	a.ended = e
	return true
}

// standing reads from the control log whether this device and its person still belong to the team, and what ended that.
func (t *team) standing() (phase string, r authority.Removal) {
	auth := t.replica.Authority()
	self := t.id.Device.ID
	switch auth.Standing(t.id.Root.ID) {
	case authority.StandingFrozen:
		r, _ := auth.Removal(t.id.Root.ID)
		return phaseFrozen, r
	case authority.StandingRemoved, authority.StandingLeft:
		r, _ := auth.Removal(t.id.Root.ID)
		return phaseRemoved, r
	}
	if d, known := auth.Device(self); known && d.Revoked {
		for _, r := range auth.Removals() {
			if r.Device == self {
				return phaseSignedOut, r
			}
		}
		return phaseSignedOut, authority.Removal{}
	}
	return "", authority.Removal{}
}

// checkStanding notes whether this device has rights.
func (t *team) checkStanding() {
	phase, r := t.standing()
	e := ended{phase: phase}
	if r.Op != (op.ID{}) {
		e.since = timestamp(r.At.Wall())
	}
	if e.same(t.app.ending()) {
		return
	}
	if db := t.app.database(); db != nil && phase != "" {
		people := t.people(db)
		names := people.Names()
		e.name, e.team = names(t.id.Root.ID), people.TeamName()
		if r.By != t.id.Root.ID || phase == phaseSignedOut { // who left did it themselves
			e.by = names(r.By)
		}
	}
	if !t.app.setEnded(e) {
		return
	}
	t.app.forget() // what was read while it was allowed
	if phase != "" {
		t.app.log.Warn("this device may do nothing any more", "phase", phase, "since", e.since)
	}
	t.app.bus.Publish("state", nil)
}

// follow runs the features while this device has rights. The network goes on: only from colleagues it hears that it has them
// again.
func (t *team) follow(ctx context.Context) {
	for {
		t.app.followStaffNo()
		if allowed := t.app.refusal() == nil; allowed != t.featuresRun {
			if allowed {
				t.startFeatures(ctx)
			} else if err := t.stopFeatures(); err != nil {
				t.app.log.Error("stop features", "err", err)
			}
		}
		if t.featuresRun {
			t.tellRescue(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.turned:
		}
	}
}

// turn makes follow look again.
func (t *team) turn() {
	select {
	case t.turned <- struct{}{}:
	default: // it will look after all of them
	}
}

func (t *team) startFeatures(ctx context.Context) {
	t.featuresRun = true
	for _, m := range t.app.modules {
		if m.Start == nil {
			continue
		}
		if err := m.Start(ctx); err != nil {
			t.app.log.Error("start feature", "feature", m.Name, "err", err)
		}
	}
}
