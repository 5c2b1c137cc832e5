package org

import (
	"bytes"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// CanManage says whether the role may change departments, the team's name and other people's profiles (R25, R26).
func CanManage(r access.Role) bool { return access.AtLeast(r, access.Admin) }

// CanEditProfile says whether actor may write the profile of subject: everybody their own, owner and admin anybody's.
func CanEditProfile(r access.Role, actor, subject op.UserID) bool {
	return actor == subject || CanManage(r)
}

func authorizeProfile(v module.View, o module.Op) error {
	if len(o.Entity) != len(op.UserID{}) || !CanEditProfile(v.Role(o.User), o.User, op.UserID(o.Entity)) {
		return fault.New("denied")
	}
	return nil
}

func authorizeManage(entity string) func(v module.View, o module.Op) error {
	return func(v module.View, o module.Op) error {
		if !bytes.Equal(o.Entity, []byte(entity)) || !CanManage(v.Role(o.User)) {
			return fault.New("denied")
		}
		return nil
	}
}
