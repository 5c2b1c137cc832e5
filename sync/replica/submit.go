package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Submit writes content ops of this device in one transaction and returns them as reducers saw them. also, if not nil, runs
// in the same transaction after they were projected. Errors: ErrNoScope, ErrNoKey, ErrDenied, ErrInvalid, the database's;
// nothing changed then.
func (r *Replica) Submit(ctx context.Context, subs []Submission, also func(tx Tx, ops []Op) error) ([]Op, error) {
	var out []Op
	err := r.write(ctx, func(p *projector) error {
		out = out[:0]
		for _, s := range subs {
			v, err := r.submitContent(p, s)
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

func (r *Replica) submitContent(p *projector, s Submission) (*Op, error) {
	sc := r.world.Load().byID[s.Scope]
	if sc == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoScope, s.Scope)
	}
	return r.appendOwn(p, sc.tag, r.currentEpoch(sc), op.Content, s.Type, s.Entity, s.Payload, nil)
}

// appendOwn writes one op of this device by the path remote ops take. x nil means the bootstrap key, for epoch ops and the
// genesis.
func (r *Replica) appendOwn(p *projector, tag op.ScopeTag, x *epoch, kind op.Kind, typ string, entity []byte, payload any, deps []op.ID) (*Op, error) {
	enc, err := op.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", typ, err)
	}
	f, err := p.b.Open(oplog.FeedKey{Tag: tag, Device: r.id.Device.ID, Incarnation: r.feeds.Incarnation()})
	if err != nil {
		return nil, err
	}
	if f.Frozen {
		return nil, ErrForked
	}
	clock := r.clock.Now()
	if clock <= f.HLC { // after a clock far in the future was put right
		return nil, fmt.Errorf("%w: feed is at %s", ErrClockBack, f.HLC)
	}
	plain, err := op.EncodeBody(op.Body{HLC: clock, Type: typ, Entity: entity, Payload: enc, Deps: deps})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	h := op.Header{Version: op.Version, Kind: kind, Scope: tag, Device: r.id.Device.ID, Incarnation: f.Incarnation, Seq: f.Len + 1, Prev: f.Head}
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
	st, v, red := r.judge(o, f.HLC, f.No)
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
	p.advanceOwn(f, raw)
	if v == nil {
		v = &Op{Ref: o.ref(), Key: id, HLC: clock, Type: typ}
	}
	return v, nil
}

// advanceOwn merges consecutive own ops of one feed into one Advance.
func (p *projector) advanceOwn(f *oplog.Feed, raw []byte) {
	for i := range p.event.Feeds {
		a := &p.event.Feeds[i]
		if a.Own && a.Feed.FeedKey == f.FeedKey {
			a.Feed = *f
			if a.Raw != nil && f.Len-a.From < 64 {
				a.Raw = append(a.Raw, raw...)
			} else {
				a.Raw = nil
			}
			return
		}
	}
	p.event.Feeds = append(p.event.Feeds, Advance{Feed: *f, From: f.Len, Raw: raw, Own: true})
}
