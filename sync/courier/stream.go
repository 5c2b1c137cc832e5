package courier

import (
	"fmt"
	"time"

	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// writeLoop writes what the state machine hands out, until that closes the channel.
func (c *Courier) writeLoop(st stream.Stream) error {
	w := stream.NewWriter(st)
	for m := range c.out {
		limit := writeLimit
		if _, last := m.(*wire.Bye); last {
			limit = lastWords
		}
		if err := st.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return fmt.Errorf("courier: %w", err)
		}
		if err := w.Write(m); err != nil {
			return fmt.Errorf("courier: %w", err)
		}
	}
	return nil
}
