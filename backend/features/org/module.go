package org

import (
	_ "embed"

	"tongzhou/backend/module"
)

//go:embed schema/projection.sql
var projection string

// New composes the feature, and returns what other rooms may ask of it.
func New(deps module.Deps) (module.Module, *Directory) {
	s := &service{log: deps.Log, shelf: &shelf{db: deps.DB}}
	return module.Module{
		Name:              "org",
		Projection:        projection,
		ProjectionVersion: 2,
		ProjectionTables:  []string{"org_profile", "org_department_op", "org_team"},
		Reducers:          reducers(),
		Committed: func(t string) {
			if t == topic || t == "state" {
				s.shelf.stale()
			}
		},
		API: &API{s: s},
	}, &Directory{s: s}
}
