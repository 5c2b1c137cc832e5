package authority

import (
	"crypto/ed25519"
	"fmt"

	"tongzhou/sync/op"
)

type actKind uint8

const (
	actOther        actKind = iota // unknown type: takes part in the causal order only
	actFound                       // genesis, scope.new
	actGrant                       // grant, scope.grant
	actRevoke                      // revoke, scope.revoke
	actLeave                       // leave, scope.leave
	actInvite                      // invite
	actAdmit                       // admit
	actCancel                      // invite.cancel
	actLink                        // device.link
	actDeviceRevoke                // device.revoke
	actCut                         // cut, scope.cut
	actDept                        // org.dept
	actPlace                       // org.place
	actRule                        // rule.set
	actCouncil                     // council.owner
)

// act is what an op asks for, checked as far as that needs no other op. The rules know acts, not payloads.
type act struct {
	kind    actKind
	err     error // malformed; the act has no effect
	proof   op.ID // the grant relied on. admit: the invitation
	gives   []given
	subject op.UserID // revoke, council: whose grants are taken. place: who is placed
	target  op.ID     // cut: the removal. cancel: the invitation
	mode    Mode      // revoke, device.revoke
	cuts    []Cut     // revoke, leave, device.revoke, cut
	// The payload behind the act, for the kinds that the state reports or that need more checks.
	identity *identity // genesis, admit, device.link
	invite   *Invite
	admit    *Admit
	council  Council // genesis
	replace  *ReplaceOwner
	signOut  *DeviceRevoke
	dept     *OrgDept
	place    []byte
	rule     *Rule
	// checked holds the answer of the one check of a signature that needs another op, so that it is made once.
	checked, passed bool
}

// given is a role that the act gives, or that an invitation promises.
type given struct {
	user op.UserID // zero for an invitation
	role Role
	dept string
	top  bool // by founding or by the council, at rank 0
}

// actOf decodes an op of the team's control log.
func actOf(o Op, team op.TeamID, genesis op.ID) (a act) {
	switch o.Type {
	case TypeGenesis:
		a.kind, a.err = actFound, a.fromGenesis(o, team, genesis)
	case TypeGrant:
		a.kind, a.err = actGrant, a.fromGrant(o)
	case TypeRevoke:
		a.kind, a.err = actRevoke, a.fromRevoke(o)
	case TypeLeave:
		a.kind, a.err = actLeave, a.fromLeave(o)
	case TypeInvite:
		a.kind, a.err = actInvite, a.fromInvite(o)
	case TypeAdmit:
		a.kind, a.err = actAdmit, a.fromAdmit(o)
	case TypeInviteCancel:
		a.kind, a.err = actCancel, a.fromCancel(o)
	case TypeDeviceLink:
		a.kind, a.err = actLink, a.fromLink(o)
	case TypeDeviceRevoke:
		a.kind, a.err = actDeviceRevoke, a.fromDeviceRevoke(o)
	case TypeCut:
		a.kind, a.err = actCut, a.fromCuts(o)
	case TypeDept:
		a.kind, a.err = actDept, a.fromDept(o)
	case TypePlace:
		a.kind, a.err = actPlace, a.fromPlace(o)
	case TypeRule:
		a.kind, a.err = actRule, a.fromRule(o)
	case TypeReplaceOwner:
		a.kind, a.err = actCouncil, a.fromReplace(o)
	}
	a.bound(o)
	return a
}

// bound refuses ops that name too much.
func (a *act) bound(o Op) {
	switch {
	case a.err != nil:
	case len(o.Deps) > MaxDeps:
		a.err = fmt.Errorf("%w: %d deps", errMalformed, len(o.Deps))
	case len(a.cuts) > MaxCuts:
		a.err = fmt.Errorf("%w: %d cuts", errMalformed, len(a.cuts))
	}
}

func (a *act) fromGenesis(o Op, team op.TeamID, genesis op.ID) error {
	g, err := decode[Genesis](o.Payload)
	if err != nil {
		return err
	}
	if o.ID != genesis || g.Team != team || len(o.Deps) > 0 || len(g.Nonce) != nonceSize {
		return fmt.Errorf("%w: not the genesis of this team", errMalformed)
	}
	if err := g.Council.check(); err != nil {
		return err
	}
	if a.identity, err = checkIdentity(o.Device, g.RootPub, g.RootBox, g.Device); err != nil {
		return err
	}
	a.council = g.Council
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
	a.proof, a.subject, a.mode, a.cuts = r.Proof, r.Subject, r.Mode, r.Cuts
	return r.Mode.check()
}

func (m Mode) check() error {
	if m < Removed || m > Frozen {
		return fmt.Errorf("%w: mode %d", errMalformed, m)
	}
	return nil
}

func (a *act) fromLeave(o Op) error {
	if len(o.Payload) == 0 {
		return nil
	}
	l, err := decode[Leave](o.Payload)
	a.cuts = l.Cuts
	return err
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

func (a *act) fromCancel(o Op) error {
	c, err := decode[InviteCancel](o.Payload)
	a.proof, a.target = c.Proof, c.Invite
	return err
}

func (a *act) fromCuts(o Op) error {
	c, err := decode[Cuts](o.Payload)
	a.proof, a.target, a.cuts = c.Proof, c.Removal, c.Cuts
	return err
}

func (a *act) fromReplace(o Op) error {
	r, err := decode[ReplaceOwner](o.Payload)
	if err != nil {
		return err
	}
	a.replace, a.subject = &r, r.Replaces
	a.gives = []given{{user: r.Subject, role: Owner, top: true}}
	if len(r.Sigs) > MaxCouncil || r.Subject == r.Replaces {
		return fmt.Errorf("%w: act of the council", errMalformed)
	}
	return nil
}
