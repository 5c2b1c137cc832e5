package moduletest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

type opKey struct {
	scope op.ScopeID
	ref   op.Ref
}

type entityKey struct {
	scope op.ScopeID
	name  string
	id    string
}

type registerKey struct {
	scope  op.ScopeID
	device op.DeviceID
	key    string
}

type stored struct {
	module.Op
	creates bool // came without entity
	applied bool
}

// Receive takes ops in one transaction, in the given order, as if they came from the network. Ops it has already are passed
// over; ops that are not permitted are kept without effect.
func (p *Peer) Receive(ops ...module.Op) {
	p.World.tb.Helper()
	p.state.Lock()
	defer p.state.Unlock()
	if err := p.transact(context.Background(), func(f *folder) error {
		for _, o := range ops {
			if err := f.add(o); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		p.World.tb.Fatalf("receive: %v", err)
	}
}

// ReceiveAll takes everything that the other peers hold: the ops this one has not seen yet, and all registers.
func (p *Peer) ReceiveAll() {
	p.World.tb.Helper()
	p.Receive(p.World.ops...)
	for _, other := range p.World.peers {
		if other != p {
			p.ReceiveRegisters(other)
		}
	}
}

// ReceiveRegisters takes the registers that another peer holds.
func (p *Peer) ReceiveRegisters(from *Peer) {
	p.World.tb.Helper()
	from.state.RLock()
	var values []module.RegisterValue
	for _, r := range from.registers {
		values = append(values, r)
	}
	from.state.RUnlock()
	p.state.Lock()
	defer p.state.Unlock()
	if err := p.applyRegisters(context.Background(), values); err != nil {
		p.World.tb.Fatalf("receive registers: %v", err)
	}
}

func (p *Peer) applyRegisters(ctx context.Context, values []module.RegisterValue) error {
	return p.db.Write(ctx, func(tx module.Tx) error {
		for _, v := range values {
			key := registerKey{v.Scope, v.Device, v.Key}
			if old, ok := p.registers[key]; ok && old.Version >= v.Version {
				continue
			}
			for _, m := range p.Modules {
				for _, k := range m.Registers {
					if k.Key == v.Key {
						if err := k.Apply(tx, v); err != nil {
							return fmt.Errorf("apply register %s: %w", v.Key, err)
						}
					}
				}
			}
			p.registers[key] = v
		}
		return nil
	})
}

// folder is one write transaction. What it does to the peer's memory is undone when the transaction fails.
type folder struct {
	p    *Peer
	tx   module.Tx
	undo []func()
}

func (p *Peer) transact(ctx context.Context, fn func(*folder) error) error {
	f := &folder{p: p}
	err := p.db.Write(ctx, func(tx module.Tx) error {
		f.tx = tx
		return fn(f)
	})
	if err != nil {
		for _, u := range slices.Backward(f.undo) {
			u()
		}
	}
	return err
}

// add stores an op and, if it counts, applies it.
func (f *folder) add(o module.Op) error {
	p, key := f.p, opKey{o.Scope, o.Ref}
	if p.ops[key] != nil {
		return nil
	}
	s := &stored{Op: o, creates: string(o.Entity) == string(o.Ref.Bytes())}
	p.ops[key] = s
	p.clock.Observe(o.HLC)
	p.arrived[o.Key] = p.World.now
	f.undo = append(f.undo, func() { delete(p.ops, key); delete(p.arrived, o.Key) })
	if p.verdict(o, s.creates) != nil {
		return nil
	}
	return f.count(s)
}

// count makes an op count: at the end of its entity directly, before other ops by folding the entity again.
func (f *folder) count(s *stored) error {
	p := f.p
	r, _ := p.reducer(s.Type)
	key := entityKey{s.Scope, r.Entity, string(s.Entity)}
	before := p.entities[key]
	at, _ := slices.BinarySearchFunc(before, s, func(a, b *stored) int { return crdt.Compare(stamp(a), stamp(b)) })
	s.applied = true
	p.entities[key] = slices.Insert(slices.Clone(before), at, s)
	f.undo = append(f.undo, func() { p.entities[key] = before; s.applied = false })
	if at == len(before) {
		return r.Apply(f.tx, s.Op)
	}
	return f.refold(key, r)
}

func (f *folder) discount(s *stored) error {
	p := f.p
	r, _ := p.reducer(s.Type)
	key := entityKey{s.Scope, r.Entity, string(s.Entity)}
	s.applied = false
	p.entities[key] = slices.DeleteFunc(slices.Clone(p.entities[key]), func(x *stored) bool { return x == s })
	return f.refold(key, r)
}

func (f *folder) refold(key entityKey, r module.Reducer) error {
	no := f.p.World.scopes[key.scope].No
	if err := r.Reset(f.tx, module.Entity{Scope: key.scope, ScopeNo: no, Name: key.name, ID: []byte(key.id)}); err != nil {
		return err
	}
	for _, s := range f.p.entities[key] {
		if err := r.Apply(f.tx, s.Op); err != nil {
			return err
		}
	}
	return nil
}

// rejudge decides again which ops count, after roles changed.
func (p *Peer) rejudge() {
	p.World.tb.Helper()
	p.state.Lock()
	defer p.state.Unlock()
	if err := p.transact(context.Background(), func(f *folder) error {
		for _, s := range p.ordered() {
			counts := p.verdict(s.Op, s.creates) == nil
			var err error
			switch {
			case counts && !s.applied:
				err = f.count(s)
			case !counts && s.applied:
				err = f.discount(s)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		p.World.tb.Fatalf("judge again: %v", err)
	}
}

// ordered returns every op of the peer in order.
func (p *Peer) ordered() []*stored {
	all := make([]*stored, 0, len(p.ops))
	for _, s := range p.ops {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stored) int { return crdt.Compare(stamp(a), stamp(b)) })
	return all
}

func stamp(s *stored) crdt.Stamp { return crdt.Stamp{HLC: s.HLC, Ref: s.Ref} }

var errUnknown = errors.New("unknown type of op")

// verdict says whether an op counts, by the rules of package replica.
func (p *Peer) verdict(o module.Op, creates bool) error {
	r, ok := p.reducer(o.Type)
	if !ok {
		return errUnknown
	}
	k := r.Kinds[slices.IndexFunc(r.Kinds, func(k module.Kind) bool { return k.Type == o.Type })]
	if k.Creates != creates {
		return fmt.Errorf("%s with entity %x", o.Type, o.Entity)
	}
	if !slices.Contains(k.Scopes, o.ScopeKind) {
		return fmt.Errorf("%s in a scope of kind %d", o.Type, o.ScopeKind)
	}
	if k.Check != nil {
		if err := k.Check(o.Payload); err != nil {
			return err
		}
	}
	view := p.World.former(o)
	if _, member := p.World.scope(o.Scope, o.User); !member && view == module.View(p.World) {
		return fault.New("denied")
	}
	if k.Authorize != nil {
		if err := k.Authorize(view, o); err != nil {
			return fault.Wrap("denied", err)
		}
	}
	return nil
}

func (p *Peer) reducer(typ string) (module.Reducer, bool) {
	for _, m := range p.Modules {
		for _, r := range m.Reducers {
			for _, k := range r.Kinds {
				if k.Type == typ {
					return r, true
				}
			}
		}
	}
	return module.Reducer{}, false
}
