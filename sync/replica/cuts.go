package replica

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file says how much of the feeds of people who were removed is here (SPEC P13): what they wrote before they could know
// of it counts if somebody who may say so had it when the removal became known to them.

// cutsOf is what is here of the feeds of devices in a scope. Where there is nothing that is said too: of a feed that turns up
// later nothing counts then.
func (p *projector) cutsOf(tag op.ScopeTag, devices []op.DeviceID) []authority.Cut {
	var out []authority.Cut
	for _, f := range p.b.Scope(tag) {
		if slices.Contains(devices, f.Device) && f.Len > 0 {
			out = append(out, authority.Cut{Scope: tag, Device: f.Device, Incarnation: f.Incarnation, Seq: f.Len, ID: f.Head})
		}
	}
	if len(out) == 0 && len(devices) > 0 {
		out = append(out, authority.Cut{Scope: tag, Device: devices[0]})
	}
	slices.SortFunc(out, func(a, b authority.Cut) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return out
}

// sayCuts writes cuts of a removal for scopes of the whole team.
func (r *Replica) sayCuts(p *projector, removal op.ID, cuts []authority.Cut) error {
	for part := range slices.Chunk(cuts, authority.MaxCuts) {
		proof, ok := r.world.Load().auth.Proof(r.id.Root.ID, authority.Member)
		if !ok {
			return nil // guests have no say
		}
		if _, err := r.appendControl(p, authority.TypeCut, authority.Cuts{Removal: removal, Cuts: part, Proof: proof}); err != nil {
			return err
		}
	}
	return nil
}

// sayScopeCuts writes cuts of a removal in the log of a private scope.
func (r *Replica) sayScopeCuts(p *projector, s *scope, removal op.ID, cuts []authority.Cut) error {
	proof, ok := s.log.Proof(r.id.Root.ID, authority.Member)
	if !ok {
		return nil
	}
	for part := range slices.Chunk(cuts, authority.MaxCuts) {
		x := authority.ScopeCut{Scope: s.id, Removal: removal, Cuts: part, Proof: proof}
		if err := r.appendScopeControl(p, s, authority.TypeScopeCut, x); err != nil {
			return err
		}
	}
	return nil
}

// appendScopeControl writes a control op of a private scope, citing its whole known frontier.
func (r *Replica) appendScopeControl(p *projector, s *scope, typ string, payload any) error {
	x, err := r.payDebt(p, s, op.Control)
	if err == nil && typ == authority.TypeScopeRevoke && x.place == 0 { // who is taken out may never get the key, and must read this
		x, err = r.rotate(p, s, lineFor(s, op.Control))
	}
	if err != nil {
		return err
	}
	_, err = r.appendOwn(p, s.tag, x, op.Control, typ, nil, payload, s.log.Frontier())
	return err
}

// noteRemovals remembers how much is here of the feeds of people of whose removal this transaction has told, where more is
// here than others say. It is said some seconds later, unless somebody says as much before.
func (r *Replica) noteRemovals(p *projector, before *world) error {
	if before == nil || before == r.world.Load() {
		return nil
	}
	w := r.world.Load()
	if before.auth != w.auth {
		known := map[op.ID]bool{}
		for _, x := range before.auth.Removals() {
			known[x.Op] = true
		}
		for _, x := range w.auth.Removals() {
			if known[x.Op] || x.Mode == authority.Compromised {
				continue
			}
			for _, s := range w.ordered() {
				if err := r.noteRemoval(p, w, s, x.Op, func(d authority.Device) bool {
					return d.User == x.Subject && (x.Device.IsZero() || x.Device == d.ID)
				}); err != nil {
					return err
				}
			}
		}
	}
	for tag, s := range w.scopes {
		old := before.scopes[tag]
		if old == nil || old == s {
			continue
		}
		for _, x := range s.removed {
			if slices.Contains(old.removed, x) {
				continue
			}
			if err := r.noteRemoval(p, w, s, x.op, func(d authority.Device) bool { return d.User == x.user }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Replica) noteRemoval(p *projector, w *world, s *scope, removal op.ID, of func(authority.Device) bool) error {
	if s.tag == r.teamTag.control || !s.readers[r.id.Device.ID] {
		return nil
	}
	for _, f := range p.b.Scope(s.tag) {
		d, ok := w.auth.Device(f.Device)
		if !ok || f.Len == 0 || !of(d) || s.readers[d.ID] {
			continue
		}
		if seq, cut := w.cut(s, f.Device, f.Incarnation); cut && seq >= f.Len {
			continue
		}
		if _, err := p.tx.Exec(`INSERT OR IGNORE INTO cut_due (removal, tag, device, inc, seq, head) VALUES (?, ?, ?, ?, ?, ?)`,
			removal[:], s.tag[:], f.Device[:], f.Incarnation, int64(f.Len), f.Head[:]); err != nil {
			return fmt.Errorf("note cut: %w", err)
		}
		r.cutsDue.Store(true)
	}
	return nil
}

// TellCuts says what noteRemovals remembered, as far as nobody has said it yet. The replica calls it some seconds after a
// removal became known, at a random moment.
func (r *Replica) TellCuts(ctx context.Context) error {
	var due bool
	if err := r.db.Read().QueryRow(`SELECT EXISTS (SELECT 1 FROM cut_due)`).Scan(&due); err != nil {
		return fmt.Errorf("read cuts: %w", err)
	}
	if !due {
		r.cutsDue.Store(false)
		return nil
	}
	err := r.write(ctx, func(p *projector) error {
		all, err := dueCuts(p.tx)
		if err != nil {
			return err
		}
		if _, err := p.tx.Exec(`DELETE FROM cut_due`); err != nil {
			return fmt.Errorf("forget cuts: %w", err)
		}
		for _, removal := range slices.SortedFunc(maps.Keys(all), func(a, b op.ID) int { return slices.Compare(a[:], b[:]) }) {
			if err := r.tellCuts(p, removal, all[removal]); err != nil && !errors.Is(err, ErrDenied) && !errors.Is(err, ErrNoKey) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell cuts: %w", err)
	}
	r.cutsDue.Store(false)
	return nil
}

func dueCuts(q oplog.Querier) (map[op.ID][]authority.Cut, error) {
	rows, err := q.Query(`SELECT removal, tag, device, inc, seq, head FROM cut_due ORDER BY removal, tag, device, inc`)
	if err != nil {
		return nil, fmt.Errorf("read cuts: %w", err)
	}
	defer rows.Close()
	out := map[op.ID][]authority.Cut{}
	for rows.Next() {
		var c authority.Cut
		var removal, tag, device, head []byte
		if err := rows.Scan(&removal, &tag, &device, &c.Incarnation, &c.Seq, &head); err != nil {
			return nil, fmt.Errorf("read cut: %w", err)
		}
		c.Scope, c.Device, c.ID = op.ScopeTag(tag), op.DeviceID(device), op.ID(head)
		out[op.ID(removal)] = append(out[op.ID(removal)], c)
	}
	return out, rows.Err()
}

func (r *Replica) tellCuts(p *projector, removal op.ID, cuts []authority.Cut) error {
	var team []authority.Cut
	private := map[op.ScopeTag][]authority.Cut{}
	w := r.world.Load()
	for _, c := range cuts {
		s := w.scopes[c.Scope]
		if s == nil || s.readers[c.Device] { // let in again meanwhile
			continue
		}
		if seq, cut := w.cut(s, c.Device, c.Incarnation); cut && seq >= c.Seq {
			continue
		}
		if s.log == nil {
			team = append(team, c)
		} else {
			private[c.Scope] = append(private[c.Scope], c)
		}
	}
	for _, s := range w.ordered() {
		if len(private[s.tag]) == 0 {
			continue
		}
		if err := r.sayScopeCuts(p, s, removal, private[s.tag]); err != nil {
			return err
		}
	}
	return r.sayCuts(p, removal, team)
}
