package relay

import (
	"sync/atomic"

	"tongzhou/sync/wire"
)

// counters count since the start.
type counters struct {
	storedOps, storedBytes, servedOps, servedBytes atomic.Uint64
	storedChunks, servedChunks                     atomic.Uint64
	busy, failed                                   atomic.Uint64
	refused                                        [wire.RelayTryLater + 1]atomic.Uint64 // by code
}

func (c *counters) refuse(code wire.RelayCode) {
	if int(code) < len(c.refused) {
		c.refused[code].Add(1)
	}
}
