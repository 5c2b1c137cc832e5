package replica

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file makes keys and hands them out.

// RotateAfter is how long a key is written under unless Config.RotateEvery says otherwise.
const RotateAfter = 30 * 24 * time.Hour

func (r *Replica) rotateEvery() time.Duration { return time.Duration(r.rotateAfter.Load()) }

// SetRotateEvery changes how long a key is written under.
func (r *Replica) SetRotateEvery(d time.Duration) {
	if d <= 0 {
		d = RotateAfter
	}
	r.rotateAfter.Store(int64(d))
	r.epochs.mu.Lock()
	defer r.epochs.mu.Unlock()
	clear(r.epochs.now)
}

// payDebt returns the epoch to write the next own op of a scope under, after making a new one if that is due (SPEC K6).
// Errors: ErrRemoved, ErrDenied, ErrNoKey.
func (r *Replica) payDebt(p *projector, s *scope, kind op.Kind) (*epoch, error) {
	if err := r.mayWrite(s); err != nil {
		return nil, err
	}
	l := lineFor(s, kind)
	x, err := r.current(p.tx, s, l)
	if x != nil || err != nil {
		return x, err
	}
	return r.rotate(p, s, l)
}

// rotate makes the next epoch of a line. All that nothing follows yet are its parents, so that concurrent ones come together
// again.
func (r *Replica) rotate(p *projector, s *scope, l line) (*epoch, error) {
	pic := r.picture(r.world.Load(), s, l)
	heads := pic.heads[:min(len(pic.heads), keys.MaxParents)]
	if len(heads) == 0 && !s.startsBare(r.epochs.all(s.tag)) {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, s.id)
	}
	return r.newEpoch(p, s.id, l, heads, s.history, r.recipients(s))
}

// startsBare tells whether somebody may make the first epoch of a scope at any time: where nobody founds it.
func (s *scope) startsBare(known []*epoch) bool {
	return len(known) == 0 && (s.kind == ScopeSelf || s.kind == ScopeDepartment)
}

// newEpoch makes an epoch of a line and announces it.
func (r *Replica) newEpoch(p *projector, id op.ScopeID, l line, parents []*epoch, history keys.History, to []keys.Recipient) (*epoch, error) {
	before := make([]keys.Epoch, 0, len(parents))
	for _, x := range parents {
		before = append(before, x.private(id))
	}
	e, err := keys.NewEpoch(rand.Reader, id, before...)
	if err != nil {
		return nil, err
	}
	if l.log {
		history = keys.FullHistory
	}
	n, adds, err := e.Announce(rand.Reader, r.id.Team, history, before, r.world.Load().auth.Digest(), to)
	if err != nil {
		return nil, err
	}
	n.Log = l.log
	if err := r.ensureScope(p.tx, l.tag); err != nil {
		return nil, err
	}
	// Kept before it is announced: this device need not open its own box.
	if err := r.keepEpoch(p, l.tag, r.id.Device.ID, &e); err != nil {
		return nil, err
	}
	if _, err := r.appendOwn(p, l.tag, nil, op.Epoch, keys.TypeEpochNew, nil, n, nil); err != nil {
		return nil, err
	}
	return r.epochs.get(l.tag, e.Ref), r.announceMore(p, l.tag, adds)
}

func (r *Replica) announceMore(p *projector, tag op.ScopeTag, adds []keys.EpochAdd) error {
	for i := range adds {
		if _, err := r.appendOwn(p, tag, nil, op.Epoch, keys.TypeEpochAdd, nil, adds[i], nil); err != nil {
			return err
		}
	}
	return nil
}

// seal hands one epoch to further devices.
func (r *Replica) seal(p *projector, s *scope, x *epoch, to []keys.Recipient) error {
	if len(to) == 0 {
		return nil
	}
	e := x.private(s.id)
	adds, err := e.Add(r.id.Team, to)
	if err != nil {
		return err
	}
	return r.announceMore(p, s.tag, adds)
}

// handOver seals the keys that this device holds for a scope to further devices: the newest, from which the earlier ones
// follow, and those that nothing leads to. Where newcomers read content only from their joining on, they get none of the
// content; all says that it is for a device of somebody who could read it.
func (r *Replica) handOver(p *projector, s *scope, all bool, to []keys.Recipient) error {
	follows := map[op.EpochRef]bool{} // from what was handed over
	for _, x := range slices.Backward(r.epochs.all(s.tag)) {
		if !x.held() || !x.announced || s.history == keys.FromJoining && !all && !x.log {
			continue
		}
		if !follows[x.ref] {
			if err := r.seal(p, s, x, to); err != nil {
				return err
			}
		}
		if len(x.back) > 0 {
			for _, ref := range x.parents {
				follows[ref] = true
			}
		}
	}
	return nil
}

// recipients are the devices of the scope's readers, and the root of each: recovery words open what the devices could.
func (r *Replica) recipients(s *scope) []keys.Recipient {
	return r.world.Load().recipientsOf(s)
}

func (w *world) recipientsOf(s *scope) []keys.Recipient {
	users := make([]op.UserID, 0, len(s.members))
	for u := range s.members {
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b op.UserID) int { return slices.Compare(a[:], b[:]) })
	var out []keys.Recipient
	for _, u := range users {
		for _, to := range w.boxesFor(u) {
			if to.Device == op.DeviceID(u) || s.readers[to.Device] {
				out = append(out, to)
			}
		}
	}
	return out
}

// boxesFor are the devices and the root of a person.
func (w *world) boxesFor(u op.UserID) []keys.Recipient {
	x, ok := w.auth.User(u)
	if !ok {
		return nil
	}
	out := make([]keys.Recipient, 0, len(x.Devices)+1)
	for _, d := range x.Devices {
		out = append(out, keys.Recipient{Device: d.ID, BoxPub: d.BoxPub})
	}
	return append(out, keys.Recipient{Device: op.DeviceID(u), BoxPub: x.RootBox})
}

// Rotate makes new keys for a scope now, whether or not they are due. Errors: ErrNoScope, ErrDenied, ErrNoKey.
func (r *Replica) Rotate(ctx context.Context, id op.ScopeID) error {
	return r.write(ctx, func(p *projector) error {
		s := r.world.Load().byID[id]
		if s == nil || s.kind == ScopeUnknown {
			return fmt.Errorf("%w: %s", ErrNoScope, id)
		}
		if err := r.mayWrite(s); err != nil {
			return err
		}
		for _, l := range linesOf(s) {
			if _, err := r.rotate(p, s, l); err != nil {
				return err
			}
		}
		return nil
	})
}
