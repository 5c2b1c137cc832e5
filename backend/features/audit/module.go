package audit

import (
	_ "embed"

	"tongzhou/backend/module"
)

//go:embed schema/projection.sql
var projection string

// New composes the feature. trails is asked when a page is shown, so it may know features that are composed later.
func New(deps module.Deps, directory Directory, trails func() []Trail, save Save) module.Module {
	s := &service{
		log: deps.Log, team: deps.Team, rules: deps.Rules, db: deps.DB, now: deps.Now, directory: directory, trails: trails, save: save,
	}
	return module.Module{
		Name:              "audit",
		Projection:        projection,
		ProjectionVersion: 1,
		ProjectionTables:  []string{"audit_export"},
		Reducers:          []module.Reducer{reducer()},
		API:               &API{s: s},
	}
}
