package announcement

import (
	_ "embed"

	"tongzhou/backend/module"
)

//go:embed schema/projection.sql
var projection string

// New composes the feature.
func New(deps module.Deps, people People) module.Module {
	s := &service{log: deps.Log, db: deps.DB, people: people}
	return module.Module{
		Name:              "announcement",
		Projection:        projection,
		ProjectionVersion: 1,
		ProjectionTables:  []string{"announcement_item", "announcement_reader"},
		Reducers:          []module.Reducer{reducer()},
		API:               &API{s: s},
	}
}
