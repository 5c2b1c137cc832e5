package app

import "tongzhou/sync/replica"

// Replica is the team's replica, nil while there is none: for measurements, which count ops and follow commits.
func (a *App) Replica() *replica.Replica {
	t, err := a.ready()
	if err != nil {
		return nil
	}
	return t.replica
}
