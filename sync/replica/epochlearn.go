package replica

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file learns keys: from boxes for this device or its person, and from later epochs.

// handed is what an epoch op says.
type handed struct {
	keys.EpochNew      // of an epoch.add without roster and back keys
	announces     bool // it is the announcement
}

// readEpochOp decodes an epoch op; false for what makes no sense, which is without effect, the same everywhere.
func readEpochOp(o *opened) (handed, bool) {
	switch o.body.Type {
	case keys.TypeEpochNew:
		n, err := keys.DecodeEpochNew(o.body.Payload)
		return handed{n, true}, err == nil
	case keys.TypeEpochAdd:
		a, err := keys.DecodeEpochAdd(o.body.Payload)
		return handed{keys.EpochNew{Scope: a.Scope, Ref: a.Ref, Gen: a.Gen, Parents: a.Parents, KeyCommit: a.KeyCommit, Boxes: a.Boxes}, false}, err == nil
	}
	return handed{}, false
}

// learnEpoch reads an epoch op: a horizon, or the id of the scope, the epoch, who was given its key, and the key if a box is for this device.
// key is the op's place in the log, 0 for one that was handed over ahead of its feed.
func (r *Replica) learnEpoch(p *projector, o *opened, key int64) error {
	if o.body.Type == op.TypeHorizon {
		return r.learnHorizon(p, o, key)
	}
	n, ok := readEpochOp(o)
	if !ok {
		return nil
	}
	tag := o.sealed.Scope
	held := r.epochs.key(tag, n.Ref) != nil
	var e keys.Epoch
	var err error
	if !held {
		e, err = r.openBox(&n)
	}
	if key == 0 { // whoever sends it must not be able to make rows here that mean nothing
		useful := !held && err == nil || n.announces && (held || r.epochs.isParent(tag, n.Ref))
		if !useful {
			return nil
		}
		if err := r.ensureScope(p.tx, tag); err != nil {
			return err
		}
	}
	if err := r.nameScope(p.tx, tag, n.Scope); err != nil {
		if errors.Is(err, ErrInvalid) {
			return nil
		}
		return err
	}
	if s := r.world.Load().scopes[tag]; s == nil || s.id.IsZero() {
		p.world = true
	}
	p.memory = true
	if key != 0 {
		if _, err := p.tx.Exec(`INSERT OR IGNORE INTO epoch_op (tag, op) VALUES (?, ?)`, tag[:], key); err != nil {
			return fmt.Errorf("store epoch op: %w", err)
		}
	}
	if err := r.leaveMail(p, o, &n, key); err != nil {
		return err
	}
	if err := r.keepBoxes(p, o, &n); err != nil {
		return err
	}
	if n.announces {
		if err := r.keepAnnouncement(p, o, &n, key); err != nil {
			return err
		}
	}
	switch {
	case held, errors.Is(err, keys.ErrNoBox):
	case err != nil:
		r.noteBadSeal(BadSeal{Scope: n.Scope, Epoch: n.Ref, By: o.sealed.Device})
		r.log.Warn("epoch key does not open", "epoch", n.Ref.String(), "by", o.sealed.Device.String(), "err", err)
	default:
		if err := r.keepEpoch(p, tag, o.sealed.Device, &e); err != nil {
			return err
		}
		p.keys[tag] = true
	}
	return r.openEarlier(p, tag, n.Scope)
}

// openBox opens the box for this device, or that for its person where the recovery words are at hand (SPEC K4).
func (r *Replica) openBox(n *handed) (keys.Epoch, error) {
	e, err := n.Open(r.id.Team, r.id.Device.ID, r.id.Device.Box)
	if err == nil || !r.id.Root.Whole() {
		return e, err
	}
	e, byRoot := n.Open(r.id.Team, r.id.Root.Device(), r.id.Root.Box)
	if byRoot == nil || errors.Is(err, keys.ErrNoBox) {
		return e, byRoot
	}
	return e, err
}

// keepEpoch stores a key that by gave to this device.
func (r *Replica) keepEpoch(p *projector, tag op.ScopeTag, by op.DeviceID, e *keys.Epoch) error {
	x := r.epochs.known(tag, e.Ref)
	if x.gen, x.parents = e.Gen, e.Parents; !x.announced {
		x.author = by
	}
	if err := x.unlock(e.Key); err != nil {
		return err
	}
	if _, err := p.tx.Exec(`INSERT OR IGNORE INTO epoch (tag, ref, gen, author, parents, key) VALUES (?, ?, ?, ?, ?, ?)`, tag[:], x.ref[:], int64(x.gen), x.author[:], joinRefs(x.parents), x.secret[:]); err != nil {
		return fmt.Errorf("store epoch: %w", err)
	}
	p.memory, p.event.Keys = true, true
	r.epochs.put(tag, x)
	return nil
}

// keepAnnouncement remembers the first announcement of an epoch. Its ref stands for everything in it but the boxes and the
// parents' keys.
func (r *Replica) keepAnnouncement(p *projector, o *opened, n *handed, place int64) error {
	tag := o.sealed.Scope
	x := r.epochs.known(tag, n.Ref)
	if x.announced && (x.place != 0 || place == 0) {
		return nil
	}
	x.announced, x.place, x.gen, x.parents, x.author, x.at = true, place, n.Gen, n.Parents, o.sealed.Device, o.body.HLC
	x.commit, x.back, x.log = n.KeyCommit, n.Back, n.Log
	if _, err := p.tx.Exec(`INSERT OR REPLACE INTO announce (tag, ref, op, gen, author, at, parents, hash, back, log) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tag[:], x.ref[:], x.place, int64(x.gen), x.author[:], int64(x.at), joinRefs(x.parents), x.commit[:], bytes.Join(x.back, nil), x.log); err != nil {
		return fmt.Errorf("store announcement: %w", err)
	}
	r.epochs.put(tag, x)
	return nil
}

// keepBoxes remembers who was given the key: its author has it too.
func (r *Replica) keepBoxes(p *projector, o *opened, n *handed) error {
	devices := []op.DeviceID{o.sealed.Device}
	for i := range n.Boxes {
		devices = append(devices, n.Boxes[i].Device)
	}
	if s := r.world.Load().scopes[o.sealed.Scope]; s != nil && slices.ContainsFunc(devices, func(d op.DeviceID) bool { return !s.readers[d] }) {
		p.event.Keys = true // conversations with who lost the scope hand them over (SPEC S20)
	}
	for _, d := range devices {
		if _, err := p.tx.Exec(`INSERT INTO epoch_box (tag, ref, device, at) VALUES (?, ?, ?, ?) ON CONFLICT (tag, ref, device) DO UPDATE SET at = max(at, excluded.at)`,
			o.sealed.Scope[:], n.Ref[:], d[:], int64(o.body.HLC)); err != nil {
			return fmt.Errorf("store box: %w", err)
		}
	}
	r.epochs.boxed(o.sealed.Scope)
	if o.sealed.Device != r.id.Device.ID {
		r.healSoon(o.sealed.Scope)
	}
	return nil
}

// openEarlier opens the epochs before those that are held, as far as they hand on their parents' keys.
func (r *Replica) openEarlier(p *projector, tag op.ScopeTag, id op.ScopeID) error {
	for again := true; again; {
		again = false
		for _, x := range r.epochs.all(tag) {
			if !x.held() || !x.announced || len(x.back) == 0 || !r.lacksParent(tag, x) {
				continue
			}
			e := x.private(id)
			earlier, err := e.Ancestors(func(ref op.EpochRef) (keys.EpochNew, bool) {
				y := r.epochs.get(tag, ref)
				if y == nil || !y.announced {
					return keys.EpochNew{}, false
				}
				return y.public(id), true
			})
			if err != nil {
				r.log.Warn("an earlier key does not open", "epoch", x.ref.String(), "by", x.author.String(), "err", err)
			}
			for i := range earlier {
				if r.epochs.key(tag, earlier[i].Ref) != nil {
					continue
				}
				if err := r.keepEpoch(p, tag, x.author, &earlier[i]); err != nil {
					return err
				}
				p.keys[tag], again = true, true
			}
		}
	}
	return nil
}

// lacksParent tells whether an announced parent's key is not here.
func (r *Replica) lacksParent(tag op.ScopeTag, x *epoch) bool {
	for _, ref := range x.parents {
		if y := r.epochs.get(tag, ref); y != nil && y.announced && !y.held() {
			return true
		}
	}
	return false
}

// BadSeal is a box that was made for this device and holds another key than was announced (SPEC K5): its author did wrong, or
// the author's program.
type BadSeal struct {
	Scope op.ScopeID
	Epoch op.EpochRef
	By    op.DeviceID
}

// maxBadSeals bounds what is remembered of them.
const maxBadSeals = 100

func (r *Replica) noteBadSeal(b BadSeal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.badSeals) < maxBadSeals {
		r.badSeals = append(r.badSeals, b)
	}
}

// BadSeals are the unequal seals seen since the start.
func (r *Replica) BadSeals() []BadSeal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]BadSeal(nil), r.badSeals...)
}

// catchUpEpochs reads what an older program did not keep of the epoch ops in the log.
func (r *Replica) catchUpEpochs(p *projector) error {
	var places []int64
	rows, err := p.tx.Query(`SELECT op FROM epoch_op WHERE NOT EXISTS (SELECT 1 FROM epoch_box) ORDER BY op`)
	if err != nil {
		return fmt.Errorf("read epoch ops: %w", err)
	}
	for rows.Next() {
		var place int64
		if err := rows.Scan(&place); err != nil {
			_ = rows.Close()
			return fmt.Errorf("read epoch op: %w", err)
		}
		places = append(places, place)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("read epoch ops: %w", err)
	}
	for _, place := range places {
		s, ok, err := oplog.One(p.tx, place)
		if err != nil || !ok {
			return fmt.Errorf("epoch op %d: found %v: %w", place, ok, err)
		}
		if o, st := r.open(s.Raw); st == oplog.Applied {
			if err := r.learnEpoch(p, o, place); err != nil {
				return err
			}
		}
	}
	return nil
}
