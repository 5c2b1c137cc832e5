package relay

import (
	"time"

	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// This file answers what was put, once it is known what became of it.

// handleResults answers puts and gives the window back.
func (c *conn) handleResults(results []result) error {
	now := c.r.cfg.Now()
	var out []wire.Message
	acks, refused := map[oplog.FeedKey]wire.FeedState{}, &wire.RelayFeedsRefused{}
	for i := range results {
		r := &results[i]
		c.stored += r.frame
		switch {
		case r.upload != nil:
			c.slowTo = c.r.pace.spend(deviceKey{c.no, c.device}, 1+r.frame>>10, now)
			if r.chunk == nil || r.upload.answered {
				continue
			}
			r.upload.answered = true
			if out = append(out, r.chunk); r.chunk.Code != 0 {
				c.r.count.refuse(r.chunk.Code)
				continue
			}
			c.r.count.storedChunks.Add(1)
			c.r.count.storedBytes.Add(uint64(r.chunk.Copy.Size))
		case r.registers != nil:
			out = append(out, r.registers)
		case r.refused != nil:
			c.r.count.refuse(r.refused.Code)
			if len(refused.Feeds) == wire.MaxRefusedFeeds {
				out = append(out, refused)
				refused = &wire.RelayFeedsRefused{}
			}
			refused.Feeds = append(refused.Feeds, *r.refused)
		default:
			c.r.count.storedOps.Add(uint64(r.ops))
			c.r.count.storedBytes.Add(uint64(r.frame))
			acks[r.feed.Key()] = r.feed
			c.slowTo = c.r.pace.spend(deviceKey{c.no, c.device}, r.ops, now)
		}
	}
	if len(refused.Feeds) > 0 {
		out = append(out, refused)
	}
	ack := &wire.Ack{}
	for _, f := range acks {
		if len(ack.Feeds) == wire.MaxAcks {
			out = append(out, ack)
			ack = &wire.Ack{}
		}
		ack.Feeds = append(ack.Feeds, f)
	}
	if len(ack.Feeds) > 0 {
		out = append(out, ack)
	}
	if err := c.send(out...); err != nil {
		return err
	}
	return c.credit(now)
}

// credit gives back the window for what was stored, unless the device has used up its rate.
func (c *conn) credit(now time.Time) error {
	if c.stored == 0 || c.stored < creditEvery && c.stored < c.held || now.Before(c.slowTo) {
		return nil
	}
	n := c.stored
	c.held -= n
	c.stored = 0
	return c.send(&wire.Credit{Bytes: uint32(n)})
}
