package replica

import (
	"bytes"
	"fmt"
	"sort"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// projector carries one write transaction: what it staged and what must still be done before the commit.
type projector struct {
	r     *Replica
	tx    Tx
	b     *oplog.Batch
	event Event

	dirty   map[string]entityKey // entities to refold
	order   []string             // their order, so that the work is the same each time
	keys    map[op.ScopeTag]bool // scopes that got a key
	regroup map[op.ScopeTag]bool // scopes whose readers changed
	world   bool                 // authority or scopes must be evaluated again
	memory  bool                 // state outside SQLite was changed: reload it if the transaction fails
}

type entityKey struct {
	Entity
	red *reducer
}

func (r *Replica) newProjector(tx Tx, b *oplog.Batch) *projector {
	return &projector{r: r, tx: tx, b: b, dirty: map[string]entityKey{}, keys: map[op.ScopeTag]bool{}, regroup: map[op.ScopeTag]bool{}}
}

// settle takes an op that has just become Applied.
func (p *projector) settle(o *opened, v *Op, red *reducer, key int64) error {
	switch o.sealed.Kind {
	case op.Control:
		return p.settleControl(o, key)
	case op.Epoch:
		return p.r.learnEpoch(p, o)
	default:
		return p.apply(v, red)
	}
}

func (p *projector) settleControl(o *opened, key int64) error {
	p.world, p.memory = true, true
	if o.sealed.Scope == p.r.teamTag.control {
		p.r.control.Add(o.authority())
		return nil
	}
	if _, err := p.tx.Exec(`INSERT OR IGNORE INTO scope_control (op) VALUES (?)`, key); err != nil {
		return fmt.Errorf("store scope control op: %w", err)
	}
	p.r.scopeOps[o.sealed.Scope] = append(p.r.scopeOps[o.sealed.Scope], o.authority())
	return nil
}

// apply adds a content op to its entity: directly when it sorts last, else the entity is folded again before the commit.
func (p *projector) apply(v *Op, red *reducer) error {
	if red.single {
		return red.Apply(p.tx, *v)
	}
	e := Entity{Scope: v.Scope, ScopeNo: v.ScopeNo, Name: red.Entity, ID: v.Entity}
	last := true
	var h, t int64
	rows, err := p.tx.Query(`SELECT hlc, tie FROM entity_op WHERE scope = ? AND entity = ? AND eid = ? ORDER BY hlc DESC, tie DESC LIMIT 1`, e.ScopeNo, e.Name, e.ID)
	if err != nil {
		return fmt.Errorf("read entity: %w", err)
	}
	if rows.Next() {
		if err := rows.Scan(&h, &t); err != nil {
			_ = rows.Close()
			return fmt.Errorf("read entity: %w", err)
		}
		last = h < int64(v.HLC) || h == int64(v.HLC) && t < v.Tie
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("read entity: %w", err)
	}
	if _, err := p.tx.Exec(`INSERT OR IGNORE INTO entity_op (scope, entity, eid, hlc, tie, op) VALUES (?, ?, ?, ?, ?, ?)`, e.ScopeNo, e.Name, e.ID, int64(v.HLC), v.Tie, v.Key); err != nil {
		return fmt.Errorf("index entity op: %w", err)
	}
	if _, waiting := p.dirty[e.key()]; waiting {
		return nil
	}
	if !last {
		p.markDirty(e, red)
		return nil
	}
	return red.Apply(p.tx, *v)
}

// unapply takes an op back that no longer counts: its entity is folded again without it.
func (p *projector) unapply(v *Op, red *reducer) error {
	if !red.single {
		if _, err := p.tx.Exec(`DELETE FROM entity_op WHERE scope = ? AND entity = ? AND eid = ? AND hlc = ? AND tie = ? AND op = ?`, v.ScopeNo, red.Entity, v.Entity, int64(v.HLC), v.Tie, v.Key); err != nil {
			return fmt.Errorf("drop entity op: %w", err)
		}
	}
	p.markDirty(Entity{Scope: v.Scope, ScopeNo: v.ScopeNo, Name: red.Entity, ID: v.Entity}, red)
	return nil
}

func (e *Entity) key() string { return fmt.Sprintf("%d/%s/%s", e.ScopeNo, e.Name, e.ID) }

func (p *projector) markDirty(e Entity, red *reducer) {
	k := e.key()
	if _, ok := p.dirty[k]; !ok {
		p.order = append(p.order, k)
		p.dirty[k] = entityKey{e, red}
	}
}

// finish does what the batch left open: evaluate authority, judge again, fold again. Each step can cause another, and each
// round settles at least one op, so it ends.
func (p *projector) finish() error {
	for p.world || len(p.keys) > 0 || len(p.order) > 0 {
		if p.world || len(p.keys) > 0 {
			if err := p.reconsider(); err != nil {
				return err
			}
			continue
		}
		k := p.order[0]
		p.order = p.order[1:]
		e := p.dirty[k]
		delete(p.dirty, k)
		if err := p.refold(e); err != nil {
			return fmt.Errorf("fold %s: %w", e.Name, err)
		}
	}
	return nil
}

// reconsider evaluates authority again and judges what that or new keys may change.
func (p *projector) reconsider() error {
	changed, touched := p.world, p.keys
	p.world, p.keys = false, map[op.ScopeTag]bool{}
	if changed {
		before := p.r.world.Load()
		if err := p.r.rebuildWorld(p); err != nil {
			return err
		}
		for tag := range p.regroup {
			touched[tag] = true
		}
		clear(p.regroup)
		if err := p.r.recheckWeakened(p, before); err != nil {
			return err
		}
	}
	if err := p.r.recheckUnsettled(p); err != nil {
		return err
	}
	for tag := range touched {
		if err := p.r.projectRegisters(p, tag); err != nil {
			return err
		}
	}
	return nil
}

// refold removes the entity's rows and applies its valid ops in order.
func (p *projector) refold(e entityKey) error {
	if err := e.red.Reset(p.tx, e.Entity); err != nil {
		return err
	}
	keys, err := p.entityOps(e)
	if err != nil {
		return err
	}
	var ops []*Op
	for _, key := range keys {
		s, ok, err := oplog.One(p.tx, key)
		if err != nil {
			return err
		}
		if !ok || s.Status != oplog.Applied {
			continue
		}
		o, st := p.r.open(s.Raw)
		if st != oplog.Applied {
			continue
		}
		no, _ := oplog.SplitKey(key)
		if _, v, _ := p.r.judge(o, 0, no); v != nil {
			ops = append(ops, v)
		}
	}
	sort.Slice(ops, func(i, j int) bool { return Less(ops[i], ops[j]) })
	for _, v := range ops {
		if err := e.red.Apply(p.tx, *v); err != nil {
			return err
		}
	}
	return nil
}

// entityOps lists the keys of the ops that touch an entity.
func (p *projector) entityOps(e entityKey) ([]int64, error) {
	if e.red.single {
		ref, err := op.RefFromBytes(e.ID)
		if err != nil {
			return nil, err
		}
		w := p.r.world.Load()
		s := w.byNo[e.ScopeNo]
		if s == nil {
			return nil, ErrNoScope
		}
		f := p.b.Feed(oplog.FeedKey{Tag: s.tag, Device: ref.Device, Incarnation: ref.Incarnation})
		if f == nil {
			return nil, nil
		}
		return []int64{oplog.Key(f.No, ref.Seq)}, nil
	}
	rows, err := p.tx.Query(`SELECT op FROM entity_op WHERE scope = ? AND entity = ? AND eid = ? ORDER BY hlc, tie, op`, e.ScopeNo, e.Name, e.ID)
	if err != nil {
		return nil, fmt.Errorf("read entity: %w", err)
	}
	defer rows.Close()
	var keys []int64
	for rows.Next() {
		var k int64
		if err := rows.Scan(&k); err != nil {
			return nil, fmt.Errorf("read entity: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// Less is the order in which ops are folded: clock, device, incarnation, seq.
func Less(a, b *Op) bool {
	if a.HLC != b.HLC {
		return a.HLC < b.HLC
	}
	if c := bytes.Compare(a.Ref.Device[:], b.Ref.Device[:]); c != 0 {
		return c < 0
	}
	if a.Ref.Incarnation != b.Ref.Incarnation {
		return a.Ref.Incarnation < b.Ref.Incarnation
	}
	return a.Ref.Seq < b.Ref.Seq
}

// recheckUnsettled judges again every op whose status may have changed, feed by feed in order.
func (r *Replica) recheckUnsettled(p *projector) error {
	first, err := oplog.Unsettled(p.tx)
	if err != nil {
		return err
	}
	nos := make([]int64, 0, len(first))
	for no := range first {
		nos = append(nos, no)
	}
	sort.Slice(nos, func(i, j int) bool { return nos[i] < nos[j] })
	for _, no := range nos {
		if err := r.recheckFeed(p, no, first[no]); err != nil {
			return err
		}
	}
	return nil
}

// recheckWeakened judges every op again of those who lost a role in the team or in a scope.
func (r *Replica) recheckWeakened(p *projector, before *world) error {
	if before == nil {
		return nil
	}
	w := r.world.Load()
	for tag, old := range before.scopes {
		now := w.scopes[tag]
		if now == nil {
			continue
		}
		lost := map[op.DeviceID]bool{}
		for u, role := range old.members {
			if newRole, ok := now.members[u]; ok && newRole <= role {
				continue
			}
			x, _ := before.auth.User(u)
			for _, d := range x.Devices {
				lost[d.ID] = true
			}
		}
		if len(lost) == 0 {
			continue
		}
		for _, f := range r.feeds.Scope(tag) {
			if lost[f.Device] {
				if err := r.recheckFeed(p, f.No, 1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// recheckFeed judges the stored ops of a feed from seq on, and moves their effects.
func (r *Replica) recheckFeed(p *projector, no int64, from uint64) error {
	f, ok := r.feeds.ByNo(no)
	if ok {
		if staged := p.b.Feed(f.FeedKey); staged != nil {
			f = *staged
		}
	} else if f, ok = p.b.ByNo(no); !ok {
		return fmt.Errorf("recheck: no feed %d", no)
	}
	var before int64
	if err := p.tx.QueryRow(`SELECT coalesce(max(hlc), 0) FROM op WHERE id >= ? AND id < ? AND status <> 5`, oplog.Key(no, 1), oplog.Key(no, from)).Scan(&before); err != nil {
		return fmt.Errorf("read feed clock: %w", err)
	}
	clock := hlc.Time(before)
	for from <= f.Len { // in pages, because effects write while rows are read
		var page []oplog.Stored
		if err := oplog.Read(p.tx, no, from, min(f.Len, from+499), func(s oplog.Stored) (bool, error) {
			page = append(page, s)
			return true, nil
		}); err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		for i := range page {
			if err := r.recheckOp(p, no, &page[i], &clock); err != nil {
				return err
			}
		}
		_, seq := oplog.SplitKey(page[len(page)-1].Key)
		from = seq + 1
	}
	if staged := p.b.Feed(f.FeedKey); staged != nil && clock > staged.HLC {
		staged.HLC = clock
		staged.Touch()
	}
	return nil
}

func (r *Replica) recheckOp(p *projector, no int64, s *oplog.Stored, clock *hlc.Time) error {
	o, st := r.open(s.Raw)
	var v *Op
	var red *reducer
	var at hlc.Time
	if st == oplog.Applied {
		at = o.body.HLC
		st, v, red = r.judge(o, *clock, no)
		if st != oplog.Void {
			*clock = at
		}
	}
	if st == s.Status && at == s.HLC {
		return nil
	}
	if err := p.b.SetStatus(s.Key, st, at); err != nil {
		return err
	}
	switch {
	case st == oplog.Applied && s.Status != oplog.Applied:
		r.clock.Observe(at)
		return p.settle(o, v, red, s.Key)
	case s.Status == oplog.Applied && st != oplog.Applied && v != nil:
		return p.unapply(v, red)
	}
	return nil
}
