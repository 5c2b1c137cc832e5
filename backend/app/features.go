package app

import (
	"context"

	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/audit"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/features/rules"
	"tongzhou/backend/module"
)

// features is the list of features, in the order in which they start.
func (a *App) features(deps module.Deps) ([]module.Module, directory) {
	orgModule, people := org.New(deps)
	return []module.Module{
		orgModule,
		chat.New(deps, people),
		announcement.New(deps, people),
		rules.New(deps, people, nil),
		audit.New(deps, people, a.trails, a.saveExport),
	}, directory{people}
}

// trails are what features say that people did.
func (a *App) trails() []audit.Trail {
	var out []audit.Trail
	for _, m := range a.modules {
		if m.Trail != nil {
			out = append(out, m.Trail)
		}
	}
	return out
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
