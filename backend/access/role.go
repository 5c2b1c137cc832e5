package access

import "tongzhou/sync/authority"

// Role is what a member may do in the team, or in one private scope.
type Role = authority.Role

// The roles, strongest first. In a private scope only Owner, Admin and Member exist.
const (
	Owner     = authority.Owner     // founded the team or the group, or was made an owner
	Admin     = authority.Admin     // managing department; administrator of a group
	Head      = authority.Head      // head of a department
	DeptAdmin = authority.DeptAdmin // administrator of a department
	Member    = authority.Member
	Guest     = authority.Guest // customer or supplier
	None      = authority.None  // not a member
)

// AtLeast reports whether r is min or stronger.
func AtLeast(r, min Role) bool { return r <= min }

// ParseRole reads a role as the interface writes it; false for anything that cannot be granted.
func ParseRole(word string) (Role, bool) { return authority.ParseRole(word) }
