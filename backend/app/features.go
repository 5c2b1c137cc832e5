package app

import (
	"context"

	"tongzhou/backend/access"
	"tongzhou/backend/features/announcement"
	"tongzhou/backend/features/audit"
	"tongzhou/backend/features/chat"
	"tongzhou/backend/features/org"
	"tongzhou/backend/features/rules"
	"tongzhou/backend/module"
	house "tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// features is the list of features, in the order in which they start.
func (a *App) features(deps module.Deps) ([]module.Module, directory) {
	orgModule, people := org.New(deps, outside{a})
	return []module.Module{
		orgModule,
		chat.New(deps, people),
		announcement.New(deps, people),
		rules.New(deps, people, rules.Before{house.ProfileReview: func(ctx context.Context, value any) error {
			if value == true {
				return people.ConfirmProfiles(ctx)
			}
			return nil
		}}),
		audit.New(deps, people, a.trails, a.saveExport),
	}, directory{people}
}

// people is the directory as the team's database has it, also while this device may do nothing or is starting: the features
// tell nobody anything then.
func (t *team) people(db module.DB) *org.Directory {
	log := &teamLog{a: t.app, t: t}
	_, people := org.New(module.Deps{Log: log, Team: log, Rules: log.house(), DB: db}, outside{t.app})
	return people
}

// outside is what the org feature needs of the app and of the other features.
type outside struct{ a *App }

// Handovers says how every feature takes part in somebody's leaving.
func (o outside) Handovers() map[string]module.Handover {
	out := map[string]module.Handover{}
	for _, m := range o.a.modules {
		out[m.Name] = m.Handover
	}
	return out
}

// ScopeName is the name of a group.
func (o outside) ScopeName(scope op.ScopeID) string {
	for _, m := range o.a.modules {
		if m.ScopeName == nil {
			continue
		}
		if name := m.ScopeName(scope); name != "" {
			return name
		}
	}
	return ""
}

// Invite makes an invitation for one person.
func (o outside) Invite(ctx context.Context, role access.Role, dept []byte, note string) (op.ID, string, error) {
	i, err := o.a.invite(ctx, role, dept, note)
	if err != nil {
		return op.ID{}, "", err
	}
	id, err := op.ParseID(i.ID)
	return id, i.Link, err
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
