package announcement

import (
	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// CanPublish says whether the role may publish for the whole company (R85).
func CanPublish(r access.Role) bool { return access.AtLeast(r, access.Admin) }

func authorizePublish(v module.View, o module.Op) error {
	if !CanPublish(v.Role(o.User)) {
		return fault.New("denied")
	}
	return nil
}

// authorizeAcknowledge lets every member speak for themselves; the op's author is the reader, so there is nobody else to
// speak for.
func authorizeAcknowledge(_ module.View, o module.Op) error {
	if _, err := op.RefFromBytes(o.Entity); err != nil {
		return fault.Wrap("announcement.unknown", err)
	}
	return nil
}
