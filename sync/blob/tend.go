package blob

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"tongzhou/sync/op"
)

// This file keeps depots in step with what ops cite: what this device has is left there, what no mate gave is fetched from there.

const (
	// fullWait is how long nothing is left at a depot that had no room.
	fullWait = 10 * time.Minute
	// lacksFor is how long a depot is not asked again for what it did not have, unless there are news.
	lacksFor = 10 * time.Minute
	// nameAgain is how often a depot is asked again about what it had: it keeps what is named.
	nameAgain = 20 * time.Hour
)

// tender is the exchange with one depot.
type tender struct {
	f    *Fetcher
	d    Depot
	look chan struct{} // what is cited, or what is left, has changed

	since time.Time          // of the pass that there begins with
	there map[Key]bool       // the depot has the right copy, or takes none
	lacks map[Key]time.Time  // when to ask again for what it did not have either; news tell of it before
	due   map[Key]time.Time  // when to leave what the depot lacks
	wrong map[wrongCopy]bool // that are not the chunk
	full  time.Time          // until when nothing is left there
}

type wrongCopy struct {
	tag op.ScopeTag
	Copy
}

// Tend exchanges chunks with a depot until ctx ends or the depot fails, whose error it returns.
func (f *Fetcher) Tend(ctx context.Context, d Depot) error {
	t := &tender{f: f, d: d, look: make(chan struct{}, 1), lacks: map[Key]time.Time{}, due: map[Key]time.Time{}, wrong: map[wrongCopy]bool{}}
	f.mu.Lock()
	f.told[t] = true
	known := f.cited != nil
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.told, t)
	}()
	for {
		wait := nameAgain
		if known {
			var err error
			if wait, err = t.pass(ctx); err != nil {
				return err
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		case <-d.News():
			clear(t.lacks)
		case <-t.look:
			known = true
		}
		timer.Stop()
	}
}

// tell hands to those who tend depots what is cited; and at the end of a round, what is missing after it.
func (f *Fetcher) tell(cited map[Key]wanted, missing map[Key]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cited = cited
	if missing != nil {
		f.left = missing
	}
	for t := range f.told {
		select {
		case t.look <- struct{}{}:
		default:
		}
	}
}

// pass asks the depot about everything that it is not known of, fetches and leaves what it can, and returns when to come again.
func (t *tender) pass(ctx context.Context) (time.Duration, error) {
	now := t.f.cfg.Now()
	if now.Sub(t.since) >= nameAgain || now.Before(t.since) {
		t.since, t.there = now, map[Key]bool{}
	}
	t.f.mu.Lock()
	cited, left := t.f.cited, t.f.left
	t.f.mu.Unlock()
	ask := map[op.ScopeTag][]ID{}
	for k := range cited {
		switch here := t.f.cfg.Store.Has(k); {
		case t.there[k] && here:
		case !here && (!left[k] || t.lacks[k].After(now)): // mates are being asked, or nobody has it
		case here && t.due[k].After(now):
		default:
			ask[k.Tag] = append(ask[k.Tag], k.ID)
		}
	}
	maps.DeleteFunc(t.due, func(k Key, _ time.Time) bool { _, is := cited[k]; return !is || !t.f.cfg.Store.Has(k) })
	got := 0
	for tag, ids := range ask {
		for part := range slices.Chunk(ids, MaxHeld) {
			n, err := t.exchange(ctx, tag, part, cited)
			if got += n; errors.Is(err, ErrClosed) {
				t.closed(tag, ids)
				break
			}
			if err != nil {
				return 0, err
			}
		}
	}
	if got > 0 {
		t.f.cfg.Arrived()
	}
	t.d.Report(ctx, len(t.due), t.full.After(now))
	return t.next(), ctx.Err()
}

// closed lets what is to be left in a scope wait: the depot says when the scope is open again.
func (t *tender) closed(tag op.ScopeTag, ids []ID) {
	for _, id := range ids {
		if _, is := t.due[Key{tag, id}]; is {
			t.due[Key{tag, id}] = t.f.cfg.Now().Add(again)
		}
	}
}

// next is when something is to be left.
func (t *tender) next() time.Duration {
	wait, now := nameAgain, t.f.cfg.Now()
	for _, at := range t.due {
		wait = min(wait, max(0, at.Sub(now)))
	}
	return wait
}

// exchange brings here and there what is lacking of some chunks of a scope, and returns how many came.
func (t *tender) exchange(ctx context.Context, tag op.ScopeTag, ids []ID, cited map[Key]wanted) (got int, err error) {
	held, err := t.d.Held(ctx, tag, ids)
	if err != nil {
		return 0, err
	}
	copies := map[ID][]Copy{}
	for _, c := range held {
		copies[c.ID] = append(copies[c.ID], c)
	}
	for _, id := range ids {
		k := Key{tag, id}
		if t.f.cfg.Store.Has(k) {
			err = t.leave(ctx, k, cited[k], copies[id])
		} else {
			var came bool
			if came, err = t.take(ctx, k, cited[k], copies[id]); came {
				got++
			} else {
				t.lacks[k] = t.f.cfg.Now().Add(lacksFor)
			}
		}
		if err != nil {
			return got, err
		}
	}
	return got, nil
}

// take fetches a chunk, from the first of the copies that is what its id says.
func (t *tender) take(ctx context.Context, k Key, w wanted, copies []Copy) (came bool, err error) {
	for _, c := range copies {
		x := wrongCopy{k.Tag, c}
		if t.wrong[x] || int64(c.Size) != int64(w.chunk.Len)+overhead {
			continue
		}
		sealed, err := t.d.Get(ctx, k.Tag, c)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil {
			return false, err
		}
		if _, err := open(w.keys, w.chunk, sealed); err != nil {
			t.wrong[x] = true
			t.f.cfg.Log.Warn("a depot has wrong content", "err", err)
			continue
		}
		err = t.f.cfg.Store.put(k, sealed, t.f.cfg.Now())
		if errors.Is(err, ErrFull) { // here: what is not wanted any more makes room by and by
			t.f.cfg.Log.Warn("content from a depot has no room", "err", err)
			return false, nil
		}
		t.there[k] = err == nil
		return err == nil, err
	}
	return false, nil
}

// leave sees to it that the depot has a chunk: own ones at once, others when the device that made them had time to.
func (t *tender) leave(ctx context.Context, k Key, w wanted, copies []Copy) error {
	now := t.f.cfg.Now()
	mine, err := t.f.cfg.Store.copyOf(k)
	if err != nil {
		return t.gone(err)
	}
	if slices.Contains(copies, mine) {
		t.there[k] = true
		delete(t.due, k)
		return nil
	}
	at, known := t.due[k]
	if !known && !t.f.cfg.Store.own(k) {
		at = now.Add(leaveAfter + rand.N(leaveAfter/2))
	}
	if at.Before(t.full) {
		at = t.full
	}
	if t.due[k] = at; at.After(now) {
		return nil
	}
	sealed, err := t.f.cfg.Store.get(k)
	if err == nil {
		if _, err = open(w.keys, w.chunk, sealed); err != nil { // it is fetched again
			err = errors.Join(err, t.f.cfg.Store.drop(k))
			t.f.Look()
		}
	}
	if err != nil {
		return t.gone(err)
	}
	switch err := t.d.Put(ctx, k.Tag, mine, sealed); {
	case err == nil, errors.Is(err, ErrRefused):
		t.there[k] = true
		delete(t.due, k)
		return nil
	case errors.Is(err, ErrFull):
		t.full = now.Add(fullWait)
		t.due[k] = t.full
		return nil
	default:
		return err
	}
}

// gone goes on after a chunk that turned out not to be here; the error is another.
func (t *tender) gone(err error) error {
	if errors.Is(err, ErrMissing) {
		return nil
	}
	return err
}
