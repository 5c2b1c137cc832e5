package replica

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file gives keys to rightful devices that lack them (SPEC K8): those whom whoever made the key did not know, or to whom
// a wrong one was sealed.

// needKey is the register in which a device says which announced epochs of a scope it cannot open. It stands under the
// bootstrap key, because its device may hold no other.
const needKey = "need"

// maxNeed bounds the epochs that a device asks for at a time.
const maxNeed = 64

// gap is an epoch that devices lack.
type gap struct {
	s  *scope
	x  *epoch
	to []keys.Recipient
}

// healSoon notes that boxes of a scope may be missing.
func (r *Replica) healSoon(tag op.ScopeTag) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unhealed[tag] = true
}

func (r *Replica) takeUnhealed() []op.ScopeTag {
	r.mu.Lock()
	defer r.mu.Unlock()
	tags := slices.SortedFunc(maps.Keys(r.unhealed), op.ScopeTag.Compare)
	clear(r.unhealed)
	return tags
}

func (r *Replica) needsHealing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unhealed) > 0
}

// Heal seals keys to rightful devices that lack them in the scopes where something has changed, and asks for those that this
// device lacks. The replica calls it some seconds after a change, at a random moment, so that not all members do the same.
func (r *Replica) Heal(ctx context.Context) error {
	for _, tag := range r.takeUnhealed() {
		s := r.world.Load().scopes[tag]
		if s == nil || s.id.IsZero() || r.mayWrite(s) != nil {
			continue
		}
		gaps, err := r.gaps(r.db.Read(), s)
		if err != nil {
			return err
		}
		need, changed, err := r.ownNeed(r.db.Read(), s)
		if err != nil {
			return err
		}
		if len(gaps) == 0 && !changed {
			continue
		}
		err = r.write(ctx, func(p *projector) error {
			if changed {
				if err := r.putNeed(p, s, need); err != nil {
					return err
				}
			}
			s := r.world.Load().scopes[tag] // since then
			gaps, err := r.gaps(p.tx, s)
			if err != nil {
				return err
			}
			return r.fill(p, gaps)
		})
		if err != nil {
			r.healSoon(tag)
			return fmt.Errorf("heal: %w", err)
		}
	}
	return nil
}

// healNow seals the keys of a scope to its readers that lack them.
func (r *Replica) healNow(p *projector, s *scope) error {
	gaps, err := r.gaps(p.tx, s)
	if err != nil {
		return err
	}
	return r.fill(p, gaps)
}

func (r *Replica) fill(p *projector, gaps []gap) error {
	for _, g := range gaps {
		if err := r.seal(p, g.s, g.x, g.to); err != nil {
			return err
		}
	}
	return nil
}

// gaps lists who lacks what of the keys that this device holds of a scope: readers that have no box of an epoch that may be
// written under, those that ask, and those that cannot read that they are out.
func (r *Replica) gaps(q oplog.Querier, s *scope) ([]gap, error) {
	w := r.world.Load()
	var out []gap
	for _, l := range linesOf(s) {
		pic := r.picture(w, s, l)
		for _, x := range pic.heads {
			until, err := pic.usable(q, x, false)
			if err != nil {
				return nil, err
			}
			if until == 0 && s.history == keys.FromJoining && !l.log {
				continue // the next writer makes a new one, for all
			}
			have := map[op.DeviceID]int64{}
			if until == 0 { // likewise, but until then those need it who have none at all, and so cannot even ask
				for _, y := range pic.all {
					if err := boxesOf(q, s.tag, y.ref, have); err != nil {
						return nil, err
					}
				}
			} else if err := boxesOf(q, s.tag, x.ref, have); err != nil {
				return nil, err
			}
			to := slices.DeleteFunc(w.recipientsOf(s), func(to keys.Recipient) bool { _, ok := have[to.Device]; return ok })
			if len(to) > 0 {
				out = append(out, gap{s, x, to})
			}
		}
	}
	asked, err := r.asked(q, w, s)
	if err != nil {
		return nil, err
	}
	parting, err := r.partingGaps(q, w, s)
	return slices.Concat(out, asked, parting), err
}

// asked lists what devices ask for and should have.
func (r *Replica) asked(q oplog.Querier, w *world, s *scope) ([]gap, error) {
	regs, err := needs(q, s.tag)
	if err != nil {
		return nil, err
	}
	var out []gap
	for i := range regs {
		d, ok := w.auth.Device(regs[i].Device)
		if !ok || !s.readers[d.ID] || d.ID == r.id.Device.ID {
			continue
		}
		for _, ref := range r.readNeed(&regs[i]) {
			x := r.epochs.get(s.tag, ref)
			if x == nil || !x.held() {
				continue
			}
			have := map[op.DeviceID]int64{}
			if err := boxesOf(q, s.tag, ref, have); err != nil {
				return nil, err
			}
			if have[d.ID] > int64(regs[i].Version/1000) { // given since
				continue
			}
			if s.history == keys.FromJoining && !x.log && !r.wasReader(w, d.User, have) {
				continue
			}
			out = append(out, gap{s, x, []keys.Recipient{{Device: d.ID, BoxPub: d.BoxPub}}})
		}
	}
	return out, nil
}

// wasReader tells whether the person was given a key when it was made.
func (r *Replica) wasReader(w *world, u op.UserID, have map[op.DeviceID]int64) bool {
	return slices.ContainsFunc(w.boxesFor(u), func(to keys.Recipient) bool { _, ok := have[to.Device]; return ok })
}

// needs reads the registers of a scope in which devices ask for keys.
func needs(q oplog.Querier, tag op.ScopeTag) ([]op.Register, error) {
	rows, err := oplog.ScopeRegisters(q, tag)
	if err != nil {
		return nil, err
	}
	var out []op.Register
	for i := range rows {
		reg, _, err := op.ParseRegister(rows[i].Raw)
		if err != nil {
			return nil, fmt.Errorf("stored register: %w", err)
		}
		if reg.Key == needKey {
			out = append(out, reg)
		}
	}
	slices.SortFunc(out, func(a, b op.Register) int { return cmp.Compare(a.Version, b.Version) })
	return out, nil
}

// readNeed is nil for what makes no sense.
func (r *Replica) readNeed(reg *op.Register) []op.EpochRef {
	if !reg.Epoch.IsZero() {
		return nil
	}
	plain, err := reg.Open(r.epochs.bootstrap(r.id, reg.Scope))
	if err != nil {
		return nil
	}
	var refs []byte
	if err := op.Unmarshal(plain, &refs); err != nil || len(refs) > 8*maxNeed {
		return nil
	}
	return splitRefs(refs)
}

// unreadable adds the epochs of stored ops, of branches too, and registers that cannot be read here, also of those whose
// announcement was lost with a fork.
func (r *Replica) unreadable(q oplog.Querier, s *scope, refs []op.EpochRef) ([]op.EpochRef, error) {
	const at = 81 // of Epoch in a header, counted from 1
	// That the status is none of those that are settled goes without saying, but not for the planner, which would read every op of the scope.
	rows, err := q.Query(`SELECT DISTINCT substr(o.data, ?1, 8) FROM feed f JOIN op o ON o.id > f.no << 40 AND o.id < (f.no + 1) << 40
		WHERE f.tag = ?2 AND o.status NOT IN (0, 5, 6) AND o.status = ?3 UNION SELECT substr(data, ?1, 8) FROM branch_op WHERE tag = ?2 ORDER BY 1`, at, s.tag[:], int64(oplog.NoKey))
	if err != nil {
		return nil, fmt.Errorf("read unreadable ops: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("read unreadable op: %w", err)
		}
		refs = r.lacking(s.tag, refs, op.EpochRef(b))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read unreadable ops: %w", err)
	}
	regs, err := oplog.ScopeRegisters(q, s.tag)
	if err != nil {
		return nil, err
	}
	for i := range regs {
		reg, _, err := op.ParseRegister(regs[i].Raw)
		if err != nil {
			return nil, fmt.Errorf("stored register: %w", err)
		}
		if _, known := r.registers[reg.Key]; known && !reg.Epoch.IsZero() {
			refs = r.lacking(s.tag, refs, reg.Epoch)
		}
	}
	return refs, nil
}

// lacking adds an epoch whose key is not here.
func (r *Replica) lacking(tag op.ScopeTag, refs []op.EpochRef, ref op.EpochRef) []op.EpochRef {
	if len(refs) < maxNeed && !slices.Contains(refs, ref) && r.epochs.key(tag, ref) == nil {
		refs = append(refs, ref)
	}
	return refs
}

// ownNeed lists the epochs that this device should be able to open and cannot, and whether others were told so.
func (r *Replica) ownNeed(q oplog.Querier, s *scope) (need []byte, changed bool, err error) {
	w := r.world.Load()
	var refs []op.EpochRef
	for _, l := range linesOf(s) {
		for _, x := range r.picture(w, s, l).all {
			if x.held() || len(refs) == maxNeed {
				continue
			}
			if s.history == keys.FromJoining && !l.log {
				have := map[op.DeviceID]int64{}
				if err := boxesOf(q, s.tag, x.ref, have); err != nil {
					return nil, false, err
				}
				if !r.wasReader(w, r.id.Root.ID, have) {
					continue
				}
			}
			refs = append(refs, x.ref)
		}
	}
	if s.history == keys.FullHistory {
		if refs, err = r.unreadable(q, s, refs); err != nil {
			return nil, false, err
		}
	}
	regs, err := needs(q, s.tag)
	if err != nil {
		return nil, false, err
	}
	var told []byte
	for i := range regs {
		if regs[i].Device == r.id.Device.ID {
			told = joinRefs(r.readNeed(&regs[i]))
		}
	}
	need = joinRefs(refs)
	return need, !bytes.Equal(need, told), nil
}

func (r *Replica) putNeed(p *projector, s *scope, need []byte) error {
	plain, err := op.Marshal(need)
	if err != nil {
		return fmt.Errorf("encode register %s: %w", needKey, err)
	}
	err = r.putRegister(p, s, needKey, &epoch{key: r.epochs.bootstrap(r.id, s.tag)}, plain)
	if errors.Is(err, ErrInvalid) {
		return nil
	}
	return err
}
