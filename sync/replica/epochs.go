package replica

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"sync"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// epochs holds the keys this device has, ready for use.
type epochs struct {
	mu   sync.RWMutex
	byID map[op.ScopeTag]map[op.EpochRef]*epoch
	boot map[op.ScopeTag]op.BodyKey
}

type epoch struct {
	ref     op.EpochRef
	gen     uint32
	author  op.DeviceID
	parents []op.EpochRef
	secret  [32]byte
	key     op.BodyKey
}

// all lists the epochs of a scope that this device can open.
func (e *epochs) all(tag op.ScopeTag) []*epoch {
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := make([]*epoch, 0, len(e.byID[tag]))
	for _, x := range e.byID[tag] {
		out = append(out, x)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].gen < out[j].gen })
	return out
}

func newEpochs() *epochs {
	return &epochs{byID: map[op.ScopeTag]map[op.EpochRef]*epoch{}, boot: map[op.ScopeTag]op.BodyKey{}}
}

func (e *epochs) load(q oplog.Querier) error {
	rows, err := q.Query(`SELECT tag, ref, gen, author, parents, key FROM epoch`)
	if err != nil {
		return fmt.Errorf("read epochs: %w", err)
	}
	defer rows.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.byID = map[op.ScopeTag]map[op.EpochRef]*epoch{}
	for rows.Next() {
		var x epoch
		var tag, ref, author, parents, key []byte
		if err := rows.Scan(&tag, &ref, &x.gen, &author, &parents, &key); err != nil {
			return fmt.Errorf("read epoch: %w", err)
		}
		if len(tag) != 16 || len(ref) != 8 || len(author) != 16 || len(key) != 32 {
			return errors.New("read epoch: malformed row")
		}
		for ; len(parents) >= 8; parents = parents[8:] {
			x.parents = append(x.parents, op.EpochRef(parents[:8]))
		}
		x.ref, x.author, x.secret = op.EpochRef(ref), op.DeviceID(author), [32]byte(key)
		if err := e.put(op.ScopeTag(tag), &x); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *epochs) put(tag op.ScopeTag, x *epoch) error {
	k := keys.Epoch{Ref: x.ref, Gen: x.gen, Key: x.secret}
	var err error
	if x.key, err = k.BodyKey(); err != nil {
		return fmt.Errorf("derive body key: %w", err)
	}
	if e.byID[tag] == nil {
		e.byID[tag] = map[op.EpochRef]*epoch{}
	}
	e.byID[tag][x.ref] = x
	return nil
}

func (e *epochs) key(tag op.ScopeTag, ref op.EpochRef) op.BodyKey {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if x := e.byID[tag][ref]; x != nil {
		return x.key
	}
	return nil
}

func (e *epochs) bootstrap(id *keys.Identity, tag op.ScopeTag) op.BodyKey {
	e.mu.RLock()
	k := e.boot[tag]
	e.mu.RUnlock()
	if k != nil {
		return k
	}
	k, err := id.TeamSecret.BootstrapKey(tag)
	if err != nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.boot[tag] = k
	return k
}

// current is the epoch to write under: the highest generation announced by a member of the scope, ties by the lowest ref.
func (r *Replica) currentEpoch(s *scope) *epoch {
	w := r.world.Load()
	r.epochs.mu.RLock()
	defer r.epochs.mu.RUnlock()
	var best *epoch
	for _, x := range r.epochs.byID[s.tag] {
		if x.author != r.id.Device.ID {
			d, ok := w.auth.Device(x.author)
			if !ok {
				continue
			}
			if _, member := s.members[d.User]; !member {
				continue
			}
		}
		if best == nil || x.gen > best.gen || x.gen == best.gen && bytes.Compare(x.ref[:], best.ref[:]) < 0 {
			best = x
		}
	}
	return best
}

// learnEpoch reads an epoch op: the id of the scope, and the key if a box is for this device. What makes no sense is
// without effect, the same everywhere. key is the op's place in the log, 0 for one that was handed over ahead of its feed.
func (r *Replica) learnEpoch(p *projector, o *opened, key int64) error {
	var scope op.ScopeID
	var ref op.EpochRef
	var open func() (keys.Epoch, error)
	team, dev := r.id.Team, r.id.Device
	switch o.body.Type {
	case keys.TypeEpochNew:
		n, err := keys.DecodeEpochNew(o.body.Payload)
		if err != nil {
			return nil
		}
		scope, ref = n.Scope, n.Ref
		open = func() (keys.Epoch, error) { return n.Open(team, dev.ID, dev.Box) }
	case keys.TypeEpochAdd:
		a, err := keys.DecodeEpochAdd(o.body.Payload)
		if err != nil {
			return nil
		}
		scope, ref = a.Scope, a.Ref
		open = func() (keys.Epoch, error) { return a.Open(team, dev.ID, dev.Box) }
	default:
		return nil
	}
	tag := o.sealed.Scope
	if key == 0 { // nothing of it but the key matters: whoever sends it must not be able to make rows here
		if r.epochs.key(tag, ref) != nil {
			return nil
		}
		if _, err := open(); err != nil {
			return nil
		}
		if err := r.ensureScope(p.tx, tag); err != nil {
			return err
		}
	}
	if err := r.nameScope(p.tx, tag, scope); err != nil {
		if errors.Is(err, ErrInvalid) {
			return nil
		}
		return err
	}
	p.world = true
	if key != 0 {
		if _, err := p.tx.Exec(`INSERT OR IGNORE INTO epoch_op (tag, op) VALUES (?, ?)`, tag[:], key); err != nil {
			return fmt.Errorf("store epoch op: %w", err)
		}
	}
	if r.epochs.key(tag, ref) != nil {
		return nil
	}
	e, err := open()
	if errors.Is(err, keys.ErrNoBox) {
		return nil
	}
	if err != nil {
		r.log.Warn("epoch key does not open", "epoch", ref.String(), "by", o.sealed.Device.String(), "err", err)
		return nil
	}
	return r.keepEpoch(p, tag, &epoch{ref: e.Ref, gen: e.Gen, author: o.sealed.Device, parents: e.Parents, secret: e.Key})
}

func (r *Replica) keepEpoch(p *projector, tag op.ScopeTag, x *epoch) error {
	parents := []byte{}
	for _, ref := range x.parents {
		parents = append(parents, ref[:]...)
	}
	if _, err := p.tx.Exec(`INSERT OR IGNORE INTO epoch (tag, ref, gen, author, parents, key) VALUES (?, ?, ?, ?, ?, ?)`, tag[:], x.ref[:], int64(x.gen), x.author[:], parents, x.secret[:]); err != nil {
		return fmt.Errorf("store epoch: %w", err)
	}
	p.memory, p.keys[tag] = true, true
	r.epochs.mu.Lock()
	defer r.epochs.mu.Unlock()
	return r.epochs.put(tag, x)
}
