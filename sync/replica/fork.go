package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sort"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// compareStored compares the first known ops of a verified run with what is stored in their places. Because each op names the
// one before it, one look at the last tells whether all are the same, and the first difference is found by halving. Two
// signed ops in one place are the proof of a fork (SPEC L6): the feed is cut before them and forked is true.
func (r *Replica) compareStored(p *projector, f *oplog.Feed, v *Verified, known int) (forked bool, err error) {
	differs := func(i int) bool {
		o := v.ops[i]
		if o.sealed.Seq == f.Len {
			return o.opID() != f.Head
		}
		mine, _, e := r.storedOp(p.tx, f, o.sealed.Seq)
		err = errors.Join(err, e)
		return e != nil || mine.ID() != o.opID()
	}
	if !differs(known - 1) {
		return false, err
	}
	i := sort.Search(known-1, differs)
	if err != nil {
		return false, err
	}
	theirs := v.ops[i].sealed
	mine, _, err := r.storedOp(p.tx, f, theirs.Seq)
	if err != nil {
		return false, err
	}
	proof := op.ForkProof{A: mine, B: theirs}
	pub, err := r.deviceKey(p.tx, &mine.Header, nil)
	if err != nil {
		return false, err
	}
	if proof.Verify(pub) == nil {
		if err := r.freeze(p, f, &proof); err != nil {
			return true, err
		}
		return true, r.keepBranches(p, v, theirs.Seq)
	}
	// Only the last op of a run has its signature checked, so a device can put ops without one below others. Such a pair proves
	// nothing to third parties. Which of the two stays is the same everywhere: the signed one, else the one of smaller id.
	if a, b := mine.VerifySig(pub), theirs.VerifySig(pub); a != b && b || a == b && bytes.Compare(idOf(&theirs), idOf(&mine)) < 0 {
		r.log.Warn("op without signature replaced", "device", mine.Device.String(), "seq", mine.Seq)
		if err := r.cutFeed(p, f, mine.Seq-1); err != nil {
			return false, err
		}
		return false, r.appendRun(p, f, v, i)
	}
	return true, nil
}

func idOf(o *op.Sealed) []byte { id := o.ID(); return id[:] }

func (r *Replica) storedOp(q oplog.Querier, f *oplog.Feed, seq uint64) (op.Sealed, []byte, error) {
	s, ok, err := oplog.One(q, oplog.Key(f.No, seq))
	if err != nil || !ok {
		return op.Sealed{}, nil, fmt.Errorf("stored op %d of feed %d: found %v: %w", seq, f.No, ok, err)
	}
	o, _, err := op.Parse(s.Raw)
	if err != nil {
		return op.Sealed{}, nil, fmt.Errorf("stored op %d of feed %d: %w", seq, f.No, err)
	}
	return o, s.Raw, nil
}

// freeze cuts the feed before a proven fork and keeps the proof. The team's genesis stays, whatever its author signs beside it.
func (r *Replica) freeze(p *projector, f *oplog.Feed, proof *op.ForkProof) error {
	seq := proof.A.Seq
	if proof.A.ID() == r.genesis || proof.B.ID() == r.genesis {
		seq++
	}
	if !f.Takes(seq) {
		return nil // cut here or earlier already
	}
	raw := proof.AppendTo(nil)
	if err := p.b.Freeze(f, seq, raw); err != nil {
		return err
	}
	r.log.Warn("feed forked: frozen", "device", proof.A.Device.String(), "seq", seq)
	if f.Top() >= seq {
		if err := r.keepCut(p, f, seq); err != nil {
			return err
		}
		if err := r.cutFeed(p, f, seq-1); err != nil {
			return err
		}
	}
	p.event.Forks = append(p.event.Forks, Fork{Feed: *f, Proof: raw})
	if f.Device == r.id.Device.ID && f.Incarnation == p.b.Incarnation() {
		return r.newIncarnation(p)
	}
	return nil
}

// keepCut keeps the control ops of a feed from seq on as a branch.
func (r *Replica) keepCut(p *projector, f *oplog.Feed, seq uint64) error {
	return oplog.EachOp(p.tx, f.No, seq, f.Top(), func(s *oplog.Stored) error {
		o, _, err := op.Parse(s.Raw)
		if err != nil {
			return fmt.Errorf("stored op of feed %d: %w", f.No, err)
		}
		return r.keepBranch(p, &o)
	})
}

// cutFeed removes the ops after seq and their effects, also those ahead of the feed, to which it may lead no more.
func (r *Replica) cutFeed(p *projector, f *oplog.Feed, seq uint64) error {
	err := oplog.EachOp(p.tx, f.No, seq+1, f.Top(), func(s *oplog.Stored) error { return r.dropOp(p, f, s) })
	if err != nil {
		return err
	}
	// Epochs announced there are not written under any more: some members will never hear of them.
	for _, q := range []string{
		`DELETE FROM scope_control WHERE op > ? AND op <= ?`, `DELETE FROM epoch_op WHERE op > ? AND op <= ?`, `DELETE FROM announce WHERE op > ? AND op <= ?`,
	} {
		if _, err := p.tx.Exec(q, oplog.Key(f.No, seq), oplog.Key(f.No, f.Top())); err != nil {
			return fmt.Errorf("cut feed: %w", err)
		}
	}
	p.memory = true
	if err := p.b.DropAhead(f, seq+1); err != nil {
		return err
	}
	if f.Len > seq {
		if err := r.truncate(p, f, seq); err != nil {
			return err
		}
	}
	return r.epochs.load(p.tx)
}

// truncate ends the feed at seq.
func (r *Replica) truncate(p *projector, f *oplog.Feed, seq uint64) error {
	var head op.ID
	var clock hlc.Time
	if seq > 0 {
		o, _, err := r.storedOp(p.tx, f, seq)
		if err != nil {
			return fmt.Errorf("cut feed: %w", err)
		}
		head = o.ID()
		if clock, err = oplog.ClockBefore(p.tx, f.No, 1, seq+1); err != nil {
			return err
		}
	}
	if err := p.b.Truncate(f, seq, head, clock); err != nil {
		return err
	}
	p.shrink(f)
	return nil
}

// dropOp takes back the effect of an op that is about to be removed. Keys that an epoch op brought are kept: others may have
// written under them in good faith.
func (r *Replica) dropOp(p *projector, f *oplog.Feed, s *oplog.Stored) error {
	o, st := r.open(s.Raw)
	if st != oplog.Applied || s.Status != oplog.Applied {
		return nil
	}
	switch o.sealed.Kind {
	case op.Control:
		p.reload, p.world = true, true
	case op.Content:
		if red := r.reducers[o.body.Type]; red != nil {
			return p.unapply(r.view(o, f.No, red), red)
		}
	}
	return nil
}

// ProveFork takes a proof from a peer. It is an error if it proves nothing. One about a feed or device that is not known here
// is not kept: it will be told again.
func (r *Replica) ProveFork(ctx context.Context, raw []byte) error {
	proof, err := op.ParseForkProof(raw)
	if err != nil {
		return fmt.Errorf("fork proof: %w", err)
	}
	h := &proof.A.Header
	pub, err := r.deviceKey(r.db.Read(), h, nil)
	if errors.Is(err, ErrStranger) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := proof.Verify(pub); err != nil {
		return fmt.Errorf("fork proof: %w", err)
	}
	k := oplog.FeedKey{Tag: h.Scope, Device: h.Device, Incarnation: h.Incarnation}
	if f := r.feeds.Feed(k); !f.Takes(h.Seq) || f.No == 0 && r.world.Load().scopes[k.Tag] == nil {
		return nil
	}
	return r.write(ctx, func(p *projector) error {
		f, err := p.b.Open(k)
		if errors.Is(err, oplog.ErrFull) {
			return nil
		}
		if err != nil {
			return err
		}
		return r.freeze(p, f, &proof)
	})
}

// ForkOf is the proof that a feed forked, nil if none is known.
func (r *Replica) ForkOf(k oplog.FeedKey) ([]byte, error) {
	f := r.feeds.Feed(k)
	if f.Fork == 0 {
		return nil, nil
	}
	var proof []byte
	if err := r.db.Read().QueryRow(`SELECT proof FROM fork WHERE feed = ? ORDER BY seq LIMIT 1`, f.No).Scan(&proof); err != nil {
		return nil, fmt.Errorf("read fork: %w", err)
	}
	return proof, nil
}

// Forks are the proofs about feeds that dev reads.
func (r *Replica) Forks(dev op.DeviceID) ([][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT feed, proof FROM fork ORDER BY feed, seq LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("read forks: %w", err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var no int64
		var proof []byte
		if err := rows.Scan(&no, &proof); err != nil {
			return nil, fmt.Errorf("read fork: %w", err)
		}
		if f, ok := r.feeds.ByNo(no); ok && r.Reads(dev, f.Tag) {
			out = append(out, proof)
		}
	}
	return out, rows.Err()
}
