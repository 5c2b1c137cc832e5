package rules

import (
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

type nameOf = func(user op.UserID) string

// New composes the feature. before may be nil.
func New(deps module.Deps, people People, before Before) module.Module {
	return module.Module{Name: "rules", API: &API{s: &service{log: deps.Log, team: deps.Team, people: people, before: before}}}
}
