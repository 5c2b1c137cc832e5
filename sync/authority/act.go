package authority

import (
	"bytes"
	"crypto/ed25519"
	"fmt"

	"tongzhou/sync/op"
)

type actKind uint8

const (
	actOther  actKind = iota // unknown type: takes part in the causal order only
	actFound                 // genesis, scope.new
	actGrant                 // grant, scope.grant
	actRevoke                // revoke, scope.revoke
	actLeave                 // leave, scope.leave
	actInvite                // invite
	actAdmit                 // admit
)

// act is what an op asks for, checked as far as that needs no other op. The rules know acts, not payloads.
type act struct {
	kind    actKind
	err     error // malformed; the act has no effect
	proof   op.ID // grant, revoke, invite: the grant relied on. admit: the invitation
	gives   []given
	subject op.UserID // revoke
	// The payload behind the act, for the kinds that the state reports or that need more checks.
	identity *identity // genesis, admit
	revoke   *Revoke
	invite   *Invite
	admit    *Admit
}

// given is a role that the act gives, or that an invitation promises.
type given struct {
	user op.UserID // zero for an invitation
	role Role
	dept string
	top  bool // by founding, at rank 0
}

// actOf decodes an op of the team's control log.
func actOf(o Op, team op.TeamID, genesis op.ID) (a act) {
	defer func() {
		if a.err == nil && len(o.Deps) > MaxDeps {
			a.err = fmt.Errorf("%w: %d deps", errMalformed, len(o.Deps))
		}
	}()
	switch o.Type {
	case TypeGenesis:
		a.kind = actFound
		a.err = a.fromGenesis(o, team, genesis)
	case TypeGrant:
		a.kind = actGrant
		a.err = a.fromGrant(o)
	case TypeRevoke:
		a.kind = actRevoke
		a.err = a.fromRevoke(o)
	case TypeLeave:
		a.kind = actLeave
		if len(o.Payload) > 0 {
			_, a.err = decode[Leave](o.Payload)
		}
	case TypeInvite:
		a.kind = actInvite
		a.err = a.fromInvite(o)
	case TypeAdmit:
		a.kind = actAdmit
		a.err = a.fromAdmit(o)
	}
	return a
}

func (a *act) fromGenesis(o Op, team op.TeamID, genesis op.ID) error {
	g, err := decode[Genesis](o.Payload)
	if err != nil {
		return err
	}
	if o.ID != genesis || g.Team != team || len(o.Deps) > 0 || len(g.Nonce) != nonceSize {
		return fmt.Errorf("%w: not the genesis of this team", errMalformed)
	}
	if a.identity, err = checkIdentity(o.Device, g.RootPub, g.RootBox, g.Device); err != nil {
		return err
	}
	a.gives = []given{{user: a.identity.user, role: Owner, top: true}}
	return nil
}

func (a *act) fromGrant(o Op) error {
	g, err := decode[Grant](o.Payload)
	if err != nil {
		return err
	}
	a.proof = g.Proof
	a.gives = []given{{user: g.Subject, role: g.Role, dept: string(g.Dept)}}
	return checkRole(g.Role, g.Dept)
}

func (a *act) fromRevoke(o Op) error {
	r, err := decode[Revoke](o.Payload)
	if err != nil {
		return err
	}
	a.proof, a.subject, a.revoke = r.Proof, r.Subject, &r
	if r.Mode < Removed || r.Mode > Frozen || len(r.Cuts) > MaxCuts {
		return fmt.Errorf("%w: revocation of mode %d with %d cuts", errMalformed, r.Mode, len(r.Cuts))
	}
	return nil
}

func (a *act) fromInvite(o Op) error {
	i, err := decode[Invite](o.Payload)
	if err != nil {
		return err
	}
	a.proof, a.invite = i.Proof, &i
	a.gives = []given{{role: i.Role, dept: string(i.Dept)}}
	if len(i.Pub) != ed25519.PublicKeySize || i.MaxUses < 1 || i.MaxUses > MaxUses || i.Expires <= 0 {
		return fmt.Errorf("%w: invitation", errMalformed)
	}
	return checkRole(i.Role, i.Dept)
}

func (a *act) fromAdmit(o Op) error {
	m, err := decode[Admit](o.Payload)
	if err != nil {
		return err
	}
	a.proof, a.admit = m.Invite, &m
	if len(m.InviteSig) != ed25519.SignatureSize {
		return fmt.Errorf("%w: length of a signature", errMalformed)
	}
	a.identity, err = checkIdentity(o.Device, m.RootPub, m.RootBox, m.Device)
	return err
}

// scopeActOf decodes an op of a private scope's log. author is the user of the device that wrote it.
func scopeActOf(o Op, team op.TeamID, scope op.ScopeID, author op.UserID) (a act, kind ScopeKind) {
	switch o.Type {
	case TypeScopeNew:
		n, err := decode[ScopeNew](o.Payload)
		if err == nil {
			err = n.check(team, scope, author)
		}
		a.kind, a.err, kind = actFound, err, n.Kind
		if n.Kind == Group {
			a.gives = append(a.gives, given{user: author, role: Owner, top: true})
		}
		for _, m := range n.Members {
			a.gives = append(a.gives, given{user: m.User, role: m.Role})
		}
	case TypeScopeGrant:
		g, err := decode[ScopeGrant](o.Payload)
		if err == nil && (g.Scope != scope || !scopeRole(g.Role)) {
			err = fmt.Errorf("%w: scope.grant", errMalformed)
		}
		a.kind, a.err, a.proof = actGrant, err, g.Proof
		a.gives = []given{{user: g.User, role: g.Role}}
	case TypeScopeRevoke:
		r, err := decode[ScopeRevoke](o.Payload)
		if err == nil && r.Scope != scope {
			err = fmt.Errorf("%w: scope.revoke", errMalformed)
		}
		a.kind, a.err, a.proof, a.subject = actRevoke, err, r.Proof, r.User
	case TypeScopeLeave:
		l, err := decode[ScopeLeave](o.Payload)
		if err == nil && l.Scope != scope {
			err = fmt.Errorf("%w: scope.leave", errMalformed)
		}
		a.kind, a.err = actLeave, err
	}
	if a.err == nil && len(o.Deps) > MaxDeps {
		a.err = fmt.Errorf("%w: %d deps", errMalformed, len(o.Deps))
	}
	return a, kind
}

// sameFeed tells whether two refs lie in one feed of a scope.
func sameFeed(a, b op.Ref) bool {
	return bytes.Equal(a.Device[:], b.Device[:]) && a.Incarnation == b.Incarnation
}
