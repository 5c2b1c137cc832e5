package authority

import (
	"bytes"
	"crypto/ed25519"
	"fmt"

	"tongzhou/sync/op"
)

func (a *act) fromLink(o Op) error {
	l, err := decode[DeviceLink](o.Payload)
	if err != nil {
		return err
	}
	if l.Device.User != l.User {
		return fmt.Errorf("%w: certificate of another person", errMalformed)
	}
	if err := l.Device.VerifyConsent(); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	a.identity = &identity{user: l.User, cert: l.Device}
	return nil
}

// recovers tells the second form of a device.link, written by the new device with a certificate from the root.
func (a *act) recovers(author op.DeviceID) bool {
	return a.kind == actLink && a.identity.cert.DeviceID() == author
}

func (a *act) fromDeviceRevoke(o Op) error {
	r, err := decode[DeviceRevoke](o.Payload)
	if err != nil {
		return err
	}
	a.proof, a.mode, a.cuts, a.signOut = r.Proof, r.Mode, r.Cuts, &r
	if n := len(r.RootSig); n != 0 && (n != ed25519.SignatureSize || !r.Proof.IsZero()) {
		return fmt.Errorf("%w: signature of the root", errMalformed)
	}
	return r.Mode.check()
}

func (a *act) fromDept(o Op) error {
	d, err := decode[OrgDept](o.Payload)
	if err != nil {
		return err
	}
	a.proof, a.dept = d.Proof, &d
	if len(d.Into) > 0 && !d.Gone {
		return fmt.Errorf("%w: department that goes on elsewhere", errMalformed)
	}
	for i, id := range [][]byte{d.Dept, d.Parent, d.Into} {
		if err := checkDeptID(id, i == 0); err != nil {
			return err
		}
	}
	return nil
}

func (a *act) fromPlace(o Op) error {
	p, err := decode[OrgPlace](o.Payload)
	if err != nil {
		return err
	}
	a.proof, a.subject, a.place = p.Proof, p.User, p.Dept
	return checkDeptID(p.Dept, false)
}

func (a *act) fromRule(o Op) error {
	r, err := decode[Rule](o.Payload)
	if err != nil {
		return err
	}
	if bytes.Equal(r.Value, []byte{0xf6}) { // CBOR null says the same as nothing
		r.Value = nil
	}
	a.proof, a.rule = r.Proof, &r
	if len(r.Key) == 0 || len(r.Key) > MaxRuleKey || len(r.Value) > MaxRuleValue {
		return fmt.Errorf("%w: house rule", errMalformed)
	}
	return nil
}

// scopeActOf decodes an op of a private scope's log. author is the user of the device that wrote it.
func scopeActOf(o Op, team op.TeamID, scope op.ScopeID, author op.UserID) (a act, found ScopeNew) {
	var of op.ScopeID
	var err error
	switch o.Type {
	case TypeScopeNew:
		if found, err = decode[ScopeNew](o.Payload); err == nil {
			err = found.check(team, scope, author)
		}
		a.kind, of = actFound, found.Scope
		if found.Kind == Group {
			a.gives = append(a.gives, given{user: author, role: Owner, top: true})
		}
		for _, m := range found.Members {
			a.gives = append(a.gives, given{user: m.User, role: m.Role})
		}
	case TypeScopeGrant:
		var g ScopeGrant
		if g, err = decode[ScopeGrant](o.Payload); err == nil && !scopeRole(g.Role) {
			err = fmt.Errorf("%w: scope.grant", errMalformed)
		}
		a.kind, of, a.proof = actGrant, g.Scope, g.Proof
		a.gives = []given{{user: g.User, role: g.Role}}
	case TypeScopeRevoke:
		var r ScopeRevoke
		r, err = decode[ScopeRevoke](o.Payload)
		a.kind, of, a.proof, a.subject, a.mode, a.cuts = actRevoke, r.Scope, r.Proof, r.User, Removed, r.Cuts
	case TypeScopeLeave:
		var l ScopeLeave
		l, err = decode[ScopeLeave](o.Payload)
		a.kind, of, a.cuts = actLeave, l.Scope, l.Cuts
	case TypeScopeCut:
		var c ScopeCut
		c, err = decode[ScopeCut](o.Payload)
		a.kind, of, a.proof, a.target, a.cuts = actCut, c.Scope, c.Proof, c.Removal, c.Cuts
	default:
		return a, found
	}
	if err == nil && of != scope {
		err = fmt.Errorf("%w: op of another scope", errMalformed)
	}
	a.err = err
	a.bound(o)
	return a, found
}
