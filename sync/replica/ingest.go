package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	own  bool   // from this device's own database
	// Ahead says that they may be taken ahead of what is missing before them (SPEC L13).
	Ahead bool
}

// FromOwn is the run as one that this device has stored before: its stubs are taken as they are (SPEC H8).
func (v *Verified) FromOwn() *Verified {
	v.own = true
	return v
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
	pub, err := r.deviceKey(r.db.Read(), head, &ops[0])
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
// stored: oplog.ErrGap (also when they were taken ahead), ErrForked, oplog.ErrFull, ErrStub for those from a stub on that nothing
// here explains, the database's error. It blocks while the writer is far behind.
func (r *Replica) Ingest(ctx context.Context, v *Verified, done func(error)) {
	r.enqueue(ctx, &ingestJob{v: v, done: done})
}

// IngestRegisters is Ingest for registers whose signatures were checked by VerifyRegister.
func (r *Replica) IngestRegisters(ctx context.Context, regs []op.Register, raws [][]byte, done func(error)) {
	r.enqueue(ctx, &ingestJob{regs: regs, raws: raws, done: done})
}

func (r *Replica) enqueue(ctx context.Context, j *ingestJob) {
	r.mu.Lock()
	closed := r.closed
	if !closed {
		r.senders.Add(1)
	}
	r.mu.Unlock()
	if closed {
		j.done(ErrClosed)
		return
	}
	defer r.senders.Done()
	select {
	case r.ingest <- j:
	case <-ctx.Done():
		j.done(ctx.Err())
	}
}

// What is waiting goes into one transaction, up to a bound, so that a flood costs few commits and a lone op waits for nobody.
// While more came in during the last commit, the next one waits a little for what is on its way.
const (
	maxBatchOps = 5000
	floodWait   = 10 * time.Millisecond
)

func (r *Replica) ingestLoop(ctx context.Context) {
	defer r.done.Done()
	flood := false
	for first := range r.ingest {
		if ctx.Err() != nil {
			first.done(ErrClosed)
			continue
		}
		r.ingestBatch(r.gather(ctx, first, flood))
		flood = len(r.ingest) > 0
	}
}

// gather takes what waits behind a job, in a flood also what comes within floodWait.
func (r *Replica) gather(ctx context.Context, first *ingestJob, flood bool) []*ingestJob {
	jobs, n := []*ingestJob{first}, first.size()
	var over <-chan time.Time
	if flood {
		over = time.After(floodWait)
	}
	for n < maxBatchOps {
		var j *ingestJob
		if over == nil {
			select {
			case j = <-r.ingest: // nil once closed
			default:
			}
		} else {
			select {
			case j = <-r.ingest:
			case <-over:
			case <-ctx.Done():
			}
		}
		if j == nil {
			break
		}
		jobs = append(jobs, j)
		n += j.size()
	}
	return jobs
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
			if errs[i] != nil && !harmless(errs[i]) {
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

// harmless errors leave what was staged whole: the transaction goes on without the job.
func harmless(err error) bool {
	return errors.Is(err, oplog.ErrGap) || errors.Is(err, oplog.ErrFull) || errors.Is(err, ErrForked) || errors.Is(err, ErrStranger) || errors.Is(err, ErrStub)
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

// ingestOps stores the part of a verified run that continues the feed. What overlaps with stored ops must be the same; if it
// is not, or the run does not follow them, the feed has forked (SPEC L6).
func (r *Replica) ingestOps(p *projector, v *Verified) error {
	f, err := r.feedFor(p, v)
	if err != nil {
		return err
	}
	first, last := v.ops[0].sealed.Seq, v.Last()
	if first > f.Len+1 {
		if !f.Takes(first) {
			return r.branchOff(p, f, v)
		}
		if err := r.takeAhead(p, f, v); err != nil {
			return err
		}
		return oplog.ErrGap
	}
	skip := int(f.Len + 1 - first)
	if known := min(skip, len(v.ops)); known > 0 {
		forked, err := r.compareStored(p, f, v, known)
		if err != nil || forked {
			return errors.Join(err, forkedIf(forked))
		}
	}
	if last <= f.Len {
		return nil // a duplicate
	}
	if !f.Takes(f.Len + 1) {
		return r.branchOff(p, f, v)
	}
	if v.ops[skip].sealed.Prev != f.Head {
		return fmt.Errorf("%w: seq %d does not follow what is stored", ErrForked, v.ops[skip].sealed.Seq)
	}
	return r.appendRun(p, f, v, skip)
}

// branchOff ends the ingestion of ops that lie behind a fork.
func (r *Replica) branchOff(p *projector, f *oplog.Feed, v *Verified) error {
	if err := r.keepBranches(p, v, f.Fork); err != nil {
		return err
	}
	return ErrForked
}

func forkedIf(forked bool) error {
	if forked {
		return ErrForked
	}
	return nil
}

// feedFor is the feed that the run belongs to, made if the run begins it.
func (r *Replica) feedFor(p *projector, v *Verified) (*oplog.Feed, error) {
	if f := p.b.Feed(v.Key); f != nil {
		return f, nil
	}
	if v.ops[0].sealed.Seq != 1 && !r.mayBeAhead(v) {
		return nil, oplog.ErrGap
	}
	if err := r.ensureScope(p.tx, v.Key.Tag); err != nil {
		return nil, err
	}
	if r.world.Load().scopes[v.Key.Tag] == nil {
		p.world = true
	}
	if v.Key.Tag == r.teamTag.control && r.strangers(v.Key.Device) >= maxStrangers {
		return nil, fmt.Errorf("%w: of devices that nobody certifies", oplog.ErrFull)
	}
	return p.b.Open(v.Key)
}

// strangers counts the control feeds of devices that the control log does not certify, if dev is one of these.
func (r *Replica) strangers(dev op.DeviceID) int {
	if _, certified := r.Device(dev); certified {
		return 0
	}
	n := 0
	for _, f := range r.feeds.Scope(r.teamTag.control) {
		if _, certified := r.Device(f.Device); !certified {
			n++
		}
	}
	return n
}

// appendRun stores the ops from skip on, up to where the feed is known to fork.
func (r *Replica) appendRun(p *projector, f *oplog.Feed, v *Verified, skip int) error {
	at := r.now().UnixMilli()
	from := f.Len + 1
	pos := 0
	for i := range skip {
		pos += v.ops[i].sealed.Size()
	}
	start := pos
	var left error
	for i := skip; i < len(v.ops) && f.Takes(v.ops[i].sealed.Seq); i++ {
		o := v.ops[i]
		if o.sealed.Stub && !v.own && !r.explains(o) {
			left = fmt.Errorf("%w: seq %d", ErrStub, o.sealed.Seq)
			break
		}
		size := o.sealed.Size()
		if err := r.ingestOp(p, f, o, v.open[i], v.raw[pos:pos+size], at); err != nil {
			return err
		}
		pos += size
	}
	if f.Len < from {
		return left
	}
	p.advance(f, from, v.raw[start:pos], false)
	r.wantHave(v.Key.Tag)
	if v.Key.Device == r.id.Device.ID && v.Key.Incarnation == p.b.Incarnation() {
		// Signed by this device under its present incarnation, and not here: the database is older than what it wrote (L7).
		r.log.Warn("a peer holds own ops that this database has lost; starting a new incarnation")
		return errors.Join(r.newIncarnation(p), left)
	}
	return left
}

// ingestOp stores the next op of a feed.
func (r *Replica) ingestOp(p *projector, f *oplog.Feed, o *opened, st oplog.Status, raw []byte, at int64) error {
	if o.sealed.Seq <= f.Ahead {
		if reached, err := r.reachAhead(p, f, o); err != nil || reached {
			return err
		}
	}
	return r.project(p, f, o, st, f.HLC, raw, func(raw []byte, st oplog.Status, clock hlc.Time) (int64, error) {
		return p.b.Append(f, o.opID(), &o.sealed, raw, st, clock, at)
	})
}

// project judges a new op, whose clock must be above before, stores it and lets it have its effect.
func (r *Replica) project(p *projector, f *oplog.Feed, o *opened, st oplog.Status, before hlc.Time, raw []byte, store func([]byte, oplog.Status, hlc.Time) (int64, error)) error {
	if st == oplog.NoKey { // a key may have come in this very batch
		st = r.decrypt(o)
	}
	st, clock, v, red := r.weigh(o, st, &before, f.No, false)
	if r.prunes(&o.sealed) {
		stub := o.sealed.Pruned()
		raw = stub.AppendTo(nil)
	}
	key, err := store(raw, st, clock)
	if err != nil {
		return err
	}
	switch st {
	case oplog.Applied:
		r.Clock().Observe(clock)
		return p.settle(o, v, red, key)
	case oplog.Held:
		r.hold(clock)
	}
	return nil
}
