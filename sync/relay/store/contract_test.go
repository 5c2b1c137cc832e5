package store

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// contract is what every Store does. reopen closes one and opens the same database again.
func contract(t *testing.T, open func(*testing.T) Store, reopen func(*testing.T, Store) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"teams": teamsContract, "tokens": tokensContract, "devices": devicesContract, "caps": capsContract, "shown": shownContract,
		"feeds": feedsContract, "frames": framesContract, "runs": runsContract, "epochs": epochsContract, "collect": collectContract,
		"registers": registersContract, "chunks": chunksContract, "mail": mailContract, "ahead": aheadContract, "all or nothing": atomicContract,
		"watch": watchContract, "writers": writersContract,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
	t.Run("restart", func(t *testing.T) { restartContract(t, open(t), reopen) })
}

func update(t *testing.T, s Store, fn func(Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func addTeam(t *testing.T, s Store, n byte) Team {
	t.Helper()
	var team Team
	update(t, s, func(tx Tx) (err error) {
		team, err = tx.AddTeam(t.Context(), wire.TeamTag{n}, int64(n))
		return err
	})
	return team
}

func device(n byte, standing Standing) Device {
	return Device{ID: op.DeviceID{n}, SignPub: [32]byte{n, 1}, PeerPub: [32]byte{n, 2}, Standing: standing}
}

// chain makes ops of one feed; kinds repeats.
func chain(tag op.ScopeTag, from uint64, prev op.ID, n int, kinds ...op.Kind) []op.Sealed {
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32))
	var out []op.Sealed
	for i := range n {
		h := op.Header{Version: op.Version, Kind: kinds[i%len(kinds)], Scope: tag, Device: op.DeviceIDOf(priv.Public().(ed25519.PublicKey)), Incarnation: 1, Seq: from + uint64(i), Prev: prev}
		s := op.Sign(h, bytes.Repeat([]byte{byte(i)}, 100+i%50), priv)
		prev = s.ID()
		out = append(out, s)
	}
	return out
}

// appendOps stores ops at the end of their feed and returns it.
func appendOps(t *testing.T, s Store, team Team, atMS int64, ops ...op.Sealed) Feed {
	t.Helper()
	var f Feed
	update(t, s, func(tx Tx) error {
		k := wire.KeyOf(&ops[0].Header)
		have, ok, err := tx.Feed(t.Context(), team.No, k)
		if err != nil {
			return err
		}
		if f = have; !ok {
			f = Feed{FeedKey: k, First: 1}
		}
		last := &ops[len(ops)-1]
		f.Len, f.Head = last.Seq, last.ID()
		if f.LSeq, err = tx.Next(t.Context(), team.No); err != nil {
			return err
		}
		f.No, err = tx.Append(t.Context(), team.No, f, ops, atMS)
		return err
	})
	f, _, err := s.Feed(t.Context(), team.No, f.FeedKey)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func raw(ops []op.Sealed) (b []byte) {
	for i := range ops {
		b = ops[i].AppendTo(b)
	}
	return b
}

func teamsContract(t *testing.T, s Store) {
	ctx := t.Context()
	if _, ok, err := s.Team(ctx, wire.TeamTag{1}); ok || err != nil {
		t.Fatalf("a team that is not there: %v, %v", ok, err)
	}
	a, b := addTeam(t, s, 1), addTeam(t, s, 2)
	if a.No == b.No || a.LSeq != 0 || a.Gen != 0 || a.SinceMS != 1 {
		t.Errorf("new teams: %+v, %+v", a, b)
	}
	if err := s.Update(ctx, func(tx Tx) error { _, err := tx.AddTeam(ctx, wire.TeamTag{1}, 3); return err }); err == nil {
		t.Error("a team is there twice")
	}
	hash := [32]byte{5}
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.SetRoster(ctx, a.No, 7, hash, []byte("roster")), tx.AddBytes(ctx, a.No, 100), tx.AddBytes(ctx, a.No, -30), tx.NextRev(ctx, a.No), tx.NextPost(ctx, a.No))
	})
	got, ok, err := s.TeamByNo(ctx, a.No)
	if err != nil || !ok || got.Gen != 7 || got.Hash != hash || got.Bytes != 70 || got.Rev != 1 || got.Post != 1 || got.Tag != a.Tag {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if r, err := s.Roster(ctx, a.No); string(r) != "roster" || err != nil {
		t.Errorf("roster %q, %v", r, err)
	}
	f := appendOps(t, s, a, 1, chain(op.ScopeTag{1}, 1, op.ID{}, 40, op.Content)...)
	other := appendOps(t, s, b, 1, chain(op.ScopeTag{1}, 1, op.ID{}, 3, op.Content)...)
	update(t, s, func(tx Tx) error { return tx.RemoveTeam(ctx, a.No) })
	if teams, err := s.Teams(ctx); err != nil || len(teams) != 1 || teams[0].No != b.No {
		t.Errorf("after removing: %+v, %v", teams, err)
	}
	if _, n, err := s.Ops(ctx, f.No, 1, 40, 1<<20, 100); n != 0 || err != nil {
		t.Errorf("%d ops of a removed team are left, %v", n, err)
	}
	if _, n, err := s.Ops(ctx, other.No, 1, 3, 1<<20, 100); n != 3 || err != nil {
		t.Errorf("the other team lost ops: %d, %v", n, err)
	}
}

func tokensContract(t *testing.T, s Store) {
	ctx := t.Context()
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.AddToken(ctx, [32]byte{1}, 100), tx.AddToken(ctx, [32]byte{2}, 200))
	})
	if n, err := s.Tokens(ctx, 100); n != 1 || err != nil {
		t.Errorf("%d tokens are valid at 100, %v", n, err)
	}
	if ok, err := s.HasToken(ctx, [32]byte{1}, 100); ok || err != nil {
		t.Errorf("an expired token: %v, %v", ok, err)
	}
	use := func(n byte, at int64) (ok bool) {
		update(t, s, func(tx Tx) (err error) {
			ok, err = tx.UseToken(ctx, [32]byte{n}, at)
			return err
		})
		return ok
	}
	if use(1, 100) || use(3, 0) || !use(2, 199) || use(2, 199) {
		t.Error("a token is used when it should not be, or not when it should")
	}
}

func devicesContract(t *testing.T, s Store) {
	ctx := t.Context()
	team, other := addTeam(t, s, 1), addTeam(t, s, 2)
	vouched := device(3, Vouched)
	vouched.UntilMS = 1000
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.PutDevice(ctx, team.No, device(1, Rostered)), tx.PutDevice(ctx, team.No, device(2, Rostered)), tx.PutDevice(ctx, team.No, vouched),
			tx.PutDevice(ctx, other.No, device(1, Rostered)), tx.Seen(ctx, team.No, op.DeviceID{1}, 50), tx.SetCursor(ctx, team.No, op.DeviceID{1}, 60))
	})
	want := device(1, Rostered)
	want.SeenMS, want.Cursor = 50, 60
	if d, ok, err := s.Device(ctx, team.No, op.DeviceID{1}); !ok || err != nil || d != want {
		t.Errorf("%+v, %v, %v", d, ok, err)
	}
	if homes, err := s.Homes(ctx, [32]byte{1, 2}, 0); err != nil || len(homes) != 2 {
		t.Errorf("the device of two teams is at home in %v, %v", homes, err)
	}
	for at, n := range map[int64]int{999: 1, 1000: 0} {
		if homes, err := s.Homes(ctx, [32]byte{3, 2}, at); err != nil || len(homes) != n {
			t.Errorf("the device that was vouched for is at home in %v at %d, %v", homes, at, err)
		}
	}
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.Retire(ctx, team.No), tx.PutDevice(ctx, team.No, device(1, Rostered)))
	})
	all, err := s.Devices(ctx, team.No)
	if err != nil || len(all) != 3 || all[0] != want || all[1].Standing != Removed || all[2].Standing != Lapsed {
		t.Errorf("after a new roster: %+v, %v", all, err)
	}
	if d, _, err := s.Device(ctx, other.No, op.DeviceID{1}); err != nil || d.Standing != Rostered {
		t.Errorf("the other team's device: %+v, %v", d, err)
	}
}

func capsContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	tag := op.ScopeTag{4}
	a, b := Cap{Pub: [32]byte{1}, Ref: op.EpochRef{1}, Head: true}, Cap{Pub: [32]byte{2}, Ref: op.EpochRef{2}, Head: true}
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.PutDevice(ctx, team.No, device(1, Rostered)), tx.PutDevice(ctx, team.No, device(2, Rostered)),
			tx.PutCap(ctx, team.No, tag, a, op.DeviceID{1}), tx.PutCap(ctx, team.No, tag, a, op.DeviceID{2}), tx.PutCap(ctx, team.No, tag, b, op.DeviceID{1}))
	})
	counts := func(first, second int) {
		t.Helper()
		for id, want := range map[byte]int{1: first, 2: second} {
			if n, err := s.CapsBy(ctx, team.No, tag, op.DeviceID{id}); n != want || err != nil {
				t.Errorf("device %d registered %d heads, want %d, %v", id, n, want, err)
			}
		}
	}
	counts(2, 0)
	update(t, s, func(tx Tx) error { return tx.Supersede(ctx, team.No, tag, [][32]byte{a.Pub}) })
	counts(1, 0)
	if heads, err := s.Heads(ctx, team.No); err != nil || len(heads) != 1 || !slices.Equal(heads[tag], [][32]byte{b.Pub}) {
		t.Errorf("heads %v, %v", heads, err)
	}
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.Retire(ctx, team.No), tx.PutDevice(ctx, team.No, device(2, Rostered)), tx.DropCaps(ctx, team.No))
	})
	a.Head = false
	if caps, err := s.Caps(ctx, team.No, tag); err != nil || !slices.Equal(caps, []Cap{a}) {
		t.Errorf("after the device that alone proved one left: %+v, %v", caps, err)
	}
}

func shownContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.SetShown(ctx, team.No, op.DeviceID{1}, op.ScopeTag{1}, 5), tx.SetShown(ctx, team.No, op.DeviceID{1}, op.ScopeTag{2}, 6),
			tx.SetShown(ctx, team.No, op.DeviceID{2}, op.ScopeTag{1}, 7), tx.SetShown(ctx, team.No, op.DeviceID{1}, op.ScopeTag{2}, 8), tx.DropShown(ctx, team.No, op.DeviceID{1}, op.ScopeTag{1}))
	})
	if m, err := s.Shown(ctx, team.No, op.DeviceID{1}); err != nil || len(m) != 1 || m[op.ScopeTag{2}] != 8 {
		t.Errorf("%v, %v", m, err)
	}
}

func feedsContract(t *testing.T, s Store) {
	ctx := t.Context()
	team, other := addTeam(t, s, 1), addTeam(t, s, 2)
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, 70, op.Content)
	f := appendOps(t, s, team, 1, ops[:65]...)
	if f.Len != 65 || f.LSeq != 1 || f.First != 1 || !f.Content || f.Head != ops[64].ID() {
		t.Errorf("%+v", f)
	}
	control := appendOps(t, s, team, 1, chain(op.ScopeTag{2}, 1, op.ID{}, 2, op.Control, op.Epoch)...)
	if control.Content {
		t.Error("a feed without content is said to hold some")
	}
	f = appendOps(t, s, team, 1, ops[65:]...)
	if f.Len != 70 || f.LSeq != 3 {
		t.Errorf("%+v", f)
	}
	if got, err := s.Changed(ctx, team.No, 0); err != nil || len(got) != 2 || got[0] != control || got[1] != f {
		t.Errorf("changed since 0: %+v, %v", got, err)
	}
	if got, err := s.Changed(ctx, team.No, 2); err != nil || len(got) != 1 || got[0] != f {
		t.Errorf("changed since 2: %+v, %v", got, err)
	}
	if got, err := s.Changed(ctx, other.No, 0); err != nil || len(got) != 0 {
		t.Errorf("of another team: %+v, %v", got, err)
	}
	if got, err := s.Scope(ctx, team.No, op.ScopeTag{2}); err != nil || len(got) != 1 || got[0] != control {
		t.Errorf("of a scope: %+v, %v", got, err)
	}
	update(t, s, func(tx Tx) error {
		if n, err := tx.Feeds(ctx, team.No, f.Tag, f.Device); n != 1 || err != nil {
			t.Errorf("%d feeds of a device, %v", n, err)
		}
		return nil
	})
	missing := oplog.FeedKey{Tag: f.Tag, Device: f.Device, Incarnation: 2}
	if _, ok, err := s.Feed(ctx, team.No, missing); ok || err != nil {
		t.Errorf("another incarnation: %v, %v", ok, err)
	}
}

func framesContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, 100, op.Content)
	f := appendOps(t, s, team, 1, ops...)
	for name, c := range map[string]struct {
		from, to     uint64
		limit, most  int
		first, count int
	}{
		"all":             {1, 100, 1 << 20, 1000, 0, 100},
		"a part":          {11, 20, 1 << 20, 1000, 10, 10},
		"beyond the end":  {91, 400, 1 << 20, 1000, 90, 10},
		"few":             {1, 100, 1 << 20, 7, 0, 7},
		"one at least":    {5, 100, 1, 1000, 4, 1},
		"as many as fit":  {1, 100, ops[0].Size() + ops[1].Size(), 1000, 0, 2},
		"one byte less":   {1, 100, ops[0].Size() + ops[1].Size() - 1, 1000, 0, 1},
		"behind the last": {101, 200, 1 << 20, 1000, 0, 0},
	} {
		b, n, err := s.Ops(ctx, f.No, c.from, c.to, c.limit, c.most)
		if err != nil || n != c.count || !bytes.Equal(b, raw(ops[c.first:c.first+c.count])) {
			t.Errorf("%s: %d ops, %d bytes, %v", name, n, len(b), err)
		}
	}
}
