package chat

import (
	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
)

// CanSend says whether somebody with this role in the team may write in a chat they are a member of. Guests only look (R76).
func CanSend(team access.Role) bool { return access.AtLeast(team, access.Member) }

// CanCreateGroup says whether the role may make a group.
func CanCreateGroup(team access.Role) bool { return access.AtLeast(team, access.Member) }

// CanManage says whether somebody with this role in a group may change its name and purpose and add members (R74, R75).
func CanManage(group access.Role) bool { return access.AtLeast(group, access.Admin) }

func authorizeMessage(v module.View, o module.Op) error {
	if !CanSend(v.Role(o.User)) {
		return fault.New("denied")
	}
	return nil
}

func authorizeGroup(v module.View, o module.Op) error {
	if !CanManage(v.ScopeRole(o.Scope, o.User)) || string(o.Entity) != groupEntity {
		return fault.New("denied")
	}
	return nil
}
