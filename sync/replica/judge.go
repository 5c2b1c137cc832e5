package replica

import (
	"crypto/ed25519"
	"errors"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// opened is an op after decryption. body is valid when the status it came with was Applied.
type opened struct {
	sealed op.Sealed
	id     op.ID // set by whoever knows it; zero otherwise
	body   op.Body
}

func (o *opened) opID() op.ID {
	if o.id.IsZero() {
		o.id = o.sealed.ID()
	}
	return o.id
}

func (o *opened) ref() op.Ref {
	return op.Ref{Device: o.sealed.Device, Incarnation: o.sealed.Incarnation, Seq: o.sealed.Seq}
}

func (o *opened) authority() authority.Op {
	return authority.Op{ID: o.opID(), Ref: o.ref(), Device: o.sealed.Device, Type: o.body.Type, Payload: o.body.Payload, Deps: o.body.Deps, HLC: o.body.HLC}
}

// open parses stored bytes and decrypts them. The status is Applied, NoKey, Void, or Expired for a stub.
func (r *Replica) open(raw []byte) (*opened, oplog.Status) {
	s, _, err := op.Parse(raw)
	if err != nil {
		return nil, oplog.Void
	}
	o := &opened{sealed: s}
	return o, r.decrypt(o)
}

// decrypt fills the body. Bootstrap-encrypted ops are epoch ops and the genesis; all others stand under an epoch key.
func (r *Replica) decrypt(o *opened) oplog.Status {
	if o.sealed.Stub {
		return oplog.Expired
	}
	var key op.BodyKey
	if o.sealed.Epoch.IsZero() {
		key = r.epochs.bootstrap(r.id, o.sealed.Scope)
	} else if key = r.epochs.key(o.sealed.Scope, o.sealed.Epoch); key == nil {
		return oplog.NoKey
	}
	plain, err := op.OpenBody(key, o.sealed.Header, o.sealed.Ciphertext)
	if err != nil {
		return oplog.Void
	}
	if o.body, err = op.DecodeBody(plain); err != nil {
		return oplog.Void
	}
	return oplog.Applied
}

// weigh gives an op its status after it was opened with st, and its clock, 0 while that cannot be read. It moves the feed's clock
// on. due is for judge.
func (r *Replica) weigh(o *opened, st oplog.Status, clock *hlc.Time, no int64, due bool) (oplog.Status, hlc.Time, *Op, *reducer) {
	var at hlc.Time
	var v *Op
	var red *reducer
	switch begin, _, covered := r.past(o, st); {
	case covered:
		st, at = oplog.Expired, begin
	case st == oplog.Expired: // a stub: of a horizon that does not count any more, or from this device's own backup
		from, _ := o.sealed.Week()
		at = hlc.New(from, 0)
	case st == oplog.Applied:
		at = o.body.HLC
		st, v, red = r.judge(o, *clock, no, due)
	}
	if st != oplog.Void {
		*clock = max(*clock, at)
	}
	return st, at, v, red
}

// judge gives an opened op its status and, for content, the reducer's view of it. before is the feed's greatest clock up to
// the op (SPEC P2: the clock must increase along the feed); 0 when that was checked before. due says that the op counted
// already: it is not held again because this machine's clock was put back.
func (r *Replica) judge(o *opened, before hlc.Time, feedNo int64, due bool) (oplog.Status, *Op, *reducer) {
	if o.body.HLC <= before {
		return oplog.Void, nil, nil
	}
	if o.sealed.Epoch.IsZero() && o.sealed.Kind == op.Content {
		return oplog.Void, nil, nil
	}
	if !due && r.Clock().Ahead(o.body.HLC) {
		return oplog.Held, nil, nil
	}
	switch o.sealed.Kind {
	case op.Control, op.Epoch:
		return oplog.Applied, nil, nil // what they may change is decided by package authority, and by currentEpoch
	case op.Content:
	default:
		return oplog.Unknown, nil, nil
	}
	red := r.reducers[o.body.Type]
	if red == nil {
		return oplog.Unknown, nil, nil
	}
	if red.kind.Creates != (len(o.body.Entity) == 0) || !o.honest(&red.kind) {
		return oplog.Void, nil, nil
	}
	if red.kind.Check != nil {
		if err := red.kind.Check(o.body.Payload); err != nil {
			return oplog.Void, nil, nil
		}
	}
	return r.permit(o, feedNo, red)
}

// permit decides whether the author may write what the op says.
func (r *Replica) permit(o *opened, feedNo int64, red *reducer) (oplog.Status, *Op, *reducer) {
	w := r.world.Load()
	s := w.scopes[o.sealed.Scope]
	if s == nil || s.kind == ScopeUnknown {
		return oplog.Denied, nil, nil // not known yet: judged again when the scope's members are
	}
	if o.sealed.Seq > w.limit(s, o.sealed.Device, o.sealed.Incarnation) {
		return oplog.Denied, nil, nil
	}
	if !slices.Contains(red.kind.Scopes, s.kind) {
		return oplog.Void, nil, nil
	}
	v := r.view(o, feedNo, red)
	if red.kind.Authorize != nil {
		if err := red.kind.Authorize(w.as(s, v.User), *v); err != nil {
			return oplog.Denied, nil, nil
		}
	}
	return oplog.Applied, v, red
}

// view is a content op of a known type as its reducer sees it, whether or not it counts. The author is zero when unknown.
func (r *Replica) view(o *opened, feedNo int64, red *reducer) *Op {
	w := r.world.Load()
	v := &Op{
		Ref: o.ref(), Key: oplog.Key(feedNo, o.sealed.Seq), HLC: o.body.HLC, Tie: tie(o.sealed.Device),
		Type: o.body.Type, Entity: o.body.Entity, Payload: o.body.Payload,
	}
	if red.kind.Creates {
		v.Entity = v.Ref.Bytes()
	}
	if s := w.scopes[o.sealed.Scope]; s != nil {
		v.Scope, v.ScopeNo, v.ScopeKind = s.id, s.no, s.kind
	}
	if dev, ok := w.auth.Device(o.sealed.Device); ok {
		v.User = dev.User
		r.mu.Lock()
		v.UserNo = r.users[dev.User]
		r.mu.Unlock()
	}
	return v
}

// maxStrangers bounds the control feeds whose device the control log does not certify.
const maxStrangers = 256

// deviceKey is the signing key of the device of a feed; first is an op of it, if one is at hand. A device of which nobody has heard
// brings its own key: its feed in the control log begins with the genesis, an admission or a link by the recovery words, which
// names the key and is signed with it. That it speaks for itself gives it no right.
func (r *Replica) deviceKey(q oplog.Querier, h *op.Header, first *op.Sealed) (ed25519.PublicKey, error) {
	w := r.world.Load()
	if key, ok := w.auth.SigningKey(h.Device); ok {
		return key, nil
	}
	if h.Scope != r.teamTag.control {
		return nil, ErrStranger
	}
	var o *opened
	st := oplog.NoKey
	if first != nil && first.Seq == 1 {
		o = &opened{sealed: *first}
		st = r.decrypt(o)
	} else if f := r.feeds.Feed(oplog.FeedKey{Tag: h.Scope, Device: h.Device, Incarnation: h.Incarnation}); f.Len > 0 {
		s, ok, err := oplog.One(q, oplog.Key(f.No, 1))
		if err != nil || !ok {
			return nil, errors.Join(ErrStranger, err)
		}
		o, st = r.open(s.Raw)
	}
	if st != oplog.Applied {
		return nil, ErrStranger
	}
	key, ok := w.auth.ClaimedKey(o.authority())
	if !ok {
		return nil, ErrStranger
	}
	return key, nil
}
