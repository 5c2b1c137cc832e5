package replica

import (
	"errors"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file takes horizons and hands them on, ahead of the feeds of which they explain what is missing (SPEC H2, S12).

// maxIdle bounds the horizons of a scope that are kept though they do not count, of those that came ahead of their feeds.
const maxIdle = 64

// learnHorizon keeps a horizon. key is its place in the log, 0 for one that was handed over ahead of its feed.
func (r *Replica) learnHorizon(p *projector, o *opened, key int64) error {
	tag := o.sealed.Scope
	x, ok := readHorizon(o, r.now().UnixMilli())
	if !ok || r.horizons.holds(tag, x.id) {
		return nil
	}
	w := r.world.Load()
	if key == 0 { // whoever sends it must not be able to fill this database
		if w.scopes[tag] == nil && !r.holdsKey(tag) || r.Clock().Ahead(x.at) || !w.countsHorizon(tag, x) && r.horizons.idle(tag) >= maxIdle {
			return nil
		}
		if err := r.ensureScope(p.tx, tag); err != nil {
			return err
		}
	}
	if _, err := p.tx.Exec(`INSERT OR IGNORE INTO horizon (id, tag, lseq, at, ripe, data) VALUES (?, ?, ?, ?, 0, ?)`,
		x.id[:], tag[:], p.b.NextLSeq(), x.known, o.sealed.AppendTo(nil)); err != nil {
		return fmt.Errorf("store horizon: %w", err)
	}
	p.memory = true
	r.horizons.add(tag, x)
	return r.holdAgainst(p, w, tag)
}

// holds tells whether a horizon is here.
func (h *horizons) holds(tag op.ScopeTag, id op.ID) bool {
	for _, x := range h.all(tag) {
		if x.id == id {
			return true
		}
	}
	return false
}

// idle is how many horizons of a scope do not count.
func (h *horizons) idle(tag op.ScopeTag) int {
	c, n := h.of(tag), 0
	for _, x := range h.all(tag) {
		if !c.counts[x.id] {
			n++
		}
	}
	return n
}

// holdAgainst works out again which horizons of a scope count, and notes the feeds to look at.
func (r *Replica) holdAgainst(p *projector, w *world, tag op.ScopeTag) error {
	for _, f := range r.horizons.reconsider(w, tag) {
		p.memory = true
		feed := p.b.Feed(oplog.FeedKey{Tag: tag, Device: f.Device, Incarnation: f.Incarnation})
		if feed == nil {
			continue // what comes is judged when it comes
		}
		if err := expireFrom(p.tx, withdrawing, feed.No, 1); err != nil {
			return err
		}
	}
	return nil
}

// holdAll is holdAgainst for every scope, after authority changed.
func (r *Replica) holdAll(p *projector, w *world) error {
	r.horizons.mu.RLock()
	tags := make([]op.ScopeTag, 0, len(r.horizons.byTag))
	for tag := range r.horizons.byTag {
		tags = append(tags, tag)
	}
	r.horizons.mu.RUnlock()
	for _, tag := range tags {
		if err := r.holdAgainst(p, w, tag); err != nil {
			return err
		}
	}
	return nil
}

// remember works out which horizons count, without consequences: those were noted when it came to be so.
func (h *horizons) remember(w *world) {
	h.mu.RLock()
	tags := make([]op.ScopeTag, 0, len(h.byTag))
	for tag := range h.byTag {
		tags = append(tags, tag)
	}
	h.mu.RUnlock()
	for _, tag := range tags {
		h.reconsider(w, tag)
	}
}

// horizonsFor returns the horizons, as signed, that dev has not been handed yet: those that became known here after an arrival
// number, and all of the scopes that it has become a reader of since.
func (r *Replica) horizonsFor(dev op.DeviceID, lseq int64) ([][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT h.tag, h.data FROM horizon h
		WHERE h.lseq > ?1 OR EXISTS (SELECT 1 FROM shared s WHERE s.tag = h.tag AND s.device = ?2 AND s.lseq > ?1) ORDER BY h.lseq`, lseq, dev[:])
	if err != nil {
		return nil, fmt.Errorf("read horizons: %w", err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var tag, raw []byte
		if err := rows.Scan(&tag, &raw); err != nil {
			return nil, fmt.Errorf("read horizon: %w", err)
		}
		if r.Reads(dev, op.ScopeTag(tag)) {
			out = append(out, raw)
		}
	}
	return out, errors.Join(rows.Err())
}
