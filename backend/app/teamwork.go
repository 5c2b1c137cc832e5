package app

import (
	"context"
	"io"

	"github.com/fxamacker/cbor/v2"

	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/authority"
	"tongzhou/sync/evidence"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// This file is module.Team over the team's replica.

// state is the authority at this moment, nil before there is a team.
func (l *teamLog) state() *authority.State {
	if r := l.replica(); r != nil {
		return r.Authority()
	}
	return nil
}

func (l *teamLog) Standing(u op.UserID) module.Standing {
	if s := l.state(); s != nil {
		return s.Standing(u)
	}
	return module.StandingUnknown
}

func (l *teamLog) Removal(u op.UserID) (module.Removal, bool) {
	if s := l.state(); s != nil {
		return s.Removal(u)
	}
	return module.Removal{}, false
}

func (l *teamLog) Former() []op.UserID {
	s := l.state()
	if s == nil {
		return nil
	}
	var out []op.UserID
	for _, u := range s.Former() {
		out = append(out, u.ID)
	}
	return out
}

func (l *teamLog) Grants(u op.UserID) []module.Held {
	if s := l.state(); s != nil {
		return s.Grants(u)
	}
	return nil
}

func (l *teamLog) UserDevices(u op.UserID) []module.Device {
	if s := l.state(); s != nil {
		return s.AllDevices(u)
	}
	return nil
}

func (l *teamLog) Depts() []module.Dept {
	if s := l.state(); s != nil {
		return s.Depts()
	}
	return nil
}

func (l *teamLog) DeptOf(u op.UserID) []byte {
	if s := l.state(); s != nil {
		return s.DeptOf(u)
	}
	return nil
}

func (l *teamLog) InSubtree(dept, root []byte) bool {
	s := l.state()
	return s != nil && s.InSubtree(dept, root)
}

func (l *teamLog) MayGrant(role module.Role, dept []byte) bool {
	s := l.state()
	if s == nil {
		return false
	}
	_, ok := s.MayGrant(l.Self().User, role, dept)
	return ok
}

func (l *teamLog) MayRemove(u op.UserID) bool {
	s := l.state()
	if s == nil {
		return false
	}
	_, ok := s.MayRevoke(l.Self().User, u)
	return ok
}

func (l *teamLog) SetRole(ctx context.Context, u op.UserID, role module.Role, dept []byte) error {
	return l.with(func(r *replica.Replica) error { return r.GrantRole(ctx, u, role, dept) })
}

func (l *teamLog) Place(ctx context.Context, u op.UserID, dept []byte) error {
	return l.with(func(r *replica.Replica) error { return r.Place(ctx, u, dept) })
}

func (l *teamLog) SetDept(ctx context.Context, c module.DeptChange, also ...module.Submission) error {
	subs := append([]module.Submission{{
		Control: true, Type: authority.TypeDept, Payload: authority.OrgDept{Dept: c.Dept, Parent: c.Parent, Gone: c.Gone, Into: c.Into},
	}}, also...)
	return l.with(func(r *replica.Replica) error {
		_, err := r.Submit(ctx, subs, nil)
		return err
	})
}

func (l *teamLog) Remove(ctx context.Context, u op.UserID, mode module.Mode) error {
	return l.with(func(r *replica.Replica) error { return r.Remove(ctx, u, mode) })
}

func (l *teamLog) Unfreeze(ctx context.Context, u op.UserID) error {
	return l.with(func(r *replica.Replica) error { return r.Unfreeze(ctx, u) })
}

func (l *teamLog) Leave(ctx context.Context) error {
	return l.with(func(r *replica.Replica) error { return r.Leave(ctx) })
}

func (l *teamLog) GrantScopeRole(ctx context.Context, scope op.ScopeID, u op.UserID, role module.Role) error {
	return l.with(func(r *replica.Replica) error { return r.GrantScopeRole(ctx, scope, u, role) })
}

func (l *teamLog) RuleSets(key string) []module.RuleSet {
	if s := l.state(); s != nil {
		return s.RuleHistory(key)
	}
	return nil
}

func (l *teamLog) SetRule(ctx context.Context, key string, value []byte) error {
	return l.with(func(r *replica.Replica) error {
		if len(value) == 0 {
			return r.SetRule(ctx, key, nil)
		}
		return r.SetRule(ctx, key, cbor.RawMessage(value))
	})
}

func (l *teamLog) Entries() []module.Entry {
	if s := l.state(); s != nil {
		return s.Entries()
	}
	return nil
}

func (l *teamLog) WriteEvidence(ctx context.Context, to io.Writer, names []module.NameOf) (digest [32]byte, err error) {
	stated := make([]evidence.Name, 0, len(names))
	for _, n := range names {
		stated = append(stated, evidence.Name{ID: n.ID, Name: n.Name, StaffNo: n.StaffNo})
	}
	err = l.with(func(r *replica.Replica) error {
		digest, err = r.WriteEvidence(ctx, to, stated)
		return err
	})
	return digest, err
}

// house are the rules of the team; before there is one, the defaults.
func (l *teamLog) house() *rules.House {
	return rules.NewHouse(func(key rules.Key) []rules.Set { return settings(l.RuleSets(string(key))) })
}

func settings(sets []module.RuleSet) []rules.Set {
	out := make([]rules.Set, 0, len(sets))
	for _, s := range sets {
		out = append(out, rules.Set{Value: s.Value, ByOwner: s.Class == authority.Owner})
	}
	return out
}
