package org

import (
	_ "embed"

	"tongzhou/backend/module"
	"tongzhou/backend/rules"
)

//go:embed schema/projection.sql
var projection string

// New composes the feature, and returns what other rooms may ask of it.
func New(deps module.Deps, outside Outside) (module.Module, *Directory) {
	s := &service{log: deps.Log, team: deps.Team, rules: deps.Rules, db: deps.DB, blobs: deps.Blobs, outside: outside}
	s.shelf = &shelf{
		db: deps.DB, log: deps.Log, team: deps.Team,
		reviewed: func() bool { return deps.Rules.Bool(rules.ProfileReview) }, avatars: func() string { return deps.Rules.Text(rules.Avatars) },
	}
	return module.Module{
		Name:              "org",
		Projection:        projection,
		ProjectionVersion: 4,
		ProjectionTables: []string{
			"org_profile", "org_department", "org_team", "org_duty", "org_seen", "org_picture", "org_request", "org_review", "org_case", "org_step",
		},
		Reducers: reducers(),
		Committed: func(t string) {
			if t == topic || t == "state" || t == "rules.changed" {
				s.shelf.stale()
			}
		},
		Citing:   module.Citing{After: topic, List: s.cites},
		Handover: module.Handover{Items: s.offices, To: s.giveOffice},
		Trail:    s.trail,
		API:      &API{s: s},
	}, &Directory{s: s}
}
