package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tongzhou/sync/op"
)

// Stream is a byte stream to a device that is known to be of the team.
type Stream interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	Reset() error
}

const (
	// idle is how long a stream may wait for a question.
	idle = time.Minute
	// patient is how long one answer may take: a chunk at 40 kB/s.
	patient = 2 * time.Minute
	// atOnce bounds the streams that are served together; each holds one chunk.
	atOnce = 16
)

// Server answers who asks for chunks.
type Server struct {
	store *Store
	reads func(dev op.DeviceID, tag op.ScopeTag) bool
	slots chan struct{}
}

// NewServer serves chunks of a store to devices that read their scope.
func NewServer(store *Store, reads func(dev op.DeviceID, tag op.ScopeTag) bool) *Server {
	return &Server{store: store, reads: reads, slots: make(chan struct{}, atOnce)}
}

// Serve answers a device until it ends the stream. Errors: ErrTooLarge, ErrMalformed, the stream's and the store's.
func (s *Server) Serve(ctx context.Context, dev op.DeviceID, st Stream) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return errors.Join(errBusy, st.Reset())
	}
	defer context.AfterFunc(ctx, func() { _ = st.Reset() })()
	for {
		if err := st.SetDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
		kind, body, err := read(st, maxQuestion)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = st.SetDeadline(time.Now().Add(patient))
		}
		if err == nil {
			err = s.answer(st, dev, kind, body)
		}
		if err != nil {
			return errors.Join(err, st.Reset())
		}
	}
}

var errBusy = errors.New("blob: too many devices fetch at once")

func (s *Server) answer(w io.Writer, dev op.DeviceID, kind byte, body []byte) error {
	switch kind {
	case tAsk:
		a, err := parseAsk(body)
		if err != nil {
			return err
		}
		bits := make([]byte, (len(a.IDs)+7)/8)
		if s.reads(dev, a.Tag) {
			for i, id := range a.IDs {
				if s.store.Has(Key{a.Tag, id}) {
					bits[i/8] |= 1 << (i % 8)
				}
			}
		}
		return write(w, tHolds, holds{Bits: bits})
	case tGet:
		g, err := parseGet(body)
		if err != nil {
			return err
		}
		if !s.reads(dev, g.Tag) {
			return write(w, tAbsent, nil)
		}
		sealed, err := s.store.get(Key{g.Tag, g.ID})
		if errors.Is(err, ErrMissing) {
			return write(w, tAbsent, nil)
		}
		if err != nil {
			return err
		}
		return write(w, tChunk, sealed)
	default:
		return fmt.Errorf("%w: question of type %d", ErrMalformed, kind)
	}
}
