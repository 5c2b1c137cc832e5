package replica

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// compareStored looks for the first seq at which a verified run differs from what is stored; such a pair of signed ops is the
// proof of a fork (SPEC L6), and the feed is frozen before it.
func (r *Replica) compareStored(p *projector, f *oplog.Feed, v *Verified) error {
	pos := 0
	for _, o := range v.ops {
		raw := v.raw[pos : pos+o.sealed.Size()]
		pos += len(raw)
		if o.sealed.Seq > f.Len {
			break
		}
		s, ok, err := oplog.One(p.tx, oplog.Key(f.No, o.sealed.Seq))
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		mine, _, err := op.Parse(s.Raw)
		if err != nil {
			return fmt.Errorf("stored op: %w", err)
		}
		if mine.ID() != o.opID() {
			return r.freeze(p, f, mine, o.sealed, s.Raw, raw)
		}
	}
	return nil
}

// freeze checks that both ops are signed by the device, and stops the feed before them.
func (r *Replica) freeze(p *projector, f *oplog.Feed, a, b op.Sealed, rawA, rawB []byte) error {
	pub, err := r.deviceKey(a.Device, nil)
	if err != nil {
		return err
	}
	proof := op.ForkProof{A: a, B: b}
	if err := proof.Verify(pub); err != nil {
		return fmt.Errorf("fork proof: %w", err)
	}
	if f.Frozen && f.Len < a.Seq {
		return nil // frozen at an earlier point already
	}
	if err := p.b.Freeze(f, rawA, rawB, a.Seq); err != nil {
		return err
	}
	r.log.Warn("feed forked: frozen", "device", a.Device.String(), "seq", a.Seq)
	if f.Len >= a.Seq {
		if err := r.cutFeed(p, f, a.Seq-1); err != nil {
			return err
		}
	}
	p.event.Feeds = append(p.event.Feeds, Advance{Feed: *f, From: f.Len + 1})
	if a.Device == r.id.Device.ID && a.Incarnation == r.feeds.Incarnation() {
		return r.newIncarnation(p.tx)
	}
	return nil
}

// cutFeed removes the ops after seq and their effects.
func (r *Replica) cutFeed(p *projector, f *oplog.Feed, seq uint64) error {
	var head op.ID
	var clock hlc.Time
	if seq > 0 {
		s, ok, err := oplog.One(p.tx, oplog.Key(f.No, seq))
		if err != nil || !ok {
			return fmt.Errorf("cut feed: found %v: %w", ok, err)
		}
		o, _, err := op.Parse(s.Raw)
		if err != nil {
			return fmt.Errorf("cut feed: %w", err)
		}
		head = o.ID()
		if err := p.tx.QueryRow(`SELECT coalesce(max(hlc), 0) FROM op WHERE id >= ? AND id <= ? AND status <> 5`, oplog.Key(f.No, 1), oplog.Key(f.No, seq)).Scan(&clock); err != nil {
			return fmt.Errorf("cut feed: %w", err)
		}
	}
	var gone []oplog.Stored
	if err := oplog.Read(p.tx, f.No, seq+1, f.Len, func(s oplog.Stored) (bool, error) {
		gone = append(gone, s)
		return true, nil
	}); err != nil {
		return err
	}
	for i := range gone {
		o, st := r.open(gone[i].Raw)
		if st != oplog.Applied || gone[i].Status != oplog.Applied {
			continue
		}
		if o.sealed.Kind == op.Content {
			if _, v, red := r.judge(o, 0, f.No); v != nil {
				if err := p.unapply(v, red); err != nil {
					return err
				}
			}
		}
	}
	if _, err := p.b.Truncate(f, seq, head, clock); err != nil {
		return err
	}
	return r.dropControl(p, f, seq)
}

// dropControl takes control ops after seq of a feed out of evaluation.
func (r *Replica) dropControl(p *projector, f *oplog.Feed, seq uint64) error {
	if _, err := p.tx.Exec(`DELETE FROM scope_control WHERE op > ? AND op <= ?`, oplog.Key(f.No, seq), oplog.Key(f.No+1, 0)-1); err != nil {
		return fmt.Errorf("cut feed: %w", err)
	}
	p.memory, p.world = true, true
	if f.Tag == r.teamTag.control {
		return r.reloadControl(p, f)
	}
	kept := r.scopeOps[f.Tag][:0:0]
	for _, o := range r.scopeOps[f.Tag] {
		if o.Ref.Device != f.Device || o.Ref.Incarnation != f.Incarnation || o.Ref.Seq <= seq {
			kept = append(kept, o)
		}
	}
	r.scopeOps[f.Tag] = kept
	return nil
}

// reloadControl reads the team's control ops again after the feed cut lost some.
func (r *Replica) reloadControl(p *projector, cut *oplog.Feed) error {
	r.control = authority.NewLog(r.id.Team, r.genesis)
	for _, f := range r.feeds.Scope(r.teamTag.control) {
		if f.FeedKey == cut.FeedKey {
			f = *cut
		} else if staged := p.b.Feed(f.FeedKey); staged != nil {
			f = *staged
		}
		if err := r.loadControlFeed(p.tx, f); err != nil {
			return err
		}
	}
	return nil
}

// ProveFork takes a proof from a peer. It is an error if it proves nothing.
func (r *Replica) ProveFork(ctx context.Context, a, b op.Sealed, rawA, rawB []byte) error {
	k := oplog.FeedKey{Tag: a.Scope, Device: a.Device, Incarnation: a.Incarnation}
	pub, err := r.deviceKey(a.Device, nil)
	if err != nil {
		if errors.Is(err, ErrStranger) {
			return nil // a proof about somebody not known here: it will be told again
		}
		return err
	}
	proof := op.ForkProof{A: a, B: b}
	if err := proof.Verify(pub); err != nil {
		return fmt.Errorf("fork proof: %w", err)
	}
	if f := r.feeds.Feed(k); f.Frozen && f.Len < a.Seq {
		return nil
	}
	return r.write(ctx, func(p *projector) error {
		if err := r.ensureScope(p.tx, k.Tag); err != nil {
			return err
		}
		f, err := p.b.Open(k)
		if err != nil {
			return err
		}
		return r.freeze(p, f, a, b, rawA, rawB)
	})
}

// Forks are the proofs about feeds that dev reads.
func (r *Replica) Forks(dev op.DeviceID) ([][2][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT feed, a, b FROM fork ORDER BY feed, seq LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("read forks: %w", err)
	}
	defer rows.Close()
	var out [][2][]byte
	for rows.Next() {
		var no int64
		var a, b []byte
		if err := rows.Scan(&no, &a, &b); err != nil {
			return nil, fmt.Errorf("read fork: %w", err)
		}
		if f, ok := r.feeds.ByNo(no); ok && r.Reads(dev, f.Tag) {
			out = append(out, [2][]byte{a, b})
		}
	}
	return out, rows.Err()
}

// OwnAhead tells whether a peer holds ops that this device wrote under its present incarnation and this database lacks: the
// database was replaced by an older copy.
func (r *Replica) OwnAhead(k oplog.FeedKey, n uint64) bool {
	return k.Device == r.id.Device.ID && k.Incarnation == r.feeds.Incarnation() && n > r.feeds.Feed(k).Len
}

// StartIncarnation makes this device write new feeds from now on. What it wrote before comes back from peers.
func (r *Replica) StartIncarnation() error {
	r.log.Warn("peers hold own ops that this database has lost; starting a new incarnation")
	return r.db.Write(context.Background(), func(tx Tx) error { return r.newIncarnation(tx) })
}
