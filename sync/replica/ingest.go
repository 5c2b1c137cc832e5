package replica

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Verified is a run of ops of one feed whose chain and head signature were checked, decrypted as far as keys were at hand.
type Verified struct {
	Key  oplog.FeedKey
	ops  []*opened
	open []oplog.Status
	raw  []byte // the ops back to back
	from op.DeviceID
}

// Last is the highest seq.
func (v *Verified) Last() uint64 { return v.ops[len(v.ops)-1].sealed.Seq }

// Verify checks what a peer sent: one feed, consecutive, every ciphertext's hash, the signature of the last op. It stores
// nothing and is safe to run beside the writer. raw holds exactly the ops and must not change afterwards. Errors: ErrStranger
// when the device is not known here; op.ErrChain, op.ErrSignature, op.ErrCiphertext for a peer's lie.
func (r *Replica) Verify(ops []op.Sealed, raw []byte) (*Verified, error) {
	if len(ops) == 0 {
		return nil, op.ErrChain
	}
	head := &ops[0].Header
	pub, err := r.deviceKey(head.Device, ops)
	if err != nil {
		return nil, err
	}
	if err := op.VerifyChain(head.Prev, head.Seq, ops, pub); err != nil {
		return nil, err
	}
	v := &Verified{
		Key: oplog.FeedKey{Tag: head.Scope, Device: head.Device, Incarnation: head.Incarnation},
		ops: make([]*opened, len(ops)), open: make([]oplog.Status, len(ops)), raw: raw,
	}
	back := make([]opened, len(ops))
	for i := range ops {
		back[i].sealed = ops[i]
		if i+1 < len(ops) {
			back[i].id = ops[i+1].Prev
		} else {
			back[i].id = ops[i].ID()
		}
		v.ops[i] = &back[i]
		v.open[i] = r.decrypt(&back[i])
	}
	return v, nil
}

// ingestJob is verified work for the writer.
type ingestJob struct {
	v    *Verified
	regs []op.Register
	raws [][]byte
	done func(error)
}

// Ingest hands verified ops to the writer. done is called after the commit that holds them, or with the reason they were not
// stored: oplog.ErrGap, ErrForked, oplog.ErrFull, the database's error. It blocks while the writer is far behind.
func (r *Replica) Ingest(ctx context.Context, v *Verified, done func(error)) {
	r.enqueue(ctx, &ingestJob{v: v, done: done})
}

// IngestRegisters is Ingest for registers whose signatures were checked by VerifyRegister.
func (r *Replica) IngestRegisters(ctx context.Context, regs []op.Register, raws [][]byte, done func(error)) {
	r.enqueue(ctx, &ingestJob{regs: regs, raws: raws, done: done})
}

func (r *Replica) enqueue(ctx context.Context, j *ingestJob) {
	select {
	case r.ingest <- j:
	case <-ctx.Done():
		j.done(ctx.Err())
	}
}

// Bounds of one transaction of the ingest loop: what is waiting goes in together, so that a flood costs few commits and a
// lone op waits for nobody.
const maxBatchOps = 5000

func (r *Replica) ingestLoop(ctx context.Context) {
	defer r.done.Done()
	for {
		var first *ingestJob
		select {
		case <-ctx.Done():
			r.drain()
			return
		case first = <-r.ingest:
		}
		jobs, n := []*ingestJob{first}, first.size()
	more:
		for n < maxBatchOps {
			select {
			case j := <-r.ingest:
				jobs = append(jobs, j)
				n += j.size()
			default:
				break more
			}
		}
		r.ingestBatch(jobs)
	}
}

func (r *Replica) drain() {
	for {
		select {
		case j := <-r.ingest:
			j.done(ErrClosed)
		default:
			return
		}
	}
}

func (j *ingestJob) size() int {
	if j.v != nil {
		return len(j.v.ops)
	}
	return len(j.regs)
}

// ingestBatch commits jobs together; when the transaction fails, one by one, so that one bad job does not stop the others.
func (r *Replica) ingestBatch(jobs []*ingestJob) {
	errs := make([]error, len(jobs))
	err := r.write(context.Background(), func(p *projector) error {
		for i, j := range jobs {
			errs[i] = r.ingestJob(p, j)
			if errs[i] != nil && !errors.Is(errs[i], oplog.ErrGap) && !errors.Is(errs[i], ErrForked) && !errors.Is(errs[i], oplog.ErrFull) {
				return errs[i]
			}
		}
		return nil
	})
	if err != nil && len(jobs) > 1 {
		for _, j := range jobs {
			r.ingestBatch([]*ingestJob{j})
		}
		return
	}
	for i, j := range jobs {
		if err != nil {
			errs[i] = err
		}
		j.done(errs[i])
	}
}

func (r *Replica) ingestJob(p *projector, j *ingestJob) error {
	if j.v != nil {
		return r.ingestOps(p, j.v)
	}
	for i := range j.regs {
		if err := r.storeRegister(p, &j.regs[i], j.raws[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *Replica) ingestOps(p *projector, v *Verified) error {
	first := v.ops[0].sealed.Seq
	f := p.b.Feed(v.Key)
	if f == nil {
		if first != 1 || !v.ops[0].sealed.Prev.IsZero() {
			return oplog.ErrGap
		}
		var err error
		if err = r.ensureScope(p.tx, v.Key.Tag); err != nil {
			return err
		}
		if w := r.world.Load(); w.scopes[v.Key.Tag] == nil {
			p.world = true
		}
		if f, err = p.b.Open(v.Key); err != nil {
			return err
		}
	}
	if f.Frozen {
		return ErrForked
	}
	if first > f.Len+1 {
		return oplog.ErrGap
	}
	skip := int(f.Len + 1 - first)
	if skip >= len(v.ops) {
		return r.compareStored(p, f, v) // all known: a duplicate, or the other side of a fork
	}
	if v.ops[skip].sealed.Prev != f.Head {
		if err := r.compareStored(p, f, v); err != nil {
			return err
		}
		return fmt.Errorf("%w: seq %d does not follow what is stored", ErrForked, v.ops[skip].sealed.Seq)
	}
	at := r.now().UnixMilli()
	from := f.Len + 1
	pos := 0
	for i := range skip {
		pos += v.ops[i].sealed.Size()
	}
	start := pos
	for i := skip; i < len(v.ops); i++ {
		o := v.ops[i]
		size := o.sealed.Size()
		if err := r.ingestOp(p, f, o, v.open[i], v.raw[pos:pos+size], at); err != nil {
			return err
		}
		pos += size
	}
	a := Advance{Feed: *f, From: from}
	if len(v.ops)-skip <= 64 {
		a.Raw = v.raw[start:]
	}
	p.event.Feeds = append(p.event.Feeds, a)
	r.wantHave(v.Key.Tag)
	return nil
}

func (r *Replica) ingestOp(p *projector, f *oplog.Feed, o *opened, st oplog.Status, raw []byte, at int64) error {
	if st == oplog.NoKey { // a key may have come in this very batch
		st = r.decrypt(o)
	}
	var v *Op
	var red *reducer
	var clock hlc.Time
	if st == oplog.Applied {
		clock = o.body.HLC
		st, v, red = r.judge(o, f.HLC, f.No)
	}
	key, err := p.b.Append(f, o.opID(), &o.sealed, raw, st, clock, at)
	if err != nil {
		return err
	}
	if st != oplog.Applied {
		return nil
	}
	r.clock.Observe(clock)
	return p.settle(o, v, red, key)
}

// write runs a transaction of the replica: stage, finish, flush, commit, publish. Memory follows the database: when the
// transaction fails, what was learned in it is forgotten.
func (r *Replica) write(ctx context.Context, fn func(p *projector) error) error {
	var p *projector
	err := r.db.Write(ctx, func(tx Tx) error {
		p = r.newProjector(tx, r.feeds.Begin(tx))
		before := r.world.Load()
		err := fn(p)
		if err == nil {
			err = p.finish()
		}
		if err == nil {
			_, err = p.b.Flush()
		}
		if err != nil {
			if p.memory || p.event.Authority {
				r.forget(before)
			}
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.b.Commit()
	r.afterWrite(p)
	return nil
}

// afterWrite notes own ops outside the database and tells subscribers.
func (r *Replica) afterWrite(p *projector) {
	own := uint64(0)
	for i := range p.event.Feeds {
		a := &p.event.Feeds[i]
		a.Feed = r.feeds.Feed(a.Feed.FeedKey)
		if a.Feed.Device == r.id.Device.ID {
			own += a.Feed.Len + 1 - a.From
		}
	}
	if own > 0 {
		n := r.addOwn(own)
		if r.mark != nil {
			if err := r.mark.Store(n); err != nil {
				r.log.Warn("could not note the number of own ops", "err", err)
			}
		}
	}
	if len(p.event.Feeds) > 0 || len(p.event.Registers) > 0 || p.event.Authority {
		r.publish(&p.event)
	}
}

func (r *Replica) addOwn(n uint64) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ownOps += n
	return r.ownOps
}
