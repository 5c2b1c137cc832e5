package relay

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"tongzhou/sync/relay/store"
)

// Bounds of one commit.
const (
	maxQueued = 256 // jobs waiting for the writer
	maxBatch  = 64  // jobs in one transaction
)

// job is something to write. run may run more than once; done is called once, from the writer's goroutine, after the commit
// or with the reason why there is none.
type job struct {
	team store.TeamNo
	run  func(store.Tx) error
	done func(error)
}

// writer commits what all conversations put, as many at a time as are waiting: a commit costs the same for one and for sixty.
type writer struct {
	store store.Store
	jobs  chan job
	ended chan struct{}
}

func newWriter(s store.Store) *writer {
	return &writer{store: s, jobs: make(chan job, maxQueued), ended: make(chan struct{})}
}

// submit queues a job; it waits while the queue is full.
func (w *writer) submit(ctx context.Context, j job) error {
	select {
	case <-w.ended:
		return ErrClosed
	default:
	}
	select {
	case w.jobs <- j:
		return nil
	case <-w.ended:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *writer) run(ctx context.Context) {
	defer w.refuse()
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-w.jobs:
			w.commit(ctx, w.gather(j))
		}
	}
}

// refuse answers what is still queued at the end.
func (w *writer) refuse() {
	close(w.ended)
	for {
		select {
		case j := <-w.jobs:
			j.done(ErrClosed)
		default:
			return
		}
	}
}

func (w *writer) gather(first job) []job {
	batch := []job{first}
	for len(batch) < maxBatch {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return w.inOrder(batch)
		}
	}
	return w.inOrder(batch)
}

// inOrder puts teams in order, so that processes which share a database lock them in the same one. The order inside a team stays.
func (w *writer) inOrder(batch []job) []job {
	slices.SortStableFunc(batch, func(a, b job) int { return cmp.Compare(a.team, b.team) })
	return batch
}

func (w *writer) commit(ctx context.Context, batch []job) {
	err := w.store.Update(ctx, func(tx store.Tx) error {
		for _, j := range batch {
			if err := j.run(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && len(batch) > 1 && !errors.Is(err, store.ErrFull) {
		for _, j := range batch { // what is wrong with one is not the others' fault
			w.commit(ctx, []job{j})
		}
		return
	}
	for _, j := range batch {
		j.done(err)
	}
}
