package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

func epochsContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, 9, op.Epoch, op.Content, op.Epoch)
	appendOps(t, s, team, 1, ops[:3]...)
	appendOps(t, s, team, 1, ops[3:6]...)
	appendOps(t, s, team, 1, ops[6:]...)
	var got [][]byte
	after := int64(0)
	for pages := 0; ; pages++ {
		b, upTo, more, err := s.Epochs(ctx, team.No, op.ScopeTag{1}, after, 3)
		if err != nil || pages > 5 {
			t.Fatal(pages, err)
		}
		got = append(got, b...)
		if after = upTo; !more {
			break
		}
	}
	var want [][]byte
	for _, i := range []int{0, 2, 3, 5, 6, 8} {
		want = append(want, ops[i].AppendTo(nil))
	}
	if !slices.EqualFunc(got, want, bytes.Equal) || after != 3 {
		t.Errorf("%d epoch ops up to %d, want %d", len(got), after, len(want))
	}
	if b, upTo, more, err := s.Epochs(ctx, team.No, op.ScopeTag{2}, 0, 3); len(b) != 0 || upTo != 0 || more || err != nil {
		t.Errorf("of another scope: %d, %d, %v, %v", len(b), upTo, more, err)
	}
}

func collectContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, 30, op.Content, op.Epoch, op.Content)
	size := int64(len(raw(ops)))
	for i := 0; i < 30; i += 10 {
		appendOps(t, s, team, int64(i), ops[i:i+10]...)
	}
	update(t, s, func(tx Tx) error { return tx.AddBytes(ctx, team.No, size) })
	collect := func(upTo, before int64, limit int) (freed int64, n uint64) {
		t.Helper()
		update(t, s, func(tx Tx) error {
			f, _, err := tx.Feed(ctx, team.No, wire.KeyOf(&ops[0].Header))
			if err != nil {
				return err
			}
			freed, n, err = tx.Collect(ctx, team.No, f, upTo, before, limit)
			return err
		})
		return freed, n
	}
	if _, n := collect(0, 100, 50); n != 0 {
		t.Errorf("%d ops that nobody has are collected", n)
	}
	if _, n := collect(3, 10, 50); n != 10 {
		t.Errorf("%d ops that are old are collected, want 10", n)
	}
	freed, n := collect(2, 100, 4)
	if n != 4 || freed == 0 {
		t.Errorf("%d ops, %d bytes, want a part", n, freed)
	}
	_, _ = collect(2, 100, 50)
	f, _, err := s.Feed(ctx, team.No, wire.KeyOf(&ops[0].Header))
	if err != nil || f.First != 21 || f.Len != 30 || f.Head != ops[29].ID() {
		t.Errorf("%+v, %v", f, err)
	}
	if b, n, err := s.Ops(ctx, f.No, 21, 30, 1<<20, 100); err != nil || n != 10 || !bytes.Equal(b, raw(ops[20:])) {
		t.Errorf("what is left: %d ops, %v", n, err)
	}
	if b, _, _, err := s.Epochs(ctx, team.No, op.ScopeTag{1}, 0, 100); err != nil || len(b) != 10 {
		t.Errorf("%d epoch ops are left, want all 10, %v", len(b), err)
	}
	gone := int64(0)
	for i := range ops[:20] {
		if ops[i].Kind != op.Epoch {
			gone += int64(ops[i].Size())
		}
	}
	if now, _, err := s.TeamByNo(ctx, team.No); err != nil || now.Bytes != size-gone {
		t.Errorf("%d bytes are counted, want %d, %v", now.Bytes, size-gone, err)
	}
}

func registersContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	put := func(key string, version uint64, text string) (grown int64, stored bool) {
		t.Helper()
		update(t, s, func(tx Tx) error {
			lseq, err := tx.Next(ctx, team.No)
			if err != nil {
				return err
			}
			grown, stored, err = tx.PutRegister(ctx, team.No, Register{Tag: op.ScopeTag{1}, Device: op.DeviceID{1}, Key: key, Version: version, LSeq: lseq, Raw: []byte(text)})
			return err
		})
		return grown, stored
	}
	if n, ok := put("a", 2, "four"); n != 4 || !ok {
		t.Errorf("new: %d, %v", n, ok)
	}
	if n, ok := put("a", 1, "older"); n != 0 || ok {
		t.Errorf("older: %d, %v", n, ok)
	}
	if n, ok := put("a", 2, "same"); n != 0 || ok {
		t.Errorf("the same: %d, %v", n, ok)
	}
	if n, ok := put("b", 1, "b"); n != 1 || !ok {
		t.Errorf("another key: %d, %v", n, ok)
	}
	if n, ok := put("a", 3, "newer!"); n != 2 || !ok {
		t.Errorf("newer: %d, %v", n, ok)
	}
	got, err := s.Registers(ctx, team.No, 3)
	if err != nil || len(got) != 2 || string(got[0].Raw) != "b" || string(got[1].Raw) != "newer!" || got[1].Version != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.ScopeRegisters(ctx, team.No, op.ScopeTag{2}); len(got) != 0 || err != nil {
		t.Errorf("of another scope: %+v, %v", got, err)
	}
	update(t, s, func(tx Tx) error {
		if n, err := tx.RegisterKeys(ctx, team.No, op.ScopeTag{1}, op.DeviceID{1}, "a"); n != 1 || err != nil {
			t.Errorf("%d other keys, %v", n, err)
		}
		return nil
	})
}

func mailContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	box := wire.MailBox{7}
	update(t, s, func(tx Tx) error {
		err := errors.Join(tx.PutBox(ctx, team.No, Box{ID: box, ExpiresMS: 500, Next: 4, Bytes: 12 + 3*MailCost}), tx.AddBytes(ctx, team.No, 12+3*MailCost))
		for n := range uint64(3) {
			err = errors.Join(err, tx.PutMail(ctx, team.No, box, op.DeviceID{byte(n % 2)}, wire.Mail{No: n + 1, AtMS: int64(n), Body: []byte(fmt.Sprint("ml", n, "."))}, 100*int64(n+1)))
		}
		return err
	})
	get := func(after uint64, limit, most int) (out string, more bool) {
		t.Helper()
		mails, more, err := s.Mail(ctx, team.No, box, after, limit, most)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mails {
			out += fmt.Sprint(m.No, string(m.Body))
		}
		return out, more
	}
	for name, c := range map[string]struct {
		after       uint64
		limit, most int
		want        string
		more        bool
	}{
		"all": {0, 100, 9, "1ml0.2ml1.3ml2.", false}, "later": {2, 100, 9, "3ml2.", false}, "one": {0, 100, 1, "1ml0.", true}, "as fit": {0, 8, 9, "1ml0.2ml1.", true}, "at least one": {0, 1, 9, "1ml0.", true},
	} {
		if got, more := get(c.after, c.limit, c.most); got != c.want || more != c.more {
			t.Errorf("%s: %q, %v", name, got, more)
		}
	}
	shares, err := s.Shares(ctx, team.No, box)
	slices.SortFunc(shares, func(a, b Share) int { return bytes.Compare(a.Sender[:], b.Sender[:]) })
	if err != nil || !slices.Equal(shares, []Share{{op.DeviceID{}, 8 + 2*MailCost, 1}, {op.DeviceID{1}, 4 + MailCost, 2}}) {
		t.Errorf("shares: %+v, %v", shares, err)
	}
	update(t, s, func(tx Tx) error {
		if n, err := tx.DropMail(ctx, team.No, box, []uint64{2, 2, 9}); n != 4+MailCost || err != nil {
			t.Errorf("%d bytes freed, %v", n, err)
		}
		return tx.Expire(ctx, 100)
	})
	if got, _ := get(0, 100, 9); got != "3ml2." {
		t.Errorf("left: %q", got)
	}
	if b, ok, err := s.Box(ctx, team.No, box); err != nil || !ok || b != (Box{ID: box, ExpiresMS: 500, Next: 4, Bytes: 4 + MailCost}) {
		t.Errorf("%+v, %v, %v", b, ok, err)
	}
	update(t, s, func(tx Tx) error { return tx.Expire(ctx, 600) })
	update(t, s, func(tx Tx) error {
		if n, err := tx.Boxes(ctx, team.No); n != 0 || err != nil {
			t.Errorf("%d boxes are left, %v", n, err)
		}
		return nil
	})
	if now, _, err := s.TeamByNo(ctx, team.No); err != nil || now.Bytes != 0 {
		t.Errorf("%d bytes are counted, %v", now.Bytes, err)
	}
}

func aheadContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, 9, op.Content)
	for i := range ops {
		appendOps(t, s, team, 1000+int64(i), ops[i])
	}
	for cursor, want := range map[int64]int64{0: 1000, 1: 1001, 8: 1008, 9: 0} {
		if at, err := s.OldestAhead(ctx, team.No, cursor); at != want || err != nil {
			t.Errorf("after %d: %d, want %d, %v", cursor, at, want, err)
		}
	}
}

func atomicContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	stop := errors.New("stop")
	err := s.Update(ctx, func(tx Tx) error {
		if _, err := tx.Next(ctx, team.No); err != nil {
			return err
		}
		if now, _, err := tx.TeamByNo(ctx, team.No); err != nil || now.LSeq != 1 {
			t.Errorf("inside: %+v, %v", now, err)
		}
		if now, _, err := s.TeamByNo(ctx, team.No); err != nil || now.LSeq != 0 {
			t.Errorf("outside, before the commit: %+v, %v", now, err)
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Errorf("the reason is lost: %v", err)
	}
	if now, _, err := s.TeamByNo(ctx, team.No); err != nil || now.LSeq != 0 {
		t.Errorf("afterwards: %+v, %v", now, err)
	}
	addTeam(t, s, 2) // and the store still works
}

func watchContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	heard := make(chan TeamNo, 100)
	stop := s.Watch(func(no TeamNo) { heard <- no })
	update(t, s, func(tx Tx) error { _, err := tx.Next(ctx, team.No); return err })
	select {
	case no := <-heard:
		if no != team.No {
			t.Errorf("team %d changed, heard of %d", team.No, no)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a change is not heard of")
	}
	stop()
}

func writersContract(t *testing.T, s Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	done := make(chan error, 4)
	for range 4 {
		go func() {
			for range 25 {
				if err := s.Update(ctx, func(tx Tx) error { _, err := tx.Next(ctx, team.No); return err }); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if now, _, err := s.TeamByNo(ctx, team.No); err != nil || now.LSeq != 100 {
		t.Errorf("100 changes gave arrival number %d, %v", now.LSeq, err)
	}
}

func restartContract(t *testing.T, s Store, reopen func(*testing.T, Store) Store) {
	ctx := t.Context()
	team := addTeam(t, s, 1)
	ops := chain(op.ScopeTag{1}, 1, op.ID{}, 50, op.Content)
	f := appendOps(t, s, team, 1, ops...)
	chunk := leave(t, s, team, Chunk{Tag: op.ScopeTag{1}, Copy: sampleCopy(1, 8), By: op.DeviceID{1}}, true)
	id := s.ID()
	s = reopen(t, s)
	if s.ID() != id || id == [16]byte{} {
		t.Errorf("the database is called %x, was %x", s.ID(), id)
	}
	if got, ok, err := s.Feed(ctx, team.No, f.FeedKey); !ok || err != nil || got != f {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if b, n, err := s.Ops(ctx, f.No, 1, 50, 1<<20, 100); n != 50 || err != nil || !bytes.Equal(b, raw(ops)) {
		t.Errorf("%d ops, %v", n, err)
	}
	if got, err := s.Chunks(ctx, team.No, chunk.Tag, [][32]byte{chunk.Copy.ID}); err != nil || !slices.Equal(got, []Chunk{chunk}) {
		t.Errorf("%+v, %v", got, err)
	}
}
