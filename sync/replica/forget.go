package replica

// forget reloads, from the rows as they are without the failing transaction, what that transaction taught memory. It runs
// inside the transaction, before the rollback, so it reads through the pool, which sees only committed rows.
func (r *Replica) forget(before *world) {
	q := r.db.Read()
	if err := r.epochs.load(q); err != nil {
		r.log.Error("reload keys", "err", err)
	}
	if err := r.loadControl(q); err != nil {
		r.log.Error("reload control ops", "err", err)
	}
	r.world.Store(before)
}
