package relay

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// refusal is a reason to refuse that turns up inside a transaction.
type refusal struct {
	code wire.RelayCode
	text string
}

func (c *conn) onAskRoster(ctx context.Context) error {
	raw, err := c.r.store.Roster(ctx, c.no)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	if len(raw) == 0 {
		return c.sayRoster()
	}
	return c.send(&wire.RelayRoster{Raw: raw})
}

// onRoster puts a roster in force that follows the one before. Whoever brings it need not be on the one before: it may be the
// one that lists them.
func (c *conn) onRoster(ctx context.Context, m *wire.RelayRoster) error {
	next, err := wire.ParseRoster(m.Raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPeer, err)
	}
	if next.Team != c.team.Tag {
		return c.refused(wire.TRelayRoster, wire.RelayOtherTeam, "the roster is of another team")
	}
	var t store.Team
	var no *refusal
	err = c.write(ctx, func(tx store.Tx) error {
		t, no, err = c.putRoster(ctx, tx, &next, m.Raw)
		return err
	})
	switch {
	case errors.Is(err, store.ErrFull):
		return c.refused(wire.TRelayRoster, wire.RelayTryLater, "the relay's disk is full")
	case err != nil:
		return err
	case no != nil:
		return c.refused(wire.TRelayRoster, no.code, no.text)
	}
	if err := c.enterTeam(ctx, t); err != nil {
		return err
	}
	return c.sayRoster()
}

// putRoster is the compare-and-swap: generation and hash of the one before must be those in force.
func (c *conn) putRoster(ctx context.Context, tx store.Tx, next *wire.Roster, raw []byte) (store.Team, *refusal, error) {
	t, ok, err := tx.Team(ctx, next.Team)
	if err != nil {
		return t, nil, err
	}
	hash := wire.HashRoster(raw)
	if ok && t.Gen == next.Gen && t.Hash == hash {
		return t, nil, nil // it came twice
	}
	if next.Gen != t.Gen+1 || next.Prev != t.Hash {
		return t, &refusal{wire.RelayStale, fmt.Sprintf("the roster in force has generation %d", t.Gen)}, nil
	}
	signers := next // the first one is believed by the token
	if t.Gen > 0 {
		before, err := tx.Roster(ctx, t.No)
		if err != nil {
			return t, nil, err
		}
		old, err := wire.ParseRoster(before)
		if err != nil {
			return t, nil, fmt.Errorf("read the roster in force: %w", err)
		}
		signers = &old
	}
	signer, listed := signers.Find(next.Signer)
	if !listed || !signers.IsAdmin(next.Signer) {
		return t, &refusal{wire.RelayNoAdmin, "the signer is not an admin of the roster in force"}, nil
	}
	if !wire.VerifyRoster(raw, signer.SignPub[:]) {
		return t, &refusal{wire.RelayBadSig, "the roster's signature does not match"}, nil
	}
	if !ok {
		now := c.r.cfg.Now().UnixMilli()
		if ok, err = tx.UseToken(ctx, tokenHash(c.token), now); err != nil {
			return t, nil, err
		}
		if !ok {
			return t, &refusal{wire.RelayBadToken, "the token is unknown, used or expired"}, nil
		}
		if t, err = tx.AddTeam(ctx, next.Team, now); err != nil {
			return t, nil, err
		}
	}
	if err := installRoster(ctx, tx, t.No, next, raw, hash); err != nil {
		return t, nil, err
	}
	t, _, err = tx.TeamByNo(ctx, t.No)
	return t, nil, err
}

// installRoster makes the listed devices the team's, and forgets what only others have proven.
func installRoster(ctx context.Context, tx store.Tx, no store.TeamNo, next *wire.Roster, raw []byte, hash [32]byte) error {
	if err := tx.Retire(ctx, no); err != nil {
		return err
	}
	for i := range next.Devices {
		d := &next.Devices[i]
		if err := tx.PutDevice(ctx, no, store.Device{ID: d.Device, SignPub: d.SignPub, PeerPub: d.PeerPub, Standing: store.Rostered}); err != nil {
			return err
		}
	}
	if err := tx.DropCaps(ctx, no); err != nil {
		return err
	}
	if err := tx.SetRoster(ctx, no, next.Gen, hash, raw); err != nil {
		return err
	}
	return tx.NextRev(ctx, no)
}

// onVouch admits a device until the next roster, by the word of one that is on it.
func (c *conn) onVouch(ctx context.Context, m *wire.RelayVouch) error {
	if m.Team != c.team.Tag {
		return c.refused(wire.TRelayVouch, wire.RelayOtherTeam, "the vouch is for another team")
	}
	var no *refusal
	var t store.Team
	err := c.write(ctx, func(tx store.Tx) (err error) {
		t, no, err = c.putVouch(ctx, tx, m)
		return err
	})
	switch {
	case errors.Is(err, store.ErrFull):
		return c.refused(wire.TRelayVouch, wire.RelayTryLater, "the relay's disk is full")
	case err != nil:
		return err
	case no != nil:
		return c.refused(wire.TRelayVouch, no.code, no.text)
	}
	c.team = t
	return c.sayRoster()
}

func (c *conn) putVouch(ctx context.Context, tx store.Tx, m *wire.RelayVouch) (store.Team, *refusal, error) {
	t, ok, err := tx.TeamByNo(ctx, c.no)
	if err != nil || !ok {
		return t, &refusal{wire.RelayBadState, "the team was removed"}, err
	}
	if m.Gen != t.Gen {
		return t, &refusal{wire.RelayStale, fmt.Sprintf("the roster in force has generation %d", t.Gen)}, nil
	}
	devices, err := tx.Devices(ctx, c.no)
	if err != nil {
		return t, nil, err
	}
	now := c.r.cfg.Now()
	known := map[op.DeviceID]store.Device{}
	pending := 0
	for _, d := range devices {
		known[d.ID] = d
		if d.Standing == store.Vouched && d.In(now.UnixMilli()) {
			pending++
		}
	}
	signer := known[m.Signer]
	subject, listed := known[m.Device.Device]
	switch {
	case signer.Standing != store.Rostered:
		return t, &refusal{wire.RelayNoRight, "who vouches is not on the roster"}, nil
	case !m.Verify(signer.SignPub[:]):
		return t, &refusal{wire.RelayBadSig, "the vouch's signature does not match"}, nil
	case listed && subject.Standing == store.Rostered:
		return t, nil, nil
	case listed && subject.Standing == store.Removed:
		return t, &refusal{wire.RelayNoRight, "the device was taken off the roster: only a roster brings it back"}, nil
	case pending >= maxVouched, len(devices) >= 2*wire.MaxRosterDevices:
		return t, &refusal{wire.RelayTooMany, "too many devices are vouched for"}, nil
	}
	d := store.Device{
		ID: m.Device.Device, SignPub: m.Device.SignPub, PeerPub: m.Device.PeerPub,
		Standing: store.Vouched, UntilMS: now.Add(vouchFor).UnixMilli(),
	}
	if err := tx.PutDevice(ctx, c.no, d); err != nil {
		return t, nil, err
	}
	return t, nil, tx.NextRev(ctx, c.no)
}
