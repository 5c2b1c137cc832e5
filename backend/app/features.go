package app

import (
	"context"

	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/module"
)

// features is the list of features, in the order in which they start.
func features(deps module.Deps) ([]module.Module, directory) {
	orgModule, people := org.New(deps)
	return []module.Module{orgModule, chat.New(deps, people), announcement.New(deps, people)}, directory{people}
}

// directory is what the app itself needs of the org feature.
type directory struct{ *org.Directory }

// CheckProfile checks a profile before there is a team to write it in.
func (d directory) CheckProfile(p ProfileInput) error {
	return d.Directory.CheckProfile(org.ProfileInput(p))
}

// SaveOwnProfile writes this user's profile.
func (d directory) SaveOwnProfile(ctx context.Context, p ProfileInput) error {
	return d.Directory.SaveOwnProfile(ctx, org.ProfileInput(p))
}
