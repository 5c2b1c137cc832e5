package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/lib/pq"
)

// channel is where processes on one database tell each other which team changed.
const channel = "tongzhou_relay"

// Codes of PostgreSQL's errors.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	diskFull             = "53100"
)

// OpenPostgres opens, or makes, the tables in a PostgreSQL database named by a URL (postgres://…). Several processes may use
// one database.
func OpenPostgres(ctx context.Context, url string) (Store, error) {
	connector, err := pq.NewConnector(url)
	if err != nil {
		return nil, fmt.Errorf("open relay store: %w", err)
	}
	reading := sql.OpenDB(connector)
	reading.SetMaxOpenConns(16)
	reading.SetMaxIdleConns(16)
	s := &postgresStore{reading: newStatements(reading), listener: pq.NewListener(url, time.Second, 30*time.Second, nil)}
	s.database = database{
		view:  view{q: s.reading},
		write: &writer{db: sql.OpenDB(connector), begin: "BEGIN"},
		words: words{
			blob: "BYTEA", integer: "BIGINT", serial: "BIGSERIAL PRIMARY KEY", lock: " FOR UPDATE",
			alone: "SELECT pg_advisory_xact_lock(7207183544)",
		},
		fault:    postgresFault,
		announce: announce,
	}
	s.closing = sync.OnceValue(s.close)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.prepare(ctx, random()); err != nil {
		return nil, errors.Join(fmt.Errorf("open relay store: %w", err), s.Close())
	}
	if err := s.listener.Listen(channel); err != nil {
		return nil, errors.Join(fmt.Errorf("open relay store: %w", err), s.Close())
	}
	s.work.Go(s.hear)
	return s, nil
}

// postgresStore is a Store on a server.
type postgresStore struct {
	database
	reading  *statements
	listener *pq.Listener

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	closing func() error
}

var _ Store = (*postgresStore)(nil)

// Close closes the connections.
func (s *postgresStore) Close() error { return s.closing() }

func (s *postgresStore) close() error {
	s.cancel()
	s.work.Wait()
	return errors.Join(s.listener.Close(), s.reading.close(), s.reading.on.Close(), s.write.close())
}

// hear passes on what other processes changed.
func (s *postgresStore) hear() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case n, ok := <-s.listener.Notify:
			switch {
			case !ok:
				return
			case n == nil: // the connection was lost for a while: anything may have changed
				teams, err := s.Teams(s.ctx)
				if err != nil {
					continue // the connection is lost again, and will be told again
				}
				for _, t := range teams {
					s.watch.tell(t.No)
				}
			default:
				if no, err := strconv.ParseInt(n.Extra, 10, 64); err == nil {
					s.watch.tell(TeamNo(no))
				}
			}
		}
	}
}

func announce(ctx context.Context, q querier, no TeamNo) error {
	if _, err := q.exec(ctx, `SELECT pg_notify('`+channel+`', $1)`, strconv.FormatInt(int64(no), 10)); err != nil {
		return fmt.Errorf("tell other processes: %w", err)
	}
	return nil
}

func postgresFault(err error) (error, bool) {
	if errors.Is(err, driver.ErrBadConn) {
		return err, true
	}
	known := (*pq.Error)(nil)
	if !errors.As(err, &known) {
		return err, false
	}
	switch known.Code {
	case diskFull:
		return fmt.Errorf("%w: %w", ErrFull, err), false
	case serializationFailure, deadlockDetected:
		return err, true
	}
	return err, false
}
