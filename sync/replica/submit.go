package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Submit writes ops of this device in one transaction and returns them as reducers saw them. also, if not nil, runs
// in the same transaction after they were projected. Errors: ErrNoScope, ErrNoKey, ErrDenied, ErrInvalid, the database's;
// nothing changed then.
func (r *Replica) Submit(ctx context.Context, subs []Submission, also func(tx Tx, ops []Op) error) ([]Op, error) {
	var out []Op
	err := r.write(ctx, func(p *projector) error {
		out = out[:0]
		for _, s := range subs {
			submit := r.submitContent
			if s.Control {
				submit = r.submitControl
			}
			v, err := submit(p, s)
			if err != nil {
				return err
			}
			out = append(out, *v)
		}
		if also != nil {
			return also(p.tx, out)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// submitControl writes an op about the organisation together with content, such as a department with its name.
func (r *Replica) submitControl(p *projector, s Submission) (*Op, error) {
	payload, err := r.proven(s.Payload)
	if err != nil {
		return nil, err
	}
	if _, err := r.appendControl(p, s.Type, payload); err != nil {
		return nil, err
	}
	f := p.b.Feed(oplog.FeedKey{Tag: r.teamTag.control, Device: r.id.Device.ID, Incarnation: p.b.Incarnation()})
	ref := op.Ref{Device: f.Device, Incarnation: f.Incarnation, Seq: f.Len}
	return &Op{Ref: ref, Key: oplog.Key(f.No, f.Len), HLC: f.HLC, Type: s.Type}, nil
}

func (r *Replica) submitContent(p *projector, s Submission) (*Op, error) {
	sc := r.world.Load().byID[s.Scope]
	if sc == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoScope, s.Scope)
	}
	x, err := r.payDebt(p, sc, op.Content)
	if err != nil {
		return nil, err
	}
	return r.appendOwn(p, sc.tag, x, op.Content, s.Type, s.Entity, s.Payload, nil)
}

// appendOwn writes one op of this device by the path remote ops take. x nil means the bootstrap key, for epoch ops and the
// genesis.
func (r *Replica) appendOwn(p *projector, tag op.ScopeTag, x *epoch, kind op.Kind, typ string, entity []byte, payload any, deps []op.ID) (*Op, error) {
	enc, err := op.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", typ, err)
	}
	f, clock, err := r.ownFeed(p, tag)
	if err != nil {
		return nil, err
	}
	plain, err := op.EncodeBody(op.Body{HLC: clock, Type: typ, Entity: entity, Payload: enc, Deps: deps})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	h := op.Header{Version: op.Version, Kind: kind, Flags: r.flagsOf(kind, typ, clock), Scope: tag, Device: r.id.Device.ID, Incarnation: f.Incarnation, Seq: f.Len + 1, Prev: f.Head}
	key := r.epochs.bootstrap(r.id, tag)
	if x != nil {
		h.Epoch, key = x.ref, x.key
	} else if kind == op.Content {
		return nil, ErrNoKey
	}
	ct, err := op.SealBody(key, h, plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	o := &opened{sealed: op.Sign(h, ct, r.id.Device.Sign), body: op.Body{HLC: clock, Type: typ, Entity: entity, Payload: enc, Deps: deps}}
	st, v, red := r.judge(o, f.HLC, f.No, false)
	switch st {
	case oplog.Applied:
	case oplog.Denied:
		return nil, ErrDenied
	default:
		return nil, fmt.Errorf("%w: %s: status %d", ErrInvalid, typ, st)
	}
	raw := o.sealed.AppendTo(make([]byte, 0, o.sealed.Size()))
	id, err := p.b.Append(f, o.opID(), &o.sealed, raw, st, clock, r.now().UnixMilli())
	if err != nil {
		return nil, err
	}
	if v != nil {
		v.Key = id
	}
	if err := p.settle(o, v, red, id); err != nil {
		return nil, err
	}
	p.advance(f, f.Len, raw, true)
	if v == nil {
		v = &Op{Ref: o.ref(), Key: id, HLC: clock, Type: typ}
	}
	return v, nil
}

// ownFeed is the feed that this device writes in a scope, and the time of its next op. The device goes on in a new incarnation
// when the feed's clock is so far in the future that nothing can follow it for minutes: the wall clock was wrong and has been
// put right.
func (r *Replica) ownFeed(p *projector, tag op.ScopeTag) (*oplog.Feed, hlc.Time, error) {
	clock := r.Clock().Now()
	if r.Clock().Ahead(clock) {
		fresh := hlc.NewClock(r.now)
		r.clock.Store(fresh)
		clock = fresh.Now()
	}
	f, err := p.b.Open(oplog.FeedKey{Tag: tag, Device: r.id.Device.ID, Incarnation: p.b.Incarnation()})
	if err != nil {
		return nil, 0, err
	}
	if clock > f.HLC && f.Takes(f.Len+1) && !r.ownCut(tag, f.Incarnation) {
		return f, clock, nil
	}
	r.log.Warn("own feed cannot go on; starting a new incarnation", "at", f.HLC.String(), "now", clock.String(), "fork", f.Fork)
	if err := r.newIncarnation(p); err != nil {
		return nil, 0, err
	}
	f, err = p.b.Open(oplog.FeedKey{Tag: tag, Device: r.id.Device.ID, Incarnation: p.b.Incarnation()})
	return f, clock, err
}

// ownCut tells whether a removal that was undone ended the feed: nothing after it would count (SPEC P9).
func (r *Replica) ownCut(tag op.ScopeTag, inc uint32) bool {
	w := r.world.Load()
	if w == nil || w.scopes[tag] == nil {
		return false
	}
	_, cut := w.cut(w.scopes[tag], r.id.Device.ID, inc)
	return cut
}

// ownHead is the id of the op that this device wrote last in the control log.
func (p *projector) ownHead() op.ID {
	return p.b.Feed(oplog.FeedKey{Tag: p.r.teamTag.control, Device: p.r.id.Device.ID, Incarnation: p.b.Incarnation()}).Head
}
