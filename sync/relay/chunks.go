package relay

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// This file takes chunks of larger content, and says which are there. An id says nothing that a relay could check, so that under
// one id there may be copies of several devices; what it can check is that a copy is what its hash says.

// upload is the copy that a device is leaving.
type upload struct {
	tag      op.ScopeTag
	copy     wire.RelayCopy
	next     uint32 // the byte where the next part begins
	hash     hash.Hash
	answered bool // stored, there already, or refused: what else comes of it is let go
}

// onBlobHas says which chunks are there, and notes that they are still asked for.
func (c *conn) onBlobHas(ctx context.Context, m *wire.RelayBlobHas) error {
	answer := &wire.RelayBlobHeld{Tag: m.Tag}
	if !c.full(m.Tag) {
		return c.send(answer)
	}
	list, err := c.r.store.Chunks(ctx, c.no, m.Tag, m.IDs)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	now := c.r.cfg.Now()
	var named []int64
	for i := range list {
		answer.Copies = append(answer.Copies, list[i].Copy)
		if list[i].UsedMS < now.Add(-namedEvery).UnixMilli() {
			named = append(named, list[i].No)
		}
	}
	if len(named) > 0 {
		err := c.note(ctx, func(tx store.Tx) error { return tx.UseChunks(ctx, named, now.UnixMilli(), false) })
		if err != nil {
			return err
		}
	}
	return c.send(answer)
}

// onBlobPut takes a part and hands it to the writer. Parts out of order, and a copy that is not what its hash says, end the
// conversation.
func (c *conn) onBlobPut(ctx context.Context, m *wire.RelayBlobPut) error {
	if c.held >= wire.Window {
		return fmt.Errorf("%w: sends more than the window allows", ErrPeer)
	}
	c.held += len(m.Part)
	if m.From == 0 {
		c.upload = &upload{tag: m.Tag, copy: m.Copy, hash: sha256.New()}
	}
	u := c.upload
	if u == nil || u.tag != m.Tag || u.copy != m.Copy || u.next != m.From {
		return fmt.Errorf("%w: parts of a chunk out of order", ErrPeer)
	}
	u.next += uint32(len(m.Part))
	_, _ = u.hash.Write(m.Part) // never fails
	whole := u.next == m.Copy.Size
	if whole && [32]byte(u.hash.Sum(nil)) != m.Copy.Sum {
		return fmt.Errorf("%w: a chunk is not what its hash says", ErrPeer)
	}
	res := result{frame: len(m.Part), upload: u}
	if u.answered || !c.full(m.Tag) {
		res.chunk = &wire.RelayBlobStored{Tag: m.Tag, Copy: m.Copy, Code: wire.RelayNoRight}
		return c.handleResults([]result{res})
	}
	answer := &wire.RelayBlobStored{Tag: m.Tag, Copy: m.Copy}
	said := false
	return c.put(ctx, job{
		run: func(tx store.Tx) (err error) {
			answer.Code, said, err = c.storePart(ctx, tx, m, whole)
			return err
		},
		done: func(err error) {
			if err != nil {
				answer.Code, said = c.failedPart(err), true
			}
			if said {
				res.chunk = answer
			}
			c.finished(res)
		},
	})
}

// failedPart is what a device is told when the database cannot write.
func (c *conn) failedPart(err error) wire.RelayCode {
	if errors.Is(err, store.ErrFull) {
		return wire.RelayQuota
	}
	if !errors.Is(err, ErrClosed) {
		c.r.count.failed.Add(1)
		c.r.log.Error("a chunk could not be stored", "err", err)
	}
	return wire.RelayTryLater
}

// storePart stores a part of the copy that the device is leaving. said tells whether the device gets an answer: for the last
// part, and for the first if there will be no others. A part of a copy that was refused before is let go without a word.
func (c *conn) storePart(ctx context.Context, tx store.Tx, m *wire.RelayBlobPut, whole bool) (code wire.RelayCode, said bool, err error) {
	t, ok, err := tx.TeamByNo(ctx, c.no)
	if err != nil || !ok {
		return wire.RelayNoRight, true, err
	}
	now := c.r.cfg.Now()
	if m.From == 0 {
		if code, said, err = c.beginChunk(ctx, tx, &t, m, now); err != nil || said {
			return code, said, err
		}
	}
	u, ok, err := tx.Unfinished(ctx, c.no, c.device)
	if err != nil || !ok || u.Tag != m.Tag || u.Copy != m.Copy || u.Have != int64(m.From) {
		return 0, false, err
	}
	u.UsedMS = now.UnixMilli()
	if whole {
		copies, err := tx.Chunks(ctx, c.no, m.Tag, [][32]byte{m.Copy.ID})
		if err != nil {
			return 0, false, err
		}
		for i := range copies {
			if copies[i].Copy == m.Copy { // another device was faster
				return 0, true, tx.DropChunk(ctx, c.no, &u)
			}
		}
		if u.LSeq, err = tx.Next(ctx, c.no); err != nil {
			return 0, false, err
		}
	}
	if err := tx.AddPart(ctx, u, m.Part); err != nil {
		return 0, false, err
	}
	return 0, whole, nil
}

// beginChunk makes room for a copy. said tells that the device need not send it: it is there, or there is none for it.
func (c *conn) beginChunk(ctx context.Context, tx store.Tx, t *store.Team, m *wire.RelayBlobPut, now time.Time) (code wire.RelayCode, said bool, err error) {
	if u, ok, err := tx.Unfinished(ctx, c.no, c.device); err != nil {
		return 0, false, err
	} else if ok { // it was cut off, and begins anew
		t.Bytes -= int64(u.Copy.Size)
		if err := tx.DropChunk(ctx, c.no, &u); err != nil {
			return 0, false, err
		}
	}
	copies, err := tx.Chunks(ctx, c.no, m.Tag, [][32]byte{m.Copy.ID})
	if err != nil {
		return 0, false, err
	}
	var own *store.Chunk
	for i := range copies {
		if copies[i].Copy == m.Copy {
			return 0, true, tx.UseChunks(ctx, []int64{copies[i].No}, now.UnixMilli(), false)
		}
		if copies[i].By == c.device {
			own = &copies[i]
		}
	}
	if own != nil { // of one device there is one copy: the last that it left
		t.Bytes -= int64(own.Copy.Size)
		if err := tx.DropChunk(ctx, c.no, own); err != nil {
			return 0, false, err
		}
	} else if len(copies) >= wire.MaxChunkCopies {
		return wire.RelayTooMany, true, nil
	}
	fits, err := c.r.room(ctx, tx, t, int64(m.Copy.Size), c.r.cfg.Limits.TeamBytes/4*3, now.Add(-namedFor))
	if err != nil || !fits {
		return wire.RelayQuota, true, err
	}
	return 0, false, tx.BeginChunk(ctx, c.no, store.Chunk{Tag: m.Tag, Copy: m.Copy, By: c.device, UsedMS: now.UnixMilli()})
}

// room tells whether n bytes more fit, after removing what it takes of the chunks that were fetched and not named since a time.
func (r *Relay) room(ctx context.Context, tx store.Tx, t *store.Team, n, limit int64, before time.Time) (bool, error) {
	for t.Bytes+n > limit {
		old, err := tx.OldChunks(ctx, t.No, store.FetchedChunk, before.UnixMilli(), collectChunks)
		if err != nil || len(old) == 0 {
			return false, err
		}
		for i := range old {
			if t.Bytes+n <= limit {
				break
			}
			if err := tx.DropChunk(ctx, t.No, &old[i]); err != nil {
				return false, err
			}
			t.Bytes -= int64(old[i].Copy.Size)
		}
	}
	return true, nil
}

// roomForWords is room for ops, registers and mail, which go before every chunk that somebody has fetched.
func (r *Relay) roomForWords(ctx context.Context, tx store.Tx, t *store.Team, n int64) (bool, error) {
	return r.room(ctx, tx, t, n, r.cfg.Limits.TeamBytes, r.cfg.Now().Add(time.Second))
}

// announceChunks tells of copies that others have just left.
func (c *conn) announceChunks(list []store.Chunk) error {
	by := map[op.ScopeTag]*wire.RelayBlobHeld{}
	var out []wire.Message
	for i := range list {
		x := &list[i]
		if !c.full(x.Tag) || x.By == c.device {
			continue
		}
		if by[x.Tag] == nil {
			by[x.Tag] = &wire.RelayBlobHeld{Tag: x.Tag, New: true}
			out = append(out, by[x.Tag])
		}
		by[x.Tag].Copies = append(by[x.Tag].Copies, x.Copy)
	}
	return c.send(out...)
}
