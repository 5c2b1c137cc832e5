package keys

import (
	"bytes"

	"tongzhou/sync/op"
)

// ControlScope holds the team's control log.
func ControlScope(team op.TeamID) op.ScopeID { return scopeID("tongzhou/scope/control", team) }

// CompanyScope is what every member shares: directory, announcements, house rules.
func CompanyScope(team op.TeamID) op.ScopeID { return scopeID("tongzhou/scope/company", team) }

// DirectScope is the chat of two people, whoever of them begins it.
func DirectScope(team op.TeamID, a, b op.UserID) op.ScopeID {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return scopeID("tongzhou/scope/direct", team, a, b)
}

// SelfScope is shared by one person's own devices.
func SelfScope(team op.TeamID, user op.UserID) op.ScopeID {
	return scopeID("tongzhou/scope/self", team, user)
}

// DeptScope is shared by the people of a department and of those below it.
func DeptScope(team op.TeamID, dept []byte) op.ScopeID {
	sum := hash("tongzhou/scope/department", team[:], dept)
	return op.ScopeID(sum[:16])
}

func scopeID(label string, team op.TeamID, users ...op.UserID) op.ScopeID {
	parts := [][]byte{team[:]}
	for i := range users {
		parts = append(parts, users[i][:])
	}
	sum := hash(label, parts...)
	return op.ScopeID(sum[:16])
}
