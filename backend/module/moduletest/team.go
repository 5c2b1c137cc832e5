package moduletest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// organisation is what the control log says besides plain roles. It is the same on every peer at once.
type organisation struct {
	offices  map[op.UserID][]module.Held // head and department admin
	parents  map[string]string           // of departments that exist
	heirs    map[string]string           // of departments that ended
	places   map[op.UserID]string
	removals []module.Removal
	cuts     map[op.UserID]map[feed]uint64 // how far those who were removed had written
	rules    map[string][]module.RuleSet
	entries  []module.Entry
}

func newOrganisation() *organisation {
	return &organisation{
		offices: map[op.UserID][]module.Held{}, parents: map[string]string{}, heirs: map[string]string{}, places: map[op.UserID]string{},
		rules: map[string][]module.RuleSet{}, cuts: map[op.UserID]map[feed]uint64{},
	}
}

// SetOffice makes the user head or department admin of a department, everywhere at once.
func (w *World) SetOffice(user op.UserID, role authority.Role, dept []byte) {
	w.org.offices[user] = append(w.org.offices[user], module.Held{Role: role, Dept: dept})
	w.judgeAgain()
}

// SetPlace puts the user into a department, everywhere at once.
func (w *World) SetPlace(user op.UserID, dept []byte) {
	w.org.places[user] = string(dept)
	w.judgeAgain()
}

// SetRuleAs sets a house rule as somebody of the given role, everywhere at once.
func (w *World) SetRuleAs(user op.UserID, role authority.Role, key string, value []byte) {
	sets := w.org.rules[key]
	set := module.RuleSet{By: user, Class: role, Device: w.device(user, 1), At: hlc.FromWall(w.now), Key: key, Value: value, Op: op.ID(append(digest(key), digest(fmt.Sprint(len(sets)))...))}
	if n := len(sets); n > 0 {
		set.Replaced = sets[n-1].Value
	}
	w.org.rules[key] = append(sets, set)
	w.judgeAgain()
}

// AddEntry adds an op to the control log as the audit sees it.
func (w *World) AddEntry(e module.Entry) { w.org.entries = append(w.org.entries, e) }

func (w *World) judgeAgain() {
	w.tb.Helper()
	for _, p := range w.peers {
		p.rejudge()
		p.onCommit(changesOfAuthority())
	}
}

// DeptOf implements module.View.
func (w *World) DeptOf(user op.UserID) []byte {
	dept := w.org.places[user]
	for {
		heir, ended := w.org.heirs[dept]
		if !ended {
			break
		}
		dept = heir
	}
	if _, exists := w.org.parents[dept]; !exists {
		return nil
	}
	return []byte(dept)
}

// Oversees implements module.View.
func (w *World) Oversees(user op.UserID, dept []byte) bool {
	return len(dept) > 0 && w.Role(user) != authority.None && slices.ContainsFunc(w.org.offices[user], func(h module.Held) bool {
		return w.inSubtree(dept, h.Dept)
	})
}

func (w *World) inSubtree(dept, root []byte) bool {
	for d := string(dept); ; {
		if d == string(root) {
			return true
		}
		if _, exists := w.org.parents[d]; !exists || d == "" {
			return false
		}
		d = w.above(d)
	}
}

// above is the parent of a department, or who took over from it.
func (w *World) above(dept string) string {
	parent := w.org.parents[dept]
	for {
		heir, ended := w.org.heirs[parent]
		if !ended {
			return parent
		}
		parent = heir
	}
}

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

func (w *World) remove(by module.Self, user op.UserID, mode module.Mode) {
	w.org.removals = append(w.org.removals, module.Removal{
		By: by.User, ByDevice: by.Device, Subject: user, Mode: mode, Left: by.User == user, At: hlc.FromWall(w.now), FormerRole: w.people[user].role,
	})
	w.people[user].role = authority.None
	delete(w.org.offices, user)
	w.org.cuts[user] = maps.Clone(w.seqs)
}

// former is the view under which an op is judged: who was removed is taken for what they were, up to how far they had written.
func (w *World) former(o module.Op) module.View {
	if w.Role(o.User) != authority.None || o.Ref.Seq > w.org.cuts[o.User][feed{o.Scope, o.Ref.Device}] {
		return w
	}
	for _, r := range slices.Backward(w.org.removals) {
		if r.Subject == o.User {
			return formerView{w, o.User, r.FormerRole}
		}
	}
	return w
}

// formerView is a World in which somebody still has a role.
type formerView struct {
	*World
	user op.UserID
	role authority.Role
}

// Role implements module.View.
func (v formerView) Role(user op.UserID) authority.Role {
	if user == v.user {
		return v.role
	}
	return v.World.Role(user)
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
