package app

import (
	"context"
	"errors"
	"sync"

	"tongzhou/sync/blob"
	"tongzhou/sync/keys"
	"tongzhou/sync/replica"
)

// team is everything that runs for the team this device belongs to.
type team struct {
	app     *App
	id      *keys.Identity
	mark    *writeMark
	replica *replica.Replica
	net     *network

	blobs      *blob.Store
	fetch      *blob.Fetcher
	serveBlobs *blob.Server

	ctx    context.Context // of everything that run has begun
	cancel context.CancelFunc
	done   sync.WaitGroup // everything that run has begun

	asked chan askedBackup // a run of the backup that was begun

	turned      chan struct{} // the control log changed, or what the rescue secret hangs on
	featuresRun bool          // of follow, and of close after it
}

// openReplica opens the replica on the database.
func (a *App) openReplica(db replica.DB, id *keys.Identity, mark replica.Mark) (*replica.Replica, error) {
	var reducers []replica.Reducer
	registers := []replica.RegisterKind{addressRegister(), rescueRegister(keys.SelfScope(id.Team, id.Root.ID))}
	for _, m := range a.modules {
		reducers = append(reducers, m.Reducers...)
		registers = append(registers, m.Registers...)
	}
	return replica.Open(replica.Config{
		DB: db, Identity: id, Genesis: id.Genesis, Reducers: reducers, Registers: registers, Now: a.opts.Now, Log: a.log, Mark: mark, Still: a.tune.still,
	})
}

// newTeam opens the replica of an identity, which the team then owns together with the mark. Nothing runs yet.
func (a *App) newTeam(id *keys.Identity, mark *writeMark) (*team, error) {
	r, err := a.openReplica(a.database(), id, mark)
	if err != nil {
		return nil, errors.Join(err, mark.close())
	}
	t := &team{app: a, id: id, mark: mark, replica: r, turned: make(chan struct{}, 1), asked: make(chan askedBackup, 1)}
	if err := t.openBlobs(); err != nil {
		return nil, errors.Join(err, t.discard())
	}
	return t, nil
}

// discard closes a team that does not run.
func (t *team) discard() error {
	t.replica.Close()
	return t.mark.close()
}

// run makes an open team the app's. joining, if not nil, is the network that the joining used. Features and network wait for
// Start to be over, and Start does not wait for them: the first page is answered meanwhile.
func (t *team) run(joining *network) {
	a := t.app
	ctx, cancel := context.WithCancel(context.Background())
	t.ctx, t.cancel = ctx, cancel
	if t.net = joining; t.net == nil {
		t.net = newNetwork(a, t.id)
	}
	t.net.useTeam(t)
	a.mu.Lock()
	a.team = t
	a.mu.Unlock()
	a.forget() // what was asked for before, when there was a database and no team yet
	t.followRules()
	t.checkStanding()
	t.done.Go(func() { t.start(ctx) })
	t.done.Go(func() { t.backUpWhenDue(ctx) })
	t.done.Go(func() {
		select {
		case <-a.started:
			t.follow(ctx)
		case <-ctx.Done():
		}
	})
}

func (t *team) start(ctx context.Context) {
	select {
	case <-t.app.started:
	case <-ctx.Done():
		return
	}
	if err := t.net.start(ctx); err != nil {
		t.app.log.Error("start network", "err", err)
	}
	if err := t.app.writeNames(ctx); err != nil {
		t.app.log.Error("name the team", "err", err)
	}
	t.done.Go(func() { t.fetch.Run(ctx) })
	t.checkLater(ctx)
}

// close ends everything in the order opposite to start, which may still be under way.
func (t *team) close() error {
	t.cancel()
	t.done.Wait()
	return errors.Join(t.net.close(), t.stopFeatures(), t.discard())
}

// stopFeatures stops them in the order opposite to their start, if they run.
func (t *team) stopFeatures() error {
	if !t.featuresRun {
		return nil
	}
	t.featuresRun = false
	var errs []error
	for i := len(t.app.modules) - 1; i >= 0; i-- {
		if stop := t.app.modules[i].Stop; stop != nil {
			errs = append(errs, stop())
		}
	}
	return errors.Join(errs...)
}
