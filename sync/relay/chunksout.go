package relay

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// This file hands chunks out.

// download is a copy that a device asked for.
type download struct {
	team    store.TeamNo
	tag     op.ScopeTag
	chunk   int64
	copy    wire.RelayCopy
	foreign bool // another device left it
	next    uint32
}

// onBlobGet queues a copy, if the scope is open. What is not there is said to be so.
func (c *conn) onBlobGet(ctx context.Context, m *wire.RelayBlobGet) error {
	var found *store.Chunk
	if c.full(m.Tag) {
		list, err := c.r.store.Chunks(ctx, c.no, m.Tag, [][32]byte{m.Copy.ID})
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		for i := range list {
			if list[i].Copy == m.Copy {
				found = &list[i]
			}
		}
	}
	if found == nil {
		return c.send(&wire.RelayBlobPart{Tag: m.Tag, Copy: m.Copy})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.downloads) >= maxDownloads {
		return fmt.Errorf("%w: asks for too many chunks at a time", ErrPeer)
	}
	c.downloads = append(c.downloads, &download{team: c.no, tag: m.Tag, chunk: found.No, copy: m.Copy, foreign: found.By != c.device})
	c.poke()
	return nil
}

// producePart reads the next part of the copy that is being handed out; nil if there is none, or no room: chunks leave most of
// the window to ops. The caller holds mu, which is released meanwhile.
func (c *conn) producePart(ctx context.Context) (wire.Message, error) {
	if len(c.downloads) == 0 || c.window <= wire.Window-chunkWindow {
		return nil, nil
	}
	d := c.downloads[0]
	c.mu.Unlock()
	part, err := c.r.store.ChunkPart(ctx, d.chunk, d.next)
	end := len(part) == 0 || d.next+uint32(len(part)) == d.copy.Size // without bytes, it was removed meanwhile
	if err == nil && end && len(part) > 0 {
		c.noteFetched(ctx, d)
	}
	c.mu.Lock()
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	if len(c.downloads) == 0 || c.downloads[0] != d { // the scope was closed meanwhile, and the device told
		return nil, nil
	}
	m := &wire.RelayBlobPart{Tag: d.tag, Copy: d.copy, From: d.next, Part: part}
	d.next += uint32(len(part))
	c.window -= len(part)
	c.r.count.servedBytes.Add(uint64(len(part)))
	if end {
		c.downloads = c.downloads[1:]
	}
	return m, nil
}

// noteFetched notes that a device other than its own has fetched a copy. Nobody waits for it; on a full disk it is left out, and
// the copy stays longer.
func (c *conn) noteFetched(ctx context.Context, d *download) {
	c.r.count.servedChunks.Add(1)
	if !d.foreign {
		return
	}
	now := c.r.cfg.Now().UnixMilli()
	run := func(tx store.Tx) error { return tx.UseChunks(ctx, []int64{d.chunk}, now, true) }
	if err := c.r.writer.submit(ctx, job{team: d.team, run: run, done: func(error) {}}); err != nil && ctx.Err() == nil {
		c.r.log.Debug("not noted that a chunk was fetched", "err", err)
	}
}

// dropDownloads stops handing out the chunks of a scope. The caller holds mu.
func (c *conn) dropDownloads(tag op.ScopeTag) {
	kept := c.downloads[:0]
	for _, d := range c.downloads {
		if d.tag != tag {
			kept = append(kept, d)
			continue
		}
		c.out = append(c.out, &wire.RelayBlobPart{Tag: d.tag, Copy: d.copy})
	}
	c.downloads = kept
}
