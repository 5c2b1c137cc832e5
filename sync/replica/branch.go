package replica

import (
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file keeps the control ops of forked feeds from the fork on, of every branch that is seen (SPEC L12). They have no
// effect, but people cited them in good faith before they knew, and an op counts only with its whole past.

// maxBranch bounds the bytes kept of the branches of one feed: whoever forks could write without end. maxBranches bounds what
// a peer is sent of them in one answer.
const (
	maxBranch   = 256 << 10
	maxBranches = 2 << 20
)

// keepBranch stores an op of a forked feed if it is a control op with a signature of its own, which others will want to see.
func (r *Replica) keepBranch(p *projector, o *op.Sealed) error {
	if o.Kind != op.Control {
		return nil
	}
	pub, err := r.deviceKey(p.tx, &o.Header, nil)
	if err != nil || !o.VerifySig(pub) {
		return nil
	}
	var size int
	if err := p.tx.QueryRow(`SELECT coalesce(sum(length(data)), 0) FROM branch_op WHERE tag = ? AND device = ? AND inc = ?`, o.Scope[:], o.Device[:], o.Incarnation).Scan(&size); err != nil {
		return fmt.Errorf("read branches: %w", err)
	}
	if size > maxBranch {
		return nil
	}
	id, raw := o.ID(), o.AppendTo(nil)
	res, err := p.tx.Exec(`INSERT OR IGNORE INTO branch_op (id, tag, device, inc, data) VALUES (?, ?, ?, ?, ?)`, id[:], o.Scope[:], o.Device[:], o.Incarnation, raw)
	if err != nil {
		return fmt.Errorf("keep branch: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	p.event.Branches = append(p.event.Branches, Branch{Tag: o.Scope, Raw: raw})
	p.reload, p.world = true, true
	r.healSoon(o.Scope) // its key may have to be asked for
	return nil
}

// keepBranches is keepBranch for the ops from seq from on of a run whose chain was verified.
func (r *Replica) keepBranches(p *projector, v *Verified, from uint64) error {
	for _, o := range v.ops {
		if o.sealed.Seq < from {
			continue
		}
		if err := r.keepBranch(p, &o.sealed); err != nil {
			return err
		}
	}
	return nil
}

// reloadBranches reads the control ops again when keys have come for a scope in which there are branches.
func (p *projector) reloadBranches(touched map[op.ScopeTag]bool) error {
	for tag := range touched {
		var some bool
		if err := p.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM branch_op WHERE tag = ?)`, tag[:]).Scan(&some); err != nil {
			return fmt.Errorf("read branches: %w", err)
		}
		p.reload, p.world = p.reload || some, p.world || some
	}
	return nil
}

// Branches lists the kept ops of branches in scopes that dev reads.
func (r *Replica) Branches(dev op.DeviceID) ([][]byte, error) {
	rows, err := r.db.Read().Query(`SELECT tag, data FROM branch_op ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read branches: %w", err)
	}
	defer rows.Close()
	var out [][]byte
	size := 0
	for rows.Next() && size < maxBranches {
		var tag, raw []byte
		if err := rows.Scan(&tag, &raw); err != nil {
			return nil, fmt.Errorf("read branch: %w", err)
		}
		if r.Reads(dev, op.ScopeTag(tag)) {
			out = append(out, raw)
			size += len(raw)
		}
	}
	return out, rows.Err()
}

// loadBranches hands the kept ops of branches to add.
func (r *Replica) loadBranches(q oplog.Querier, add func(*opened)) error {
	return r.eachControl(q, `SELECT data FROM branch_op WHERE tag IS NOT ? ORDER BY id`, nil, add)
}
