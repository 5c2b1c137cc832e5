package chat

import (
	"context"
	"slices"
	"strings"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// owned lists the groups that go to somebody else when the user leaves (R20): those that they own, and those that they made
// which have no owner any more, because they have left already.
func (s *service) owned(_ context.Context, user op.UserID) ([]module.HandoverItem, error) {
	var out []module.HandoverItem
	for _, info := range s.log.Scopes(module.ScopeGroup) {
		role, member := info.Members[user]
		if !(member && role == access.Owner) && !(info.Creator == user && ownerless(info)) {
			continue
		}
		out = append(out, module.HandoverItem{ID: info.ID.String(), Kind: "group", Title: s.groupName(info.ID)})
	}
	slices.SortFunc(out, func(a, b module.HandoverItem) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func ownerless(info module.ScopeInfo) bool {
	for _, role := range info.Members {
		if role == access.Owner {
			return false
		}
	}
	return true
}

// giveGroup makes the heir an owner of a group, and a member if need be. Errors: fault "chat.unknown", "denied" unless this
// user owns the group too.
func (s *service) giveGroup(ctx context.Context, _ op.UserID, item string, heir op.UserID) error {
	id, err := op.ParseScopeID(item)
	if err != nil {
		return fault.Wrap("chat.unknown", err)
	}
	info, err := s.scope(id)
	if err != nil {
		return err
	}
	if info.Kind != module.ScopeGroup {
		return fault.New("chat.unknown")
	}
	if role, member := info.Members[heir]; member && role == access.Owner {
		return nil
	}
	return s.team.GrantScopeRole(ctx, id, heir, access.Owner)
}

// groupName is the name of a group that this user is in, "" for any other.
func (s *service) groupName(id op.ScopeID) string {
	info, ok := s.log.Scope(id)
	if !ok || info.Kind != module.ScopeGroup {
		return ""
	}
	var name string
	if s.db.Read().QueryRow(queryGroupName, info.No).Scan(&name) != nil {
		return "" // it has not arrived
	}
	return name
}
