package courier

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tongzhou/sync/session"
	"tongzhou/sync/wire"
)

// errEnd is the clean end of the stream.
var errEnd = errors.New("courier: stream ended")

// readLoop hands packets to the state machine, and closes packets when there will be none. It stops reading while the state
// machine is busy, which is the back-pressure.
func (c *Courier) readLoop(ctx context.Context, st session.Stream) {
	defer close(c.packets)
	r := wire.NewReader(bufio.NewReaderSize(st, 64<<10))
	for {
		if err := st.SetReadDeadline(time.Now().Add(silentLimit)); err != nil {
			c.readErr = fmt.Errorf("courier: %w", err)
			return
		}
		m, _, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			c.readErr = errEnd
		case errors.Is(err, wire.ErrMalformed), errors.Is(err, wire.ErrTooLarge):
			c.readErr = fmt.Errorf("%w: %w", ErrRelay, err)
		case err != nil:
			c.readErr = fmt.Errorf("courier: read: %w", err)
		}
		if err != nil {
			return
		}
		if m == nil {
			continue // a message of a newer program
		}
		select {
		case c.packets <- m:
		case <-ctx.Done():
			c.readErr = errEnd
			return
		}
	}
}

// writeLoop writes what the state machine hands out, until that closes the channel.
func (c *Courier) writeLoop(st session.Stream) error {
	var buf []byte
	for m := range c.out {
		var err error
		if buf, err = wire.Encode(buf[:0], m); err != nil {
			return fmt.Errorf("courier: %w", err)
		}
		limit := writeLimit
		if _, last := m.(*wire.Bye); last {
			limit = lastWords
		}
		if err := st.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return fmt.Errorf("courier: %w", err)
		}
		if _, err := st.Write(buf); err != nil {
			return fmt.Errorf("courier: write: %w", err)
		}
		if cap(buf) > 1<<20 {
			buf = nil
		}
	}
	return nil
}
