package store

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

func sampleCopy(n byte, size uint32) wire.RelayCopy {
	return wire.RelayCopy{ID: [32]byte{n}, Sum: [32]byte{n, 1}, Size: size}
}

// leave stores a copy in parts of three bytes, whole unless it is to lack the last one.
func leave(t *testing.T, s Store, team Team, c Chunk, whole bool) Chunk {
	t.Helper()
	ctx := t.Context()
	update(t, s, func(tx Tx) error {
		if err := tx.BeginChunk(ctx, team.No, c); err != nil {
			return err
		}
		for {
			now, ok, err := tx.Unfinished(ctx, team.No, c.By)
			if err != nil || !ok {
				return errors.Join(err, errors.New("what was begun is not there"))
			}
			left := min(3, int64(now.Copy.Size)-now.Have)
			now.UsedMS = c.UsedMS
			if last := now.Have+left == int64(now.Copy.Size); last && !whole {
				c = now
				return nil
			} else if last {
				if now.LSeq, err = tx.Next(ctx, team.No); err != nil {
					return err
				}
			}
			if err := tx.AddPart(ctx, now, bytes.Repeat([]byte{now.Copy.ID[0]}, int(left))); err != nil {
				return err
			}
			if c = now; now.LSeq != 0 {
				c.Have += left
				return nil
			}
		}
	})
	return c
}

func chunksContract(t *testing.T, s Store) {
	ctx := t.Context()
	team, other := addTeam(t, s, 1), addTeam(t, s, 2)
	tag, ann, bob := op.ScopeTag{1}, op.DeviceID{1}, op.DeviceID{2}
	a := leave(t, s, team, Chunk{Tag: tag, Copy: sampleCopy(1, 8), By: ann, UsedMS: 10}, true)
	b := leave(t, s, team, Chunk{Tag: tag, Copy: sampleCopy(2, 3), By: ann, UsedMS: 20}, true)
	begun := leave(t, s, team, Chunk{Tag: tag, Copy: sampleCopy(1, 8), By: bob, UsedMS: 30}, false)
	theirs := leave(t, s, other, Chunk{Tag: tag, Copy: sampleCopy(1, 8), By: ann, UsedMS: 40}, true)

	ids := [][32]byte{a.Copy.ID, b.Copy.ID, {9}}
	if got, err := s.Chunks(ctx, team.No, tag, ids); err != nil || !slices.Equal(got, []Chunk{a, b}) {
		t.Errorf("whole ones: %+v, %v", got, err)
	}
	if got, err := s.Chunks(ctx, team.No, op.ScopeTag{2}, ids); err != nil || len(got) != 0 {
		t.Errorf("of another scope: %+v, %v", got, err)
	}
	if got, err := s.NewChunks(ctx, team.No, a.LSeq, 9); err != nil || !slices.Equal(got, []Chunk{b}) {
		t.Errorf("those since: %+v, %v", got, err)
	}
	if got, err := s.NewChunks(ctx, team.No, 0, 1); err != nil || !slices.Equal(got, []Chunk{a}) {
		t.Errorf("the first: %+v, %v", got, err)
	}
	var whole []byte
	for from := uint32(0); from < 8; from += 3 {
		part, err := s.ChunkPart(ctx, a.No, from)
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, part...)
	}
	if !bytes.Equal(whole, bytes.Repeat([]byte{1}, 8)) {
		t.Errorf("read %x", whole)
	}
	if part, err := s.ChunkPart(ctx, a.No, 1); part != nil || err != nil {
		t.Errorf("a part that is none: %x, %v", part, err)
	}
	total := func(no TeamNo, wantN int, wantBytes int64) {
		t.Helper()
		n, size, err := s.ChunkTotals(ctx, no)
		team, _, err2 := s.TeamByNo(ctx, no)
		if n != wantN || size != wantBytes || team.Bytes != wantBytes || err != nil || err2 != nil {
			t.Errorf("%d copies of %d bytes, %d counted, want %d of %d, %v", n, size, team.Bytes, wantN, wantBytes, errors.Join(err, err2))
		}
	}
	total(team.No, 3, 19)

	old := func(kind ChunkKind, before int64, want ...Chunk) {
		t.Helper()
		update(t, s, func(tx Tx) error {
			got, err := tx.OldChunks(ctx, team.No, kind, before, 9)
			if !slices.EqualFunc(got, want, func(x, y Chunk) bool { return x.No == y.No }) {
				t.Errorf("old before %d: %+v, want %+v", before, got, want)
			}
			return err
		})
	}
	old(AnyChunk, 30, a, b)
	old(AnyChunk, 31, a, b, begun)
	old(FetchedChunk, 31)
	old(UnfinishedChunk, 30)
	old(UnfinishedChunk, 31, begun)
	update(t, s, func(tx Tx) error {
		return errors.Join(tx.UseChunks(ctx, []int64{a.No}, 50, true), tx.UseChunks(ctx, []int64{a.No, b.No}, 60, false))
	})
	old(FetchedChunk, 61, a)
	old(AnyChunk, 61, begun, a, b)

	update(t, s, func(tx Tx) error {
		return errors.Join(tx.DropChunk(ctx, team.No, &a), tx.DropChunk(ctx, team.No, &a))
	})
	total(team.No, 2, 11)
	if part, err := s.ChunkPart(ctx, a.No, 0); part != nil || err != nil {
		t.Errorf("a part of a removed copy: %x, %v", part, err)
	}
	update(t, s, func(tx Tx) error { return tx.RemoveTeam(ctx, team.No) })
	for _, c := range []Chunk{b, begun} {
		if part, err := s.ChunkPart(ctx, c.No, 0); part != nil || err != nil {
			t.Errorf("a part of a removed team: %x, %v", part, err)
		}
	}
	if n, _, err := s.ChunkTotals(ctx, team.No); n != 0 || err != nil {
		t.Errorf("%d copies of a removed team, %v", n, err)
	}
	total(other.No, 1, 8)
	if part, err := s.ChunkPart(ctx, theirs.No, 0); len(part) != 3 || err != nil {
		t.Errorf("the other team lost its copy: %x, %v", part, err)
	}
}
