package courier

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// This file keeps the relay's list of the team's devices true (SPEC B24, B25). An admin's device signs a new one;
// others vouch for whom it lacks. A device is taken off only by who knows that it lost its access: who is merely unknown here
// was put there by somebody who knows more.

// addAfter is how long an admin's device waits, and at most twice as long, before it adds devices to a list that another one
// just wrote: it may have removed them, and say so in the log a moment later.
const addAfter = 3 * time.Second

// maxVouches bounds how many devices this one vouches for in a conversation.
const maxVouches = 64

type rosterKeeper struct {
	gen     uint64
	hash    [32]byte
	now     *wire.Roster // in force, nil while it is not known
	claimed []byte       // what the relay says is in force, until its signature could be checked
	asking  bool
	putting bool
	tries   int
	retryAt time.Time
	addAt   time.Time            // from when on devices are added: somebody else just changed the list, and why may be on its way
	vouched map[op.DeviceID]bool // in this generation
}

// foundRoster gives a relay that knows nobody of the team its first list. Only an admin's device does, because it is among
// the admins of it.
func (c *Courier) foundRoster() error {
	next, _ := c.nextRoster(nil, true)
	if !next.IsAdmin(c.self) || c.roster.putting {
		return nil
	}
	return c.putRoster(next)
}

// nextRoster is the list as it should be, and whether it differs from what is in force. Without add, nobody new is on it.
func (c *Courier) nextRoster(now *wire.Roster, add bool) (*wire.Roster, bool) {
	next := &wire.Roster{Team: c.team, Gen: 1}
	devices, admins := map[op.DeviceID]wire.RosterDevice{}, map[op.DeviceID]bool{}
	if now != nil {
		next.Gen, next.Prev = now.Gen+1, c.roster.hash
		for _, d := range now.Devices {
			if !c.r.Former(d.Device) {
				devices[d.Device] = d
			}
		}
		for _, a := range now.Admins {
			if _, known := c.r.Device(a); !known {
				admins[a] = true
			}
		}
	}
	for _, d := range c.r.RelayRoster() {
		if _, on := devices[d.Device]; !on && !add {
			continue
		}
		devices[d.Device] = entry(&d)
		if d.Admin {
			admins[d.Device] = true
		}
	}
	for id := range devices {
		next.Devices = append(next.Devices, devices[id])
		if admins[id] {
			next.Admins = append(next.Admins, id)
		}
	}
	return next, now == nil || !sameDevices(now, next)
}

func entry(d *replica.RelayDevice) wire.RosterDevice {
	return wire.RosterDevice{Device: d.Device, SignPub: d.SignPub, PeerPub: d.PeerPub}
}

func sameDevices(a, b *wire.Roster) bool {
	if len(a.Devices) != len(b.Devices) || len(a.Admins) != len(b.Admins) {
		return false
	}
	for _, d := range b.Devices {
		if e, ok := a.Find(d.Device); !ok || e != d {
			return false
		}
	}
	return !slices.ContainsFunc(b.Admins, func(id op.DeviceID) bool { return !a.IsAdmin(id) })
}

func (c *Courier) putRoster(next *wire.Roster) error {
	raw, err := next.Sign(c.r.Self().Device.Sign)
	if err != nil { // more devices than a roster holds: the relay goes on with the old one
		c.log.Warn("the relay's list cannot be written", "err", err)
		return nil
	}
	c.roster.putting = true
	return c.send(&wire.RelayRoster{Raw: raw})
}

// keepRoster looks whether the list in force is true. Before the control log is as new as the relay's, this device knows too
// little to say so: it would bring back whom others have removed.
func (c *Courier) keepRoster() error {
	k := &c.roster
	if err := c.believeRoster(); err != nil {
		return err
	}
	if !c.listed() || k.now == nil || k.putting || k.asking || !c.knowsAll() || !c.r.HasAuthority() || c.r.Gone() {
		return nil
	}
	next, differs := c.nextRoster(k.now, !c.now().Before(k.addAt))
	switch {
	case !differs:
		return nil
	case !k.now.IsAdmin(c.self):
		return c.vouch(next)
	case c.now().Before(k.retryAt):
		return nil
	}
	return c.putRoster(next)
}

// knowsAll tells whether the control log is here as far as the relay has it.
func (c *Courier) knowsAll() bool {
	if !c.fetch.current || !c.caps.full[c.control] {
		return false
	}
	ofControl := func(k oplog.FeedKey) bool { return k.Tag == c.control }
	return !slices.ContainsFunc(slices.Collect(maps.Keys(c.fetch.want)), ofControl) && !slices.ContainsFunc(slices.Collect(maps.Keys(c.fetch.later)), ofControl)
}

// vouch speaks for active devices that the list lacks.
func (c *Courier) vouch(next *wire.Roster) error {
	if _, on := c.roster.now.Find(c.self); !on {
		return nil // vouched for itself
	}
	for _, d := range next.Devices {
		if _, on := c.roster.now.Find(d.Device); on || c.roster.vouched[d.Device] || len(c.roster.vouched) >= maxVouches {
			continue
		}
		c.roster.vouched[d.Device] = true
		v := &wire.RelayVouch{Team: c.team, Gen: c.roster.now.Gen, Device: d}
		v.Sign(c.r.Self().Device.Sign)
		if err := c.send(v); err != nil {
			return err
		}
	}
	return nil
}

// onRosterIs hears which list is in force.
func (c *Courier) onRosterIs(ctx context.Context, m *wire.RelayRosterIs) error {
	k := &c.roster
	if m.Gen != k.gen && !k.putting && k.gen > 0 {
		k.addAt = c.now().Add(addAfter + jitter(addAfter))
	}
	k.asking, k.putting = false, false
	if m.Gen != k.gen || m.Hash != k.hash {
		k.gen, k.hash, k.now, k.claimed, k.tries = m.Gen, m.Hash, nil, nil, 0
		clear(k.vouched)
	}
	if err := c.setState(ctx, m.State); err != nil {
		return err
	}
	c.puts.retryDevices()
	if k.now == nil && k.gen > 0 && c.listed() {
		k.asking = true
		return c.send(&wire.RelayAskRoster{})
	}
	return c.retryPuts()
}

// onRoster reads the list in force.
func (c *Courier) onRoster(m *wire.RelayRoster) error {
	roster, err := wire.ParseRoster(m.Raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRelay, err)
	}
	if roster.Team != c.team {
		return fmt.Errorf("%w: the list of another team", ErrRelay)
	}
	c.roster.asking, c.roster.claimed = false, m.Raw
	return c.keepRoster()
}

// believeRoster takes a list for the one in force once it is seen to be signed by its signer. Whom nobody here knows has not come
// to be known yet, or was made up.
func (c *Courier) believeRoster() error {
	k := &c.roster
	if k.claimed == nil {
		return nil
	}
	roster, err := wire.ParseRoster(k.claimed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRelay, err)
	}
	key, known := c.r.SigningKey(roster.Signer)
	if !known {
		return nil
	}
	if !wire.VerifyRoster(k.claimed, key) {
		return fmt.Errorf("%w: a list that its signer did not sign", ErrRelay)
	}
	k.now, k.gen, k.hash, k.claimed = &roster, roster.Gen, wire.HashRoster(k.claimed), nil
	c.setStatus(func(st *Status) { st.Listed = len(roster.Devices) })
	return nil
}

// onRosterRefused asks for the list in force when another device was quicker, and gives up for a while when that does not help.
func (c *Courier) onRosterRefused(m *wire.RelayRefused) error {
	k := &c.roster
	if m.What == wire.TRelayVouch {
		return nil
	}
	k.putting = false
	k.tries++
	wait := retryAfter
	if m.Code == wire.RelayStale && k.tries <= maxRetries {
		wait = jitter(time.Second)
	}
	k.retryAt = c.now().Add(wait)
	if m.Code != wire.RelayStale || !c.listed() {
		return nil
	}
	k.now, k.asking = nil, true
	return c.send(&wire.RelayAskRoster{})
}

// jitter is a random part of d.
func jitter(d time.Duration) time.Duration {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d)))
	if err != nil {
		return d
	}
	return time.Duration(n.Int64())
}
