package app

import (
	"context"

	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// features is the list of features, in the order in which they start.
func features(deps module.Deps) ([]module.Module, directory) {
	people, orgModule := org.New(deps)
	dir := directory{people}
	return []module.Module{orgModule, chat.New(deps, dir), announcement.New(deps, dir)}, dir
}

// directory is what other rooms need of the org feature.
type directory struct{ *org.Directory }

var _ = context.Background
var _ op.UserID
