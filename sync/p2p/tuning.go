package p2p

import "time"

// tuning holds the numbers that tests shrink. Zero fields get the defaults.
type tuning struct {
	handshake     time.Duration // a sync stream must be agreed on within this time
	reach         time.Duration // one attempt at a peer: dial, handshake, agreement
	conversations int           // stop dialling when this many conversations run
	dials         int           // attempts under way at once

	strangerIdle  time.Duration // a stranger must ask to join within this time
	joinTime      time.Duration // and be done with it within that
	joinPatience  time.Duration // or within that, once it has proven its right
	tellTime      time.Duration // a device that lost access is told so within this time
	joinLinger    time.Duration // the answer has this long to reach the stranger
	strangers     int           // strangers connected at once
	strangersByIP int           // of them from one address
	knocks        rate          // strangers let in, all together
	knocksByIP    rate          // and from one address

	joinGrace  time.Duration // head start of the invited addresses in DialJoin
	joinSearch time.Duration // DialJoin looks around that long after the last failure

	circuitsStay bool          // no attempt to leave a circuit
	improveAfter time.Duration // a new circuit is left to hole punching first: both would dial the same addresses
	spare        time.Duration // a connection beside that of the conversation is kept this long
	quicFirst    time.Duration // head start of QUIC at a relay
	aliveTime    time.Duration // a connection that answers no question within this time is dead
	lookAround   time.Duration // own networks and the clock are looked at this often

	jitter func() float64 // in [0,1)
}

// rate is a token bucket: burst at once, one more every interval.
type rate struct {
	burst    int
	interval time.Duration
}

// The defaults. An office behind one public address is the case that decides
// the per-address numbers: several people join from there on the same morning.
func (t tuning) withDefaults() tuning {
	set(&t.handshake, 8*time.Second)
	set(&t.reach, 20*time.Second)
	set(&t.conversations, 32)
	set(&t.dials, 8)
	set(&t.strangerIdle, 10*time.Second)
	set(&t.joinTime, time.Minute)
	set(&t.joinPatience, 5*time.Minute)
	set(&t.tellTime, 20*time.Second)
	set(&t.joinLinger, 5*time.Second)
	set(&t.strangers, 16)
	set(&t.strangersByIP, 6)
	set(&t.knocks, rate{burst: 40, interval: time.Second})
	set(&t.knocksByIP, rate{burst: 12, interval: 5 * time.Second})
	set(&t.joinGrace, 1500*time.Millisecond)
	set(&t.joinSearch, 10*time.Second)
	set(&t.quicFirst, 3*time.Second)
	set(&t.spare, 30*time.Second)
	set(&t.improveAfter, 3*time.Second)
	set(&t.aliveTime, 5*time.Second)
	set(&t.lookAround, 2*time.Second)
	return t
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
