package rules

import (
	"tongzhou/backend/access"
	"tongzhou/backend/rules"
)

// CanChange says whether somebody with this role may change the setting (R26).
func CanChange(r access.Role, s rules.Setting) bool {
	if s.Who == rules.Owners {
		return r == access.Owner
	}
	return access.AtLeast(r, access.Admin)
}
