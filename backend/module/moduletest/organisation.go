package moduletest

import (
	"fmt"
	"maps"
	"slices"

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
