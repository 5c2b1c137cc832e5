package audit

import (
	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
)

// CanSeeAll says whether the role sees what others did (R26, R31).
func CanSeeAll(r access.Role) bool { return access.AtLeast(r, access.Admin) }

// CanExport says whether the role may export the log, where the house rule lets the given role do so.
func CanExport(r, least access.Role) bool { return access.AtLeast(r, least) && CanSeeAll(r) }

func authorizeExport(v module.View, o module.Op) error {
	if !CanSeeAll(v.Role(o.User)) {
		return fault.New("denied")
	}
	return nil
}
