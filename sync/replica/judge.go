package replica

import (
	"crypto/ed25519"

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

// open parses stored bytes and decrypts them. The status is Applied, NoKey or Void.
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

// judge gives an opened op its status and, for content, the reducer's view of it. before is the feed's greatest clock up to
// the op (SPEC P2: the clock must increase along the feed).
func (r *Replica) judge(o *opened, before hlc.Time, feedNo int64) (oplog.Status, *Op, *reducer) {
	if o.body.HLC <= before {
		return oplog.Void, nil, nil
	}
	if o.sealed.Epoch.IsZero() && o.sealed.Kind == op.Content {
		return oplog.Void, nil, nil
	}
	if r.clock.Ahead(o.body.HLC) {
		return oplog.Held, nil, nil
	}
	switch o.sealed.Kind {
	case op.Control, op.Epoch:
		return oplog.Applied, nil, nil // what they may change is decided by package authority, and by epochs.current
	case op.Content:
	default:
		return oplog.Unknown, nil, nil
	}
	red := r.reducers[o.body.Type]
	if red == nil {
		return oplog.Unknown, nil, nil
	}
	kind := red.Kinds[0]
	for i := range red.Kinds {
		if red.Kinds[i].Type == o.body.Type {
			kind = red.Kinds[i]
		}
	}
	if kind.Creates != (len(o.body.Entity) == 0) {
		return oplog.Void, nil, nil
	}
	if kind.Check != nil {
		if err := kind.Check(o.body.Payload); err != nil {
			return oplog.Void, nil, nil
		}
	}
	w := r.world.Load()
	s := w.scopes[o.sealed.Scope]
	if s == nil || s.kind == ScopeUnknown {
		return oplog.Denied, nil, nil // not known yet: judged again when the scope's members are
	}
	dev, ok := w.auth.Device(o.sealed.Device)
	if !ok {
		return oplog.Denied, nil, nil
	}
	if _, member := s.members[dev.User]; !member {
		return oplog.Denied, nil, nil
	}
	allowed := false
	for _, k := range kind.Scopes {
		allowed = allowed || k == s.kind
	}
	if !allowed {
		return oplog.Void, nil, nil
	}
	v := &Op{
		Scope: s.id, ScopeNo: s.no, ScopeKind: s.kind, Ref: o.ref(), Key: oplog.Key(feedNo, o.sealed.Seq), User: dev.User,
		HLC: o.body.HLC, Tie: tie(o.sealed.Device), Type: o.body.Type, Entity: o.body.Entity, Payload: o.body.Payload,
	}
	if kind.Creates {
		v.Entity = v.Ref.Bytes()
	}
	r.mu.Lock()
	v.UserNo = r.users[dev.User]
	r.mu.Unlock()
	if kind.Authorize != nil {
		if err := kind.Authorize(w, *v); err != nil {
			return oplog.Denied, v, red
		}
	}
	return oplog.Applied, v, red
}

// deviceKey is the signing key of a device of the team. A device nobody knows yet brings its own: its first op in the control
// log is the genesis or an admission, which names the key and is signed with it. That it speaks for itself gives it no right.
func (r *Replica) deviceKey(dev op.DeviceID, ops []op.Sealed) (ed25519.PublicKey, error) {
	if w := r.world.Load(); w != nil {
		if d, ok := w.auth.Device(dev); ok {
			return d.SignPub, nil
		}
	}
	if len(ops) > 0 && ops[0].Seq == 1 && ops[0].Scope == r.teamTag.control {
		o := &opened{sealed: ops[0]}
		if r.decrypt(o) == oplog.Applied {
			if key, ok := authority.AuthorKey(o.authority()); ok {
				return key, nil
			}
		}
	}
	return nil, ErrStranger
}
