package replica

import (
	"bytes"
	"fmt"
	"sort"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// projector carries one write transaction: what it staged and what must still be done before the commit.
type projector struct {
	r     *Replica
	tx    Tx
	b     *oplog.Batch
	event Event

	before  *world                // what recheckWeakened compares with
	grown   map[oplog.FeedKey]int // index in event.Feeds
	recount bool                  // own ops were removed, or the mark is wrong

	dirty   map[string]entityKey // entities to refold
	order   []string             // their order, so that the work is the same each time
	keys    map[op.ScopeTag]bool // scopes that got a key
	regroup map[op.ScopeTag]bool // scopes whose readers changed
	world   bool                 // authority or scopes must be evaluated again
	reload  bool                 // control ops went away: read them again first
	memory  bool                 // state outside SQLite was changed: reload it if the transaction fails
}

type entityKey struct {
	Entity
	red *reducer
}

func (r *Replica) newProjector(tx Tx, b *oplog.Batch) *projector {
	return &projector{
		r: r, tx: tx, b: b, before: r.world.Load(), grown: map[oplog.FeedKey]int{},
		dirty: map[string]entityKey{}, keys: map[op.ScopeTag]bool{}, regroup: map[op.ScopeTag]bool{},
	}
}

// maxAdvanceBytes bounds the ops that an event carries per feed; more are read from the log by whoever needs them.
const maxAdvanceBytes = 64 << 10

// advance notes that a feed grew from seq from on by the ops in raw, which the event keeps.
func (p *projector) advance(f *oplog.Feed, from uint64, raw []byte, own bool) {
	i, ok := p.grown[f.FeedKey]
	if !ok {
		p.grown[f.FeedKey] = len(p.event.Feeds)
		a := Advance{Feed: *f, From: from, Own: own}
		if len(raw) <= maxAdvanceBytes {
			a.Raw = raw[:len(raw):len(raw)]
		}
		p.event.Feeds = append(p.event.Feeds, a)
		return
	}
	a := &p.event.Feeds[i]
	a.Feed = *f
	if a.Raw != nil && len(a.Raw)+len(raw) <= maxAdvanceBytes {
		a.Raw = append(a.Raw, raw...)
	} else {
		a.Raw = nil
	}
}

// shrink notes that ops of a feed were removed.
func (p *projector) shrink(f *oplog.Feed) {
	i, ok := p.grown[f.FeedKey]
	if !ok {
		i = len(p.event.Feeds)
		p.grown[f.FeedKey] = i
		p.event.Feeds = append(p.event.Feeds, Advance{})
	}
	p.event.Feeds[i] = Advance{Feed: *f, From: f.Len + 1}
	p.recount = p.recount || f.Device == p.r.id.Device.ID
}

// settle takes an op that has just become Applied.
func (p *projector) settle(o *opened, v *Op, red *reducer, key int64) error {
	switch o.sealed.Kind {
	case op.Control:
		return p.settleControl(o, key)
	case op.Epoch:
		return p.r.learnEpoch(p, o, key)
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
	e := Entity{Scope: v.Scope, ScopeNo: v.ScopeNo, Name: red.Entity, ID: v.Entity}
	if red.single {
		if len(p.dirty) > 0 {
			if _, waiting := p.dirty[e.key()]; waiting {
				return nil
			}
		}
		return red.Apply(p.tx, *v)
	}
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
	if err := p.reloadBranches(touched); err != nil {
		return err
	}
	changed, p.world = changed || p.world, false
	reloaded := p.reload
	if reloaded {
		p.reload, p.memory = false, true
		if err := p.r.loadControl(p.tx); err != nil {
			return err
		}
	}
	if changed {
		if err := p.r.rebuildWorld(p); err != nil {
			return err
		}
		for tag := range p.regroup {
			touched[tag] = true
		}
		clear(p.regroup)
		before := p.before
		p.before = p.r.world.Load()
		if err := p.r.recheckWeakened(p, before); err != nil {
			return err
		}
		if err := p.r.noteRemovals(p, before); err != nil {
			return err
		}
		if reloaded && before != nil {
			if err := p.r.forgetDevices(p, before, touched); err != nil {
				return err
			}
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
		ops = append(ops, p.r.view(o, no, e.red.of(o.body.Type)))
	}
	sort.Slice(ops, func(i, j int) bool { return Less(ops[i], ops[j]) })
	for _, v := range ops {
		if err := e.red.Apply(p.tx, *v); err != nil {
			return err
		}
	}
	return nil
}

// of is the reducer for another kind of the same entity.
func (red *reducer) of(typ string) *reducer {
	for i := range red.Kinds {
		if red.Kinds[i].Type == typ {
			return &reducer{Reducer: red.Reducer, kind: red.Kinds[i], single: red.single}
		}
	}
	return red
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
