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
	return r.FoundWithCouncil(ctx, authority.Council{})
}

// FoundWithCouncil is Found with a recovery council, which cannot be changed later.
func (r *Replica) FoundWithCouncil(ctx context.Context, council authority.Council) (op.ID, error) {
	cert, err := keys.Certify(r.id.Root, r.id.Device, r.id.DeviceName)
	if err != nil {
		return op.ID{}, err
	}
	g := authority.Genesis{Team: r.id.Team, RootPub: r.id.Root.SignPub(), RootBox: r.id.Root.BoxPub(), Device: cert, Nonce: make([]byte, 16), Council: council}
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

// Invite writes an invitation of one use and returns its op and secret.
func (r *Replica) Invite(ctx context.Context, role authority.Role, expires time.Time) (op.ID, keys.Invite, error) {
	return r.InviteInto(ctx, role, nil, expires)
}

// InviteInto is Invite into a department: who joins belongs to it until they are placed elsewhere.
func (r *Replica) InviteInto(ctx context.Context, role authority.Role, dept []byte, expires time.Time) (op.ID, keys.Invite, error) {
	inv, err := keys.NewInvite(rand.Reader)
	if err != nil {
		return op.ID{}, inv, err
	}
	var id op.ID
	err = r.write(ctx, func(p *projector) error {
		proof, ok := r.world.Load().auth.MayGrant(r.id.Root.ID, role, dept)
		if !ok {
			return fmt.Errorf("%w: invite %s", ErrDenied, role)
		}
		var err error
		id, err = r.appendControl(p, authority.TypeInvite, authority.Invite{
			Pub: inv.Pub(), Role: role, MaxUses: 1, Expires: expires.UnixMilli(), Proof: proof, Dept: dept,
		})
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
