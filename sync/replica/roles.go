package replica

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// This file writes who may do what in the team, the organisation and the house rules.

// GrantRole gives a user a role in the team, also one weaker than the present one. Roles of a department carry its entity id.
// Errors: ErrDenied.
func (r *Replica) GrantRole(ctx context.Context, user op.UserID, role authority.Role, dept []byte) error {
	return r.write(ctx, func(p *projector) error { return r.grantRole(p, user, role, dept) })
}

func (r *Replica) grantRole(p *projector, user op.UserID, role authority.Role, dept []byte) error {
	w := r.world.Load()
	proof, ok := w.auth.MayGrant(r.id.Root.ID, role, dept)
	if !ok {
		return fmt.Errorf("%w: grant %s", ErrDenied, role)
	}
	grant := controlOp{authority.TypeGrant, authority.Grant{Subject: user, Role: role, Proof: proof, Dept: dept}}
	before := w.auth.Role(user)
	if before == authority.None || role <= before {
		if _, err := r.appendControls(p, grant); err != nil || before != authority.None {
			return err
		}
		return r.letBackIn(p, user)
	}
	// The strongest grant is what counts: to lower it, all are taken first. Without cuts, because nothing ends here.
	over, ok := w.auth.MayRevoke(r.id.Root.ID, user)
	if !ok {
		return fmt.Errorf("%w: lower %s to %s", ErrDenied, before, role)
	}
	revoke := controlOp{authority.TypeRevoke, authority.Revoke{Subject: user, Mode: authority.Removed, Proof: over}}
	_, err := r.appendControls(p, revoke, grant)
	return err
}

// letBackIn seals the keys of every scope that this device reads to a person who is a member again.
func (r *Replica) letBackIn(p *projector, user op.UserID) error {
	w := r.world.Load()
	for _, s := range w.ordered() {
		if _, member := s.members[user]; !member || !s.readers[r.id.Device.ID] || s.id.IsZero() {
			continue
		}
		if err := r.healNow(p, s); err != nil {
			return err
		}
	}
	return nil
}

// Unfreeze gives a person back the role that the freeze took. Errors: ErrInvalid if they are not frozen, ErrDenied.
func (r *Replica) Unfreeze(ctx context.Context, user op.UserID) error {
	return r.write(ctx, func(p *projector) error {
		w := r.world.Load()
		was, ok := w.auth.Removal(user)
		if !ok || w.auth.Standing(user) != authority.StandingFrozen {
			return fmt.Errorf("%w: %s is not frozen", ErrInvalid, user)
		}
		return r.grantRole(p, user, was.FormerRole, was.FormerDept)
	})
}

// ReplaceOwner makes subject the owner in place of another by keys of the recovery council (A6). Whoever writes it needs no
// right. Errors: ErrInvalid for a key that is not of the council or somebody who is not of the team, ErrDenied where the keys
// are too few or replaces is not an owner.
func (r *Replica) ReplaceOwner(ctx context.Context, subject, replaces op.UserID, council []ed25519.PrivateKey) error {
	return r.write(ctx, func(p *projector) error {
		w := r.world.Load()
		if w.auth.Role(subject) == authority.None || subject == replaces {
			return fmt.Errorf("%w: %s is not of the team", ErrInvalid, subject)
		}
		if w.auth.Role(replaces) != authority.Owner {
			return fmt.Errorf("%w: %s is no owner", ErrDenied, replaces)
		}
		// New keys may have to be made first; the signatures name the place after them.
		if _, err := r.payDebt(p, w.scopes[r.teamTag.control], op.Control); err != nil {
			return err
		}
		f, _, err := r.ownFeed(p, r.teamTag.control)
		if err != nil {
			return err
		}
		ref := op.Ref{Device: r.id.Device.ID, Incarnation: f.Incarnation, Seq: f.Len + 1}
		x := authority.ReplaceOwner{Subject: subject, Replaces: replaces}
		for _, key := range council {
			index, of := w.auth.CouncilIndex(key.Public().(ed25519.PublicKey))
			if !of {
				return fmt.Errorf("%w: a key that is not of the council", ErrInvalid)
			}
			x.Sigs = append(x.Sigs, authority.SignCouncil(key, index, r.id.Team, ref, subject, replaces))
		}
		_, err = r.appendControl(p, authority.TypeReplaceOwner, x)
		return err
	})
}

// SetRule sets a house rule; nil puts the default back. Errors: ErrDenied unless owner or admin.
func (r *Replica) SetRule(ctx context.Context, key string, value any) error {
	rule := authority.Rule{Key: key}
	if value != nil {
		var err error
		if rule.Value, err = op.Marshal(value); err != nil {
			return fmt.Errorf("%w: rule %s: %w", ErrInvalid, key, err)
		}
	}
	return r.submitOrg(ctx, authority.TypeRule, rule)
}

// SetDept founds, moves or ends a department; the proof is filled in. Errors: ErrDenied unless owner or admin.
func (r *Replica) SetDept(ctx context.Context, d authority.OrgDept) error {
	return r.submitOrg(ctx, authority.TypeDept, d)
}

// Place puts a person into a department, or with none out of every one. Errors: ErrDenied unless owner or admin.
func (r *Replica) Place(ctx context.Context, user op.UserID, dept []byte) error {
	return r.submitOrg(ctx, authority.TypePlace, authority.OrgPlace{User: user, Dept: dept})
}

func (r *Replica) submitOrg(ctx context.Context, typ string, payload any) error {
	_, err := r.Submit(ctx, []Submission{{Type: typ, Payload: payload, Control: true}}, nil)
	return err
}

// proven fills in the grant that an op about the organisation relies on.
func (r *Replica) proven(payload any) (any, error) {
	proof, ok := r.world.Load().auth.Proof(r.id.Root.ID, authority.Admin)
	if !ok {
		return nil, fmt.Errorf("%w: the organisation is for owners and admins", ErrDenied)
	}
	switch x := payload.(type) {
	case authority.OrgDept:
		x.Proof = proof
		return x, nil
	case authority.OrgPlace:
		x.Proof = proof
		return x, nil
	case authority.Rule:
		x.Proof = proof
		return x, nil
	}
	return nil, fmt.Errorf("%w: control op with a %T", ErrInvalid, payload)
}

// CancelInvite ends an invitation. Errors: ErrDenied unless its author or somebody stronger.
func (r *Replica) CancelInvite(ctx context.Context, invite op.ID) error {
	return r.write(ctx, func(p *projector) error {
		proof, ok := r.world.Load().auth.Proof(r.id.Root.ID, authority.Guest)
		if !ok {
			return fmt.Errorf("%w: cancel an invitation", ErrDenied)
		}
		_, err := r.appendControl(p, authority.TypeInviteCancel, authority.InviteCancel{Invite: invite, Proof: proof})
		return err
	})
}
