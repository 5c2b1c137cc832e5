package chat

import (
	"embed"
	"io/fs"

	"tongzhou/backend/module"
)

var (
	//go:embed schema/projection.sql
	projection string
	//go:embed schema/local/*.sql
	schema embed.FS
)

// New composes the feature.
func New(deps module.Deps, people People) module.Module {
	local, err := fs.Sub(schema, "schema/local")
	if err != nil { // the path is a constant
		panic(err)
	}
	s := &service{log: deps.Log, team: deps.Team, rules: deps.Rules, db: deps.DB, people: people, sent: newSent()}
	x := newIndexer(deps)
	return module.Module{
		Name:              "chat",
		Projection:        projection,
		ProjectionVersion: 1,
		ProjectionTables:  []string{"chat_message", "chat_group", "chat_read"},
		Local:             local,
		Reducers:          reducers(),
		Registers:         []module.RegisterKind{{Key: keyRead, Apply: applyRead}},
		Handover:          module.Handover{Items: s.owned, To: s.giveGroup},
		ScopeName:         s.groupName,
		API:               &API{s: s},
		Start:             x.start,
		Stop:              x.stop,
	}
}
