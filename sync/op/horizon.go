package op

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"

	"tongzhou/sync/hlc"
)

// TypeHorizon is the type of an epoch op that says what is past keeping (SPEC H2).
const TypeHorizon = "history.horizon/1"

// Bounds of a horizon.
const (
	MinKeepDays     = 90
	MaxKeepDays     = 36500
	MaxHorizonFeeds = 1500 // so that it fits MaxCiphertext
)

// ErrHorizon is returned for a horizon that no correct device writes.
var ErrHorizon = errors.New("malformed horizon")

// Horizon names the feeds of its scope whose ops, up to a seq, are past keeping if they are that old.
type Horizon struct {
	Days  int           `cbor:"1,keyasint"` // how long is kept
	Feeds []HorizonFeed `cbor:"2,keyasint"` // ascending, each once
}

// HorizonFeed is how far one feed is past keeping.
type HorizonFeed struct {
	_           struct{} `cbor:",toarray"`
	Device      DeviceID
	Incarnation uint32
	Seq         uint64
}

// Compare orders feeds by device and incarnation.
func (f HorizonFeed) Compare(o HorizonFeed) int {
	return cmp.Or(bytes.Compare(f.Device[:], o.Device[:]), cmp.Compare(f.Incarnation, o.Incarnation))
}

// DecodeHorizon reads the payload of an op of TypeHorizon. The error wraps ErrHorizon.
func DecodeHorizon(payload []byte) (Horizon, error) {
	var h Horizon
	if err := Unmarshal(payload, &h); err != nil {
		return Horizon{}, fmt.Errorf("%w: %w", ErrHorizon, err)
	}
	if h.Days < MinKeepDays || h.Days > MaxKeepDays || len(h.Feeds) == 0 || len(h.Feeds) > MaxHorizonFeeds {
		return Horizon{}, fmt.Errorf("%w: %d feeds, %d days", ErrHorizon, len(h.Feeds), h.Days)
	}
	for i := range h.Feeds {
		if f := &h.Feeds[i]; f.Seq == 0 || f.Seq > MaxSeq || i > 0 && h.Feeds[i-1].Compare(*f) >= 0 {
			return Horizon{}, fmt.Errorf("%w: feed %d", ErrHorizon, i)
		}
	}
	return h, nil
}

// Until is the end of what a horizon written at t may take, ms since 1970: a week that is over by then.
func (h *Horizon) Until(t hlc.Time) int64 {
	return t.Millis() - int64(h.Days)*int64(24*time.Hour/time.Millisecond)
}

// WeekBefore is the beginning of the week of t, ms since 1970.
func WeekBefore(millis int64) int64 { return millis - millis%weekMillis }
