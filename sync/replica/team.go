package replica

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file founds a team and lets people in.

// Found writes the first ops of a team: the genesis, and the keys of the control and company scopes. The replica must have
// been opened without a genesis. It returns the genesis, which every later Open needs.
func (r *Replica) Found(ctx context.Context) (op.ID, error) {
	cert, err := keys.Certify(r.id.Root, r.id.Device, r.id.DeviceName)
	if err != nil {
		return op.ID{}, err
	}
	g := authority.Genesis{Team: r.id.Team, RootPub: r.id.Root.SignPub(), RootBox: r.id.Root.BoxPub(), Device: cert, Nonce: make([]byte, 16)}
	_, _ = rand.Read(g.Nonce)
	var id op.ID
	err = r.write(ctx, func(p *projector) error {
		if _, err := r.appendOwn(p, r.teamTag.control, nil, op.Control, authority.TypeGenesis, nil, g, nil); err != nil {
			return err
		}
		id = p.ownHead()
		if err := oplog.SetMeta(p.tx, "genesis", id[:]); err != nil {
			return err
		}
		r.genesis = id
		if err := r.loadGenesis(p); err != nil {
			return err
		}
		for _, tag := range []op.ScopeTag{r.teamTag.control, r.teamTag.company} {
			s := r.world.Load().scopes[tag]
			if _, err := r.newEpoch(p, s.id, line{tag, false}, nil, keys.FullHistory, r.recipients(s)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.genesis = op.ID{}
	}
	return id, err
}

// loadGenesis evaluates authority with the genesis that was just written.
func (r *Replica) loadGenesis(p *projector) error {
	if err := r.loadControl(p.tx); err != nil {
		return err
	}
	return r.rebuildWorld(p)
}

// Genesis is the id of the team's first op.
func (r *Replica) Genesis() op.ID { return r.genesis }

// controlOp is an op of the control log to be written.
type controlOp struct {
	typ     string
	payload any
}

// appendControl writes a control op of the team.
func (r *Replica) appendControl(p *projector, typ string, payload any) (op.ID, error) {
	ids, err := r.appendControls(p, controlOp{typ, payload})
	if err != nil {
		return op.ID{}, err
	}
	return ids[0], nil
}

// appendControls writes control ops of the team, citing the whole known frontier, which take effect together.
func (r *Replica) appendControls(p *projector, ops ...controlOp) ([]op.ID, error) {
	w := r.world.Load()
	ids := make([]op.ID, 0, len(ops))
	for _, o := range ops {
		x, err := r.payDebt(p, w.scopes[r.teamTag.control], op.Control)
		if err != nil {
			return nil, err
		}
		if _, err := r.appendOwn(p, r.teamTag.control, x, op.Control, o.typ, nil, o.payload, w.auth.Frontier()); err != nil {
			return nil, err
		}
		ids = append(ids, p.ownHead())
	}
	if err := r.rebuildWorld(p); err != nil {
		return nil, err
	}
	for i, id := range ids {
		if st := r.world.Load().auth.Status(id); st.Verdict != authority.Valid {
			return nil, fmt.Errorf("%w: %s: %s", ErrDenied, ops[i].typ, st.Reason)
		}
	}
	return ids, nil
}

// Invite writes an invitation of one use and returns its op and secret.
func (r *Replica) Invite(ctx context.Context, role authority.Role, expires time.Time) (op.ID, keys.Invite, error) {
	inv, err := keys.NewInvite(rand.Reader)
	if err != nil {
		return op.ID{}, inv, err
	}
	var id op.ID
	err = r.write(ctx, func(p *projector) error {
		proof, ok := r.world.Load().auth.MayGrant(r.id.Root.ID, role, nil)
		if !ok {
			return fmt.Errorf("%w: invite %s", ErrDenied, role)
		}
		var err error
		id, err = r.appendControl(p, authority.TypeInvite, authority.Invite{Pub: inv.Pub(), Role: role, MaxUses: 1, Expires: expires.UnixMilli(), Proof: proof})
		return err
	})
	return id, inv, err
}

// Welcome seals the keys of the control and company scopes to a newcomer's device, so that it can read the control log before
// it writes its admission. The caller has checked that the newcomer holds an open invitation.
func (r *Replica) Welcome(ctx context.Context, dev op.DeviceID, boxPub []byte) error {
	return r.write(ctx, func(p *projector) error {
		for _, tag := range []op.ScopeTag{r.teamTag.control, r.teamTag.company} {
			if err := r.handOver(p, r.world.Load().scopes[tag], false, []keys.Recipient{{Device: dev, BoxPub: boxPub}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Admit writes this device's own admission to the team by an invitation. The control log must be here. Errors: ErrDenied
// with the reason when the invitation does not count.
func (r *Replica) Admit(ctx context.Context, invite op.ID, key keys.Invite) error {
	cert, err := keys.Certify(r.id.Root, r.id.Device, r.id.DeviceName)
	if err != nil {
		return err
	}
	sig, err := authority.SignAdmission(key.Sign, r.id.Team, invite, r.id.Root.SignPub(), cert)
	if err != nil {
		return err
	}
	return r.write(ctx, func(p *projector) error {
		if _, done := r.world.Load().auth.Device(r.id.Device.ID); done {
			return nil // written before, by an attempt that was cut off
		}
		a := authority.Admit{Invite: invite, RootPub: r.id.Root.SignPub(), RootBox: r.id.Root.BoxPub(), Device: cert, InviteSig: sig}
		// Under the bootstrap key: members must be able to verify it before they know this device.
		if _, err := r.appendOwn(p, r.teamTag.control, nil, op.Control, authority.TypeAdmit, nil, a, r.world.Load().auth.Frontier()); err != nil {
			return err
		}
		id := p.ownHead()
		if err := r.rebuildWorld(p); err != nil {
			return err
		}
		if st := r.world.Load().auth.Status(id); st.Verdict != authority.Valid {
			return fmt.Errorf("%w: admission: %s", ErrDenied, st.Reason)
		}
		return r.sealToOwnRoot(p)
	})
}

// sealToOwnRoot lets this person's recovery words open the scopes of the team: whoever let them in knew the device only.
func (r *Replica) sealToOwnRoot(p *projector) error {
	for _, tag := range []op.ScopeTag{r.teamTag.control, r.teamTag.company} {
		to := []keys.Recipient{{Device: r.id.Root.Device(), BoxPub: r.id.Root.BoxPub()}}
		if err := r.handOver(p, r.world.Load().scopes[tag], false, to); err != nil {
			return err
		}
	}
	return nil
}

// ControlLog calls fn with frames of the whole control log, each of one feed. The order lets a reader know every device
// before its ops where possible: the founder's feed first, then by first arrival.
func (r *Replica) ControlLog(fn func(raw []byte, total uint64) error) error {
	type frame struct {
		feed     oplog.Feed
		from, to uint64
	}
	var frames []frame
	for _, f := range r.feeds.Scope(r.teamTag.control) {
		for from := uint64(1); from <= f.Len; from += controlFrameOps {
			frames = append(frames, frame{f, from, min(f.Len, from+controlFrameOps-1)})
		}
	}
	for _, x := range frames {
		raw, _, err := oplog.ReadFrame(r.db.Read(), x.feed.No, x.from, x.to, 1<<30, controlFrameOps)
		if err != nil {
			return err
		}
		if err := fn(raw, uint64(len(frames))); err != nil {
			return err
		}
	}
	return nil
}

// controlFrameOps keeps a frame of control ops, which are at most 16 KiB each, and epoch ops of up to 64 KiB, under half a
// megabyte.
const controlFrameOps = 7

// TakeOps verifies and stores ops of one feed that lie back to back, and returns after the commit.
func (r *Replica) TakeOps(ctx context.Context, raw []byte) error {
	var ops []op.Sealed
	for rest := raw; len(rest) > 0; {
		o, next, err := op.Parse(rest)
		if err != nil {
			return err
		}
		ops, rest = append(ops, o), next
	}
	v, err := r.Verify(ops, raw)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	r.Ingest(ctx, v, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// OwnControlFeed returns this device's control feed, ops back to back.
func (r *Replica) OwnControlFeed() ([]byte, error) {
	f := r.feeds.Feed(oplog.FeedKey{Tag: r.teamTag.control, Device: r.id.Device.ID, Incarnation: r.feeds.Incarnation()})
	raw, _, err := oplog.ReadFrame(r.db.Read(), f.No, 1, f.Len, 256<<10, 1024)
	return raw, err
}
