package moduletest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// Standing implements module.Team.
func (p *Peer) Standing(user op.UserID) module.Standing {
	if p.World.Role(user) != authority.None {
		return module.StandingActive
	}
	r, ok := p.Removal(user)
	switch {
	case !ok:
		return module.StandingUnknown
	case r.Left:
		return module.StandingLeft
	case r.Mode == module.ModeFrozen:
		return module.StandingFrozen
	}
	return module.StandingRemoved
}

// Removal implements module.Team.
func (p *Peer) Removal(user op.UserID) (module.Removal, bool) {
	if p.World.Role(user) == authority.None {
		for _, r := range slices.Backward(p.World.org.removals) {
			if r.Subject == user {
				return r, true
			}
		}
	}
	return module.Removal{}, false
}

// Former implements module.Team.
func (p *Peer) Former() []op.UserID {
	return slices.DeleteFunc(slices.Clone(p.World.users), func(u op.UserID) bool { return p.World.Role(u) != authority.None })
}

// Grants implements module.Team.
func (p *Peer) Grants(user op.UserID) []module.Held {
	person := p.World.people[user]
	if person == nil || person.role == authority.None {
		return nil
	}
	out := append(slices.Clone(p.World.org.offices[user]), module.Held{Role: person.role})
	slices.SortStableFunc(out, func(a, b module.Held) int { return int(a.Role) - int(b.Role) })
	return out
}

// UserDevices implements module.Team: everybody has one.
func (p *Peer) UserDevices(user op.UserID) []module.Device {
	return []module.Device{{ID: p.World.device(user, 1), User: user, Name: "laptop"}}
}

// Depts implements module.Team.
func (p *Peer) Depts() []module.Dept {
	out := []module.Dept{}
	for id := range p.World.org.parents {
		out = append(out, module.Dept{ID: []byte(id), Parent: []byte(p.World.above(id))})
	}
	slices.SortFunc(out, func(a, b module.Dept) int { return bytes.Compare(a.ID, b.ID) })
	return out
}

// DeptOf implements module.Team.
func (p *Peer) DeptOf(user op.UserID) []byte { return p.World.DeptOf(user) }

// InSubtree implements module.Team.
func (p *Peer) InSubtree(dept, root []byte) bool { return p.World.inSubtree(dept, root) }

// MayGrant implements module.Team.
func (p *Peer) MayGrant(role module.Role, dept []byte) bool {
	switch mine := p.World.Role(p.self.User); {
	case mine == authority.Owner:
		return true
	case mine == authority.Admin:
		return role > authority.Admin
	default:
		return slices.ContainsFunc(p.World.org.offices[p.self.User], func(h module.Held) bool {
			return role > h.Role && len(dept) > 0 && p.World.inSubtree(dept, h.Dept)
		})
	}
}

// MayRemove implements module.Team.
func (p *Peer) MayRemove(user op.UserID) bool {
	for _, h := range p.Grants(user) {
		if h.Role == authority.Owner || !p.MayGrant(h.Role, h.Dept) {
			return false
		}
	}
	return p.World.Role(user) != authority.None
}

// may refuses what a replica would refuse, and lets everybody judge again after fn.
func (p *Peer) may(allowed bool, fn func()) error {
	if !allowed {
		return fault.New("denied")
	}
	fn()
	p.World.judgeAgain()
	return nil
}

func (p *Peer) manages() bool { return p.World.Role(p.self.User) <= authority.Admin }

// SetRole implements module.Team.
func (p *Peer) SetRole(_ context.Context, user op.UserID, role module.Role, dept []byte) error {
	stronger := p.World.Role(user) < role
	return p.may(p.MayGrant(role, dept) && (!stronger || p.MayRemove(user)), func() {
		if stronger {
			delete(p.World.org.offices, user)
		}
		if len(dept) > 0 && (role == authority.Head || role == authority.DeptAdmin) {
			p.World.people[user].role = max(p.World.people[user].role, authority.Member)
			p.World.org.offices[user] = append(p.World.org.offices[user], module.Held{Role: role, Dept: dept})
			return
		}
		p.World.people[user].role = role
	})
}

// Place implements module.Team.
func (p *Peer) Place(_ context.Context, user op.UserID, dept []byte) error {
	return p.may(p.manages(), func() { p.World.org.places[user] = string(dept) })
}

// SetDept implements module.Team.
func (p *Peer) SetDept(ctx context.Context, c module.DeptChange, also ...module.Submission) error {
	if !p.manages() {
		return fault.New("denied")
	}
	if _, err := p.Submit(ctx, also, nil); err != nil {
		return err
	}
	return p.may(true, func() {
		if c.Gone {
			into := string(c.Into)
			if into == "" {
				into = p.World.above(string(c.Dept))
			}
			delete(p.World.org.parents, string(c.Dept))
			p.World.org.heirs[string(c.Dept)] = into
			return
		}
		delete(p.World.org.heirs, string(c.Dept))
		p.World.org.parents[string(c.Dept)] = string(c.Parent)
	})
}

// Remove implements module.Team.
func (p *Peer) Remove(_ context.Context, user op.UserID, mode module.Mode) error {
	return p.may(p.MayRemove(user), func() { p.World.remove(p.self, user, mode) })
}

// Unfreeze implements module.Team.
func (p *Peer) Unfreeze(_ context.Context, user op.UserID) error {
	r, ok := p.Removal(user)
	return p.may(ok && r.Mode == module.ModeFrozen && p.MayGrant(r.FormerRole, nil), func() { p.World.people[user].role = r.FormerRole })
}

// Leave implements module.Team.
func (p *Peer) Leave(context.Context) error {
	return p.may(true, func() { p.World.remove(p.self, p.self.User, module.ModeRemoved) })
}

// GrantScopeRole implements module.Team.
func (p *Peer) GrantScopeRole(_ context.Context, scope op.ScopeID, user op.UserID, role module.Role) error {
	mine := p.World.ScopeRole(scope, p.self.User)
	return p.may(mine == authority.Owner || mine == authority.Admin && role > authority.Admin, func() {
		p.World.scopes[scope].Members[user] = role
	})
}

// RuleSets implements module.Team.
func (p *Peer) RuleSets(key string) []module.RuleSet { return slices.Clone(p.World.org.rules[key]) }

// SetRule implements module.Team.
func (p *Peer) SetRule(_ context.Context, key string, value []byte) error {
	return p.may(p.manages(), func() { p.World.SetRuleAs(p.self.User, p.World.Role(p.self.User), key, value) })
}

// Entries implements module.Team: what AddEntry added.
func (p *Peer) Entries() []module.Entry { return p.World.org.entries }

// WriteEvidence implements module.Team: it writes how many names it was given.
func (p *Peer) WriteEvidence(_ context.Context, to io.Writer, names []module.NameOf) (sum [32]byte, err error) {
	_, err = fmt.Fprintf(to, "%d names\n", len(names))
	return [32]byte(append(digest("evidence"), digest("evidence")...)), err
}
