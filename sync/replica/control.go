package replica

import (
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file reads and writes control ops.

// loadControl decodes the control ops of the team and of every private scope, as far as they count. It reads rows only, not
// the state of feeds, which is older inside a transaction.
func (r *Replica) loadControl(q oplog.Querier) error {
	control, scopeOps := authority.NewLog(r.id.Team, r.genesis), map[op.ScopeTag][]authority.Op{}
	err := r.eachControl(q, `SELECT o.data FROM feed f JOIN op o ON o.id > f.no << 40 AND o.id < (f.no + 1) << 40
		WHERE f.tag = ? AND o.status = 0 ORDER BY o.id`, r.teamTag.control[:], func(o *opened) { control.Add(o.authority()) })
	if err == nil {
		err = r.eachControl(q, `SELECT o.data FROM scope_control s JOIN op o ON o.id = s.op
			WHERE o.status = ? ORDER BY s.op`, int64(oplog.Applied), func(o *opened) {
			scopeOps[o.sealed.Scope] = append(scopeOps[o.sealed.Scope], o.authority())
		})
	}
	if err == nil {
		err = r.loadBranches(q, func(o *opened) {
			a := o.authority()
			a.Forked = true
			if o.sealed.Scope == r.teamTag.control {
				control.Add(a)
				return
			}
			scopeOps[o.sealed.Scope] = append(scopeOps[o.sealed.Scope], a)
		})
	}
	if err != nil {
		return err
	}
	r.control, r.scopeOps = control, scopeOps
	return nil
}

// eachControl calls fn for the control ops among the rows, which can be read when they count.
func (r *Replica) eachControl(q oplog.Querier, query string, arg any, fn func(*opened)) error {
	rows, err := q.Query(query, arg)
	if err != nil {
		return fmt.Errorf("read control ops: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return fmt.Errorf("read control op: %w", err)
		}
		if o, st := r.open(raw); st == oplog.Applied && o.sealed.Kind == op.Control {
			fn(o)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read control ops: %w", err)
	}
	return nil
}

// controlOp is an op of the control log to be written.
type controlOp struct {
	typ     string
	payload any
}

// appendControl writes a control op of the team.
func (r *Replica) appendControl(p *projector, typ string, payload any) (op.ID, error) {
	ids, err := r.appendControls(p, controlOp{typ, payload})
	if err != nil {
		return op.ID{}, err
	}
	return ids[0], nil
}

// appendControls writes control ops of the team, citing the whole known frontier, which take effect together.
func (r *Replica) appendControls(p *projector, ops ...controlOp) ([]op.ID, error) {
	w := r.world.Load()
	ids := make([]op.ID, 0, len(ops))
	for _, o := range ops {
		x, err := r.payDebt(p, w.scopes[r.teamTag.control], op.Control)
		if err != nil {
			return nil, err
		}
		if _, err := r.appendOwn(p, r.teamTag.control, x, op.Control, o.typ, nil, o.payload, w.auth.Frontier()); err != nil {
			return nil, err
		}
		ids = append(ids, p.ownHead())
	}
	if err := r.rebuildWorld(p); err != nil {
		return nil, err
	}
	for i, id := range ids {
		if st := r.world.Load().auth.Status(id); st.Verdict != authority.Valid {
			return nil, fmt.Errorf("%w: %s: %s", ErrDenied, ops[i].typ, st.Reason)
		}
	}
	return ids, nil
}
