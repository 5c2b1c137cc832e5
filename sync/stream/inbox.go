package stream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tongzhou/sync/wire"
)

// Stream is an ordered, authenticated byte stream.
type Stream interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	Close() error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// ErrEnd is the clean end of a stream, between two packets.
var ErrEnd = errors.New("stream ended")

// maxPackets is how many are read and not handled: few, so that the stream waits.
const maxPackets = 4

// Inbox hands the packets of a stream on.
type Inbox struct {
	fault   error
	packets chan wire.Message
	err     error // set before packets is closed
}

// NewInbox makes one, which Read fills. What is the other side's fault wraps fault.
func NewInbox(fault error) *Inbox {
	return &Inbox{fault: fault, packets: make(chan wire.Message, maxPackets)}
}

// Packets come in order. Closed when there will be none; then Err says why.
func (in *Inbox) Packets() <-chan wire.Message { return in.packets }

// Err is why Packets was closed: ErrEnd, the other side's fault, the stream's error, or the context's cause.
func (in *Inbox) Err() error { return in.err }

// Read hands packets on until the stream or ctx ends. The first has to come within one time, every other within another after
// the one before it; 0 is no limit.
func (in *Inbox) Read(ctx context.Context, st Stream, first, other time.Duration) {
	defer close(in.packets)
	in.err = in.read(ctx, st, first, other)
}

func (in *Inbox) read(ctx context.Context, st Stream, limit, other time.Duration) error {
	r := wire.NewReader(bufio.NewReaderSize(st, 32<<10))
	for ; ; limit = other {
		var until time.Time
		if limit > 0 {
			until = time.Now().Add(limit)
		}
		_ = st.SetReadDeadline(until) // refused by a closed stream, of which the rest and the end can still be read
		m, _, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return ErrEnd
		case errors.Is(err, wire.ErrMalformed), errors.Is(err, wire.ErrTooLarge):
			return fmt.Errorf("%w: %w", in.fault, err)
		case err != nil:
			return fmt.Errorf("read from stream: %w", err)
		case m == nil:
			continue // a message of a newer program
		}
		select {
		case in.packets <- m:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
