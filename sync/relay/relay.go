package relay

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// Errors that end a conversation. ErrPeer wraps what the device did wrong.
var (
	ErrPeer     = errors.New("relay: the device broke the protocol")
	ErrBusy     = errors.New("relay: too many connections")
	ErrReplaced = errors.New("relay: the device has a newer connection")
	ErrClosed   = errors.New("relay: closed")
	errOut      = errors.New("relay: the device is not on the roster")
	errRemoved  = errors.New("relay: the team was removed from this relay")
	errTooLong  = errors.New("relay: the time of a device that is not on the roster is over")
)

// Relay serves any number of teams from one store. Make it with New, end it with Close.
type Relay struct {
	cfg    Config
	store  store.Store
	log    *slog.Logger
	writer *writer
	pace   *pace
	count  counters

	ctx    context.Context
	cancel context.CancelCauseFunc
	work   sync.WaitGroup // hub, writer, conversations

	hub hub
}

// New starts a relay.
func New(cfg Config) *Relay {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancelCause(context.Background())
	r := &Relay{cfg: cfg, store: cfg.Store, log: cfg.Log, ctx: ctx, cancel: cancel}
	r.writer, r.pace = newWriter(cfg.Store), newPace(cfg.Limits)
	r.hub.init(r)
	r.work.Go(func() { r.writer.run(ctx) })
	r.work.Go(func() { r.hub.run(ctx) })
	r.work.Go(func() { r.collectFrom(ctx) })
	return r
}

// Close ends all conversations and returns when they have ended. The store stays open.
func (r *Relay) Close() error {
	r.hub.close()
	r.cancel(ErrClosed)
	r.work.Wait()
	return nil
}

// Serve speaks with the device that has proven the transport key peer, until the stream or ctx ends or the device breaks the protocol.
// The stream is closed then. nil means that the device ended it.
func (r *Relay) Serve(ctx context.Context, st stream.Stream, peer [32]byte) error {
	defer st.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(r.ctx, func() { cancel(ErrClosed) })
	defer stop()
	c := newConn(r, st, peer, cancel)
	if err := r.hub.enter(c); err != nil {
		c.refuse(err)
		return err
	}
	defer r.work.Done() // enter added it
	defer r.hub.leave(c)
	return c.run(ctx)
}

// update runs fn in a transaction of its own or together with others, and waits for the commit.
func (r *Relay) update(ctx context.Context, no store.TeamNo, fn func(store.Tx) error) error {
	done := make(chan error, 1)
	if err := r.writer.submit(ctx, job{team: no, run: fn, done: func(err error) { done <- err }}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-r.writer.ended: // it may have ended between the queue and the commit
		return ErrClosed
	}
}

// Allow makes a token that lets one team in until a time.
func Allow(ctx context.Context, s store.Store, token [16]byte, until time.Time) error {
	if err := s.Update(ctx, func(tx store.Tx) error { return tx.AddToken(ctx, tokenHash(token[:]), until.UnixMilli()) }); err != nil {
		return fmt.Errorf("allow a team: %w", err)
	}
	return nil
}

// Remove deletes a team with everything of it; false if there is none.
func Remove(ctx context.Context, s store.Store, tag wire.TeamTag) (found bool, err error) {
	err = s.Update(ctx, func(tx store.Tx) error {
		t, ok, err := tx.Team(ctx, tag)
		if found = ok; err != nil || !ok {
			return err
		}
		return tx.RemoveTeam(ctx, t.No)
	})
	if err != nil {
		return false, fmt.Errorf("remove a team: %w", err)
	}
	return found, nil
}

func tokenHash(token []byte) [32]byte {
	return sha256.Sum256(append([]byte("tongzhou/relay/token\x00"), token...))
}

// Rostered tells whether a transport key belongs to a device that may use the relay.
func (r *Relay) Rostered(ctx context.Context, peer [32]byte) (bool, error) {
	homes, err := r.store.Homes(ctx, peer, r.cfg.Now().UnixMilli())
	return len(homes) > 0, err
}

// Mates tells whether two transport keys belong to devices of one team.
func (r *Relay) Mates(ctx context.Context, a, b [32]byte) (bool, error) {
	now := r.cfg.Now().UnixMilli()
	as, err := r.store.Homes(ctx, a, now)
	if err != nil || len(as) == 0 {
		return false, err
	}
	bs, err := r.store.Homes(ctx, b, now)
	for _, no := range as {
		for _, other := range bs {
			if no == other {
				return true, err
			}
		}
	}
	return false, err
}

// deviceKey names a device of a team in this process.
type deviceKey struct {
	team   store.TeamNo
	device op.DeviceID
}
