package relay

import (
	"context"
	"time"

	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// Status is a picture of the relay for its owner. It names no people: the relay knows none.
type Status struct {
	Teams        []TeamStatus
	Tokens       int // that may still be used
	Connections  int
	Strangers    int // of those, devices on no roster
	StoredOps    uint64
	StoredBytes  uint64
	ServedOps    uint64
	ServedBytes  uint64
	StoredChunks uint64
	ServedChunks uint64
	Busy         uint64 // connections refused because there were too many
	Failed       uint64 // transactions that failed
	Refused      map[wire.RelayCode]uint64
}

// TeamStatus is a team in a Status.
type TeamStatus struct {
	Tag        wire.TeamTag
	Since      time.Time
	Devices    int // that may use the relay
	Online     int // on this process
	Bytes      int64
	Room       int64 // that the team may use
	Chunks     int   // of larger content
	ChunkBytes int64 // of those, counted in Bytes
	// Waiting is how long the oldest op has been waiting for a device that was seen in the last ninety days; 0: none waits.
	Waiting time.Duration
}

// Status reads the picture.
func (r *Relay) Status(ctx context.Context) (Status, error) {
	now := r.cfg.Now()
	s := Status{
		StoredOps: r.count.storedOps.Load(), StoredBytes: r.count.storedBytes.Load(),
		ServedOps: r.count.servedOps.Load(), ServedBytes: r.count.servedBytes.Load(),
		StoredChunks: r.count.storedChunks.Load(), ServedChunks: r.count.servedChunks.Load(),
		Busy: r.count.busy.Load(), Failed: r.count.failed.Load(), Refused: map[wire.RelayCode]uint64{},
	}
	for code := range r.count.refused {
		if n := r.count.refused[code].Load(); n > 0 {
			s.Refused[wire.RelayCode(code)] = n
		}
	}
	s.Connections, s.Strangers = r.hub.counts()
	var err error
	if s.Tokens, err = r.store.Tokens(ctx, now.UnixMilli()); err != nil {
		return Status{}, err
	}
	teams, err := r.store.Teams(ctx)
	if err != nil {
		return Status{}, err
	}
	for _, t := range teams {
		ts, err := r.teamStatus(ctx, t, now)
		if err != nil {
			return Status{}, err
		}
		s.Teams = append(s.Teams, ts)
	}
	return s, nil
}

func (r *Relay) teamStatus(ctx context.Context, t store.Team, now time.Time) (TeamStatus, error) {
	s := TeamStatus{Tag: t.Tag, Since: time.UnixMilli(t.SinceMS), Online: r.hub.online(t.No), Bytes: t.Bytes, Room: r.cfg.Limits.TeamBytes}
	devices, err := r.store.Devices(ctx, t.No)
	if err != nil {
		return s, err
	}
	if s.Chunks, s.ChunkBytes, err = r.store.ChunkTotals(ctx, t.No); err != nil {
		return s, err
	}
	for _, d := range devices {
		if d.In(now.UnixMilli()) {
			s.Devices++
		}
	}
	upTo, ok, err := r.stored(ctx, t, now)
	if err != nil || !ok {
		return s, err
	}
	at, err := r.store.OldestAhead(ctx, t.No, upTo)
	if at != 0 {
		s.Waiting = now.Sub(time.UnixMilli(at))
	}
	return s, err
}
