package moduletest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// Dump returns the rows of every table that verify compares, one per line.
func (p *Peer) Dump() string {
	p.World.tb.Helper()
	var out strings.Builder
	for _, m := range p.Modules {
		for _, table := range m.ProjectionTables {
			fmt.Fprintf(&out, "%s:\n", table)
			for _, row := range p.rows(table) {
				fmt.Fprintf(&out, "  %s\n", row)
			}
		}
	}
	return out.String()
}

func (p *Peer) rows(table string) []string {
	p.World.tb.Helper()
	rows, err := p.db.Read().Query("SELECT * FROM " + table)
	if err != nil {
		p.World.tb.Fatalf("dump %s: %v", table, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		p.World.tb.Fatalf("dump %s: %v", table, err)
	}
	var out []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			p.World.tb.Fatalf("dump %s: %v", table, err)
		}
		var line []string
		for i, v := range values {
			v = *v.(*any)
			if b, ok := v.([]byte); ok {
				v = fmt.Sprintf("x'%x'", b)
			}
			line = append(line, fmt.Sprintf("%s=%v", columns[i], v))
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		p.World.tb.Fatalf("dump %s: %v", table, err)
	}
	slices.Sort(out)
	return out
}

// Replayed returns the Dump of a fresh database after everything this peer holds was applied in order: what a rebuild gives.
func (p *Peer) Replayed() string {
	p.World.tb.Helper()
	fresh := p.World.newPeer(p.self.User, 0, p.build)
	fresh.self = p.self
	p.state.RLock()
	var ops []module.Op
	for _, s := range p.ordered() {
		ops = append(ops, s.Op)
	}
	p.state.RUnlock()
	for _, o := range ops {
		fresh.Receive(o)
	}
	fresh.ReceiveRegisters(p)
	return fresh.Dump()
}

// CheckOrder checks that the tables depend on the set of ops alone: a peer that gets them in order, one by one, and a peer
// that gets them shuffled, in random portions, some of them twice, end with equal tables, and so does a rebuild.
func CheckOrder(t *rapid.T, w *World, reader op.UserID, build Build, ops []module.Op) {
	t.Helper()
	straight := w.newPeer(reader, 1, build)
	for _, o := range sorted(ops) {
		straight.Receive(o)
	}
	shuffled := w.newPeer(reader, 1, build)
	arrival := rapid.Permutation(append(slices.Clone(ops), ops[:len(ops)/3]...)).Draw(t, "arrival")
	for len(arrival) > 0 {
		n := rapid.IntRange(1, len(arrival)).Draw(t, "portion")
		shuffled.Receive(arrival[:n]...)
		arrival = arrival[n:]
	}
	want := straight.Dump()
	if got := shuffled.Dump(); got != want {
		t.Fatalf("order of arrival shows. In order:\n%s\nshuffled:\n%s", want, got)
	}
	if got := shuffled.Replayed(); got != want {
		t.Fatalf("a rebuild differs. In order:\n%s\nrebuilt:\n%s", want, got)
	}
}

func sorted(ops []module.Op) []module.Op {
	out := slices.Clone(ops)
	slices.SortFunc(out, func(a, b module.Op) int {
		return crdt.Compare(crdt.Stamp{HLC: a.HLC, Ref: a.Ref}, crdt.Stamp{HLC: b.HLC, Ref: b.Ref})
	})
	return out
}
