package relay

import (
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// Limits bound what teams and devices may use. Zero fields take the defaults.
type Limits struct {
	TeamBytes    int64 // of ops, registers, mail and chunks; 20 GiB
	OpsPerSecond int   // of one device, in the long run; 5,000
	OpsBurst     int   // 50,000
	Conns        int   // at a time; 1,024
	Strangers    int   // of those, devices not on a roster or not known yet; 256
	MailBytes    int64 // of one mailbox, each mail with store.MailCost; 1 MiB
	Boxes        int   // of one team; 1,000
}

// The bounds that are part of the protocol.
const (
	maxHeads        = 16   // of a scope
	maxHeadsBy      = 2    // of a scope, by one device
	maxCaps         = 1024 // of a scope, superseded ones included
	maxIncarnations = 16   // of a device in a scope, as L8 has it
	maxRegisterKeys = 64   // of a device in a scope
	maxVouched      = 64   // devices of a team at a time
	vouchFor        = 30 * 24 * time.Hour
	boxFor          = 7 * 24 * time.Hour // a mailbox without mail
	capCost         = 256                // bytes that a cap counts for
	chunkWindow     = 512 << 10          // bytes of the window that chunks take: what people write does not wait long for them
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	set(&l.OpsPerSecond, 5_000)
	set(&l.OpsBurst, 50_000)
	set(&l.Conns, 1024)
	set(&l.Strangers, 256)
	set(&l.Boxes, 1000)
	if l.TeamBytes == 0 {
		l.TeamBytes = 20 << 30
	}
	if l.MailBytes == 0 {
		l.MailBytes = 1 << 20
	}
	return l
}

// Config of a relay. Store is required.
type Config struct {
	Store  store.Store
	Limits Limits
	Now    func() time.Time // nil: the wall clock
	Random io.Reader        // nil: the system's
	Log    *slog.Logger     // nil: silent
}

func (c Config) withDefaults() Config {
	c.Limits = c.Limits.withDefaults()
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Timing.
const (
	helloLimit    = 30 * time.Second // until the first message
	strangerLimit = 10 * time.Minute // for a device that is not on the roster: a person may be asked
	writeLimit    = time.Minute
	lastWords     = time.Second // for what is still to be written when a conversation ends
)

// Bounds on what one connection may make the relay hold.
const (
	maxJobs      = 16      // frames and registers read and not stored
	maxOutgoing  = 1024    // messages queued
	maxNotes     = 256     // changes not yet told
	maxWanted    = 1 << 15 // feeds asked for
	maxSent      = 1 << 15 // feeds of which it is known how much the device has
	maxBoxes     = 64      // mailboxes open
	maxDownloads = 16      // copies of chunks asked for
	maxStrikes   = 32      // refusals of a device on no roster
	maxLetters   = 32      // mails that a device on no roster leaves
	creditEvery  = wire.Window / 8
)
