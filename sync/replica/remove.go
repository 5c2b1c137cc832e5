package replica

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file takes access away: the removal with what this device holds of its subject's feeds, and at once new keys.

// Remove takes every role from a user: for good, because they are suspected, or until Unfreeze. Errors: ErrDenied.
func (r *Replica) Remove(ctx context.Context, user op.UserID, mode authority.Mode) error {
	return r.write(ctx, func(p *projector) error {
		w := r.world.Load()
		proof, ok := w.auth.MayRevoke(r.id.Root.ID, user)
		if !ok {
			return fmt.Errorf("%w: remove %s", ErrDenied, user)
		}
		var devices []op.DeviceID
		for _, d := range w.auth.AllDevices(user) {
			devices = append(devices, d.ID)
		}
		return r.takeAccess(p, user, devices, func(cuts []authority.Cut) controlOp {
			return controlOp{authority.TypeRevoke, authority.Revoke{Subject: user, Mode: mode, Proof: proof, Cuts: cuts}}
		})
	})
}

// RevokeDevice signs a device out. root, with its secrets, is needed for a device of one's own that is not junior to this one;
// it may be nil otherwise. Errors: ErrDenied.
func (r *Replica) RevokeDevice(ctx context.Context, device op.DeviceID, mode authority.Mode, root *keys.Root) error {
	return r.write(ctx, func(p *projector) error {
		w := r.world.Load()
		d, known := w.auth.Device(device)
		x := authority.DeviceRevoke{Device: device, Mode: mode}
		proof, ok := w.auth.MayRevokeDevice(r.id.Device.ID, device)
		switch {
		case ok:
			x.Proof = proof
		case known && d.User == r.id.Root.ID && root != nil && root.Whole() && root.ID == d.User:
			x.RootSig = authority.SignDeviceRevocation(root.Sign, r.id.Team, device, r.id.Device.ID)
		default:
			return fmt.Errorf("%w: sign out device %s", ErrDenied, device)
		}
		return r.takeAccess(p, d.User, []op.DeviceID{device}, func(cuts []authority.Cut) controlOp {
			x.Cuts = cuts
			return controlOp{authority.TypeDeviceRevoke, x}
		})
	})
}

// Leave gives up every role of this person. Nothing can be written afterwards. Errors: ErrDenied.
func (r *Replica) Leave(ctx context.Context) error {
	return r.write(ctx, func(p *projector) error {
		var devices []op.DeviceID
		for _, d := range r.world.Load().auth.AllDevices(r.id.Root.ID) {
			devices = append(devices, d.ID)
		}
		return r.takeAccess(p, r.id.Root.ID, devices, func(cuts []authority.Cut) controlOp {
			return controlOp{authority.TypeLeave, authority.Leave{Cuts: cuts}}
		})
	})
}

// takeAccess writes the removal of devices of a user, and makes new keys for every scope that this device reads and they did.
// Those of private scopes stand with the cuts in the logs of these: others learn nothing of them.
func (r *Replica) takeAccess(p *projector, user op.UserID, devices []op.DeviceID, removal func(cuts []authority.Cut) controlOp) error {
	before := r.world.Load()
	var had []op.ScopeTag
	var cuts []authority.Cut
	for _, s := range before.ordered() {
		read := slices.ContainsFunc(devices, func(d op.DeviceID) bool { return s.readers[d] })
		if !read || !s.readers[r.id.Device.ID] || s.id.IsZero() {
			continue
		}
		had = append(had, s.tag)
		if s.log == nil && s.tag != r.teamTag.control {
			cuts = append(cuts, p.cutsOf(s.tag, devices)...)
		}
	}
	first, more := cuts[:min(len(cuts), authority.MaxCuts)], cuts[min(len(cuts), authority.MaxCuts):]
	id, err := r.appendControl(p, removal(first).typ, removal(first).payload)
	if err != nil || user == r.id.Root.ID && r.mayWrite(r.world.Load().scopes[r.teamTag.control]) != nil {
		return err // it was this device's own
	}
	if err := r.sayCuts(p, id, more); err != nil {
		return err
	}
	for _, tag := range had {
		s := r.world.Load().scopes[tag]
		if !r.holdsKey(tag) {
			continue
		}
		if err := r.renew(p, s); err != nil {
			return err
		}
		if s.log == nil {
			continue
		}
		if err := r.sayScopeCuts(p, s, id, p.cutsOf(tag, devices)); err != nil {
			return err
		}
	}
	return nil
}

// renew makes new keys for a scope where they are due.
func (r *Replica) renew(p *projector, s *scope) error {
	for _, kind := range []op.Kind{op.Control, op.Content} {
		if _, err := r.payDebt(p, s, kind); err != nil && !errors.Is(err, ErrNoKey) {
			return err
		}
	}
	return nil
}

// ordered lists the scopes by local number.
func (w *world) ordered() []*scope {
	out := make([]*scope, 0, len(w.scopes))
	for _, s := range w.scopes {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *scope) int { return int(a.no - b.no) })
	return out
}
