package app

import (
	"time"

	"tongzhou/backend/rules"
)

const day = 24 * time.Hour

// followRules makes the running team obey the house rules that it does not ask for each time. It is called within a commit,
// also while the app starts, so it waits for nothing.
func (a *App) followRules() {
	a.mu.RLock()
	t := a.team
	a.mu.RUnlock()
	if t == nil {
		return // run follows them
	}
	t.followRules()
}

func (t *team) followRules() {
	house := rules.NewHouse(func(key rules.Key) []rules.Set { return settings(t.replica.Authority().RuleHistory(string(key))) })
	t.replica.SetRotateEvery(time.Duration(house.Int(rules.RotateDays)) * day)
}
