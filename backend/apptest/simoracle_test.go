package apptest

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// oracle says, from the ops that a node holds and nothing else of its program, what the notes and titles of the company are: it
// evaluates the control log at once, from scratch, and applies what its author had the right to write.
type oracle struct {
	n    *node
	keys map[op.EpochRef]op.BodyKey
}

// opinion is a content op as the oracle sees it.
type opinion struct {
	op   op.Sealed
	body op.Body
}

func newOracle(n *node) *oracle {
	o := &oracle{n: n, keys: map[op.EpochRef]op.BodyKey{}}
	rows, err := n.DB.Read().Query(`SELECT ref, key FROM epoch`)
	if err != nil {
		n.w.fail("%v", err)
	}
	defer rows.Close()
	for rows.Next() {
		var ref, key []byte
		if err := rows.Scan(&ref, &key); err != nil {
			n.w.fail("%v", err)
		}
		e := keys.Epoch{Key: [32]byte(key)}
		if o.keys[op.EpochRef(ref)], err = e.BodyKey(); err != nil {
			n.w.fail("%v", err)
		}
	}
	return o
}

// read opens the stored ops of a scope that can be opened, in the order of their feeds.
func (o *oracle) read(tag op.ScopeTag) (out []opinion) {
	boot, err := o.n.ID.TeamSecret.BootstrapKey(tag)
	if err != nil {
		o.n.w.fail("%v", err)
	}
	rows, err := o.n.DB.Read().Query(`SELECT o.data FROM op o JOIN feed f ON f.no = o.id >> 40 WHERE f.tag = ? ORDER BY o.id`, tag[:])
	if err != nil {
		o.n.w.fail("%v", err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			o.n.w.fail("%v", err)
		}
		s, _, err := op.Parse(bytes.Clone(raw))
		if err != nil {
			o.n.w.fail("%v", err)
		}
		key := boot
		if !s.Epoch.IsZero() {
			key = o.keys[s.Epoch]
		}
		if key == nil {
			continue
		}
		plain, err := op.OpenBody(key, s.Header, s.Ciphertext)
		if err != nil {
			continue
		}
		if body, err := op.DecodeBody(plain); err == nil {
			out = append(out, opinion{s, body})
		}
	}
	return out
}

// authority evaluates the control log. Branches of forked feeds are among it, as void.
func (o *oracle) authority() *authority.State {
	var ops []authority.Op
	for _, x := range o.read(o.n.Tag(controlOf(o.n.Member))) {
		if x.op.Kind == op.Control {
			ops = append(ops, authority.Op{
				ID: x.op.ID(), Ref: op.Ref{Device: x.op.Device, Incarnation: x.op.Incarnation, Seq: x.op.Seq}, Device: x.op.Device,
				Type: x.body.Type, Payload: x.body.Payload, Deps: x.body.Deps, HLC: x.body.HLC,
			})
		}
	}
	slices.SortFunc(ops, func(a, b authority.Op) int { return bytes.Compare(a.ID[:], b.ID[:]) }) // any order will do
	return authority.Eval(o.n.ID.Team, o.n.w.genesis, ops)
}

// company is what Dump shows of notes and titles, by the oracle.
func (o *oracle) company(st *authority.State) string {
	tag := o.n.Tag(o.n.R.CompanyScope())
	type feed struct {
		device op.DeviceID
		inc    uint32
	}
	clocks := map[feed]hlc.Time{}
	var count []opinion
	for _, x := range o.read(tag) {
		k := feed{x.op.Device, x.op.Incarnation}
		if x.body.HLC <= clocks[k] {
			continue
		}
		clocks[k] = x.body.HLC
		if x.op.Kind == op.Content && !x.op.Epoch.IsZero() && o.may(st, tag, &x) {
			count = append(count, x)
		}
	}
	slices.SortFunc(count, func(a, b opinion) int {
		return cmp.Or(cmp.Compare(a.body.HLC, b.body.HLC), bytes.Compare(a.op.Device[:], b.op.Device[:]), cmp.Compare(a.op.Incarnation, b.op.Incarnation), cmp.Compare(a.op.Seq, b.op.Seq))
	})
	var lines []string
	titles := map[string][]string{}
	for _, x := range count {
		var p textPayload
		if op.Unmarshal(x.body.Payload, &p) != nil {
			continue
		}
		if x.body.Type == TypeNote {
			lines = append(lines, "note "+p.Text)
		} else {
			titles[string(x.body.Entity)] = append(titles[string(x.body.Entity)], p.Text)
		}
	}
	for entity, trail := range titles {
		lines = append(lines, "title "+entity+" "+strings.Join(trail, ","))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// may tells whether the author had the right to write an op of the company's.
func (o *oracle) may(st *authority.State, tag op.ScopeTag, x *opinion) bool {
	d, ok := st.Device(x.op.Device)
	if !ok {
		return false
	}
	role := st.Role(d.User)
	if role == authority.None {
		r, was := st.Removal(d.User)
		if !was {
			return false
		}
		role = r.FormerRole
	}
	limit := uint64(math.MaxUint64)
	if seq, cut := st.Cut(tag, x.op.Device, x.op.Incarnation); cut {
		limit = seq
	}
	return x.op.Seq <= limit && (x.body.Type != TypeTitleBoss || role <= authority.Admin)
}

// shown is what the node's tables say, in the oracle's words.
func (n *node) shown() string {
	n.T.Helper()
	var lines []string
	for _, q := range []string{
		`SELECT 'note ' || n.text FROM note n JOIN scope s ON s.no = n.scope WHERE s.id = ?`,
		`SELECT 'title ' || CAST(t.eid AS TEXT) || ' ' || t.trail FROM title t JOIN scope s ON s.no = t.scope WHERE s.id = ?`,
	} {
		id := n.R.CompanyScope()
		rows, err := n.DB.Read().Query(q, id[:])
		if err != nil {
			n.w.fail("%v", err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				n.w.fail("%v", err)
			}
			lines = append(lines, line)
		}
		_ = rows.Close()
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// checkOracle: nothing has effect without authority, and everything with it.
func (w *world) checkOracle(n *node) {
	o := newOracle(n)
	st := o.authority()
	if n.Count(`SELECT count(*) FROM branch_op`) == 0 && st.Digest() != n.R.Authority().Digest() {
		w.fail("%s: the oracle sees other rights", n.Name)
	}
	if want, got := o.company(n.R.Authority()), n.shown(); want != got {
		w.fail("%s shows\n%s\nand by the oracle it is\n%s", n.Name, got, want)
	}
}
