package authority

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// fact is one op and what was found out about it for good.
type fact struct {
	op     Op
	act    act
	prev   *fact // in its feed; nil: none
	void   bool  // stands at or after a fork of its feed
	placed int32 // its vertex plus one; 0 while part of its past is missing
}

// vertex is an op whose whole past is known, with its place in the causal order. Vertices are numbered as they become known;
// whatever lies in the past of one has a smaller number. The order of rules 5 and 8 is that of older.
type vertex struct {
	id      op.ID
	ref     op.Ref
	clock   hlc.Time
	op      *Op
	act     *act
	past    []int32 // deps, and the previous op of the feed
	lamport int32   // longest way from an op without past; computed, never claimed
	feed    uint32
	pos     uint32 // how many effective ops of the feed there are up to this one; 0: the op has no effect by a fork
	seen    vector // itself included
}

// view is the causal order so far: a → b iff seen(b)[feed(a)] ≥ pos(a). A copy stays as it is while the graph grows.
type view struct {
	vertices []vertex
	vectors
}

// before reports a → b. It is false for an op that has no effect by a fork: of its feed only the unforked part is known
// to be the same everywhere.
func (g *view) before(a, b int32) bool {
	if a >= b {
		return false
	}
	va := &g.vertices[a]
	return va.pos > 0 && g.at(g.vertices[b].seen, va.feed) >= va.pos
}

// older compares by (lamport, opid).
func (g *view) older(a, b int32) int {
	va, vb := &g.vertices[a], &g.vertices[b]
	return cmp.Or(cmp.Compare(va.lamport, vb.lamport), bytes.Compare(va.id[:], vb.id[:]))
}

// late reports that the op's clock is not above that of everything in its past, which voids it.
func (g *view) late(v *vertex) bool {
	for _, p := range v.past {
		if g.vertices[p].clock >= v.clock {
			return true
		}
	}
	return false
}

// chain is the ops of one feed.
type chain struct {
	last   *fact  // the last that has effect
	broken uint64 // from this seq on nothing has effect
	top    uint64 // highest seq, with effect or not
	number uint32 // valid once length > 0
	length uint32 // effective ops placed
}

// graph places facts as soon as their past is there.
type graph struct {
	view
	founding op.ID // keeps its effect even if its author forks the feed; may be zero
	facts    map[op.ID]*fact
	chains   map[Feed]*chain
	feeds    uint32
	waiting  map[op.ID][]*fact // by one op that they wait for
	covered  []bool            // per vertex: lies in the past of an effective op
	heads    map[int32]bool    // effective and not covered
}

func newGraph(founding op.ID) *graph {
	return &graph{
		view: view{vectors: *newVectors()}, founding: founding, facts: map[op.ID]*fact{},
		chains: map[Feed]*chain{}, waiting: map[op.ID][]*fact{}, heads: map[int32]bool{},
	}
}

func (f *fact) feed() Feed { return Feed{f.op.Ref.Device, f.op.Ref.Incarnation} }

// load takes many facts into an empty graph and returns them in an order in which place can take them.
func (g *graph) load(facts map[op.ID]*fact) []*fact {
	g.facts = facts
	order := make([]*fact, 0, len(facts))
	for _, f := range facts {
		order = append(order, f)
	}
	first := func(f *fact) int { // the founding op goes first among the ops in its place
		if f.op.ID == g.founding {
			return 0
		}
		return 1
	}
	slices.SortFunc(order, func(a, b *fact) int {
		ra, rb := a.op.Ref, b.op.Ref
		return cmp.Or(
			bytes.Compare(ra.Device[:], rb.Device[:]), cmp.Compare(ra.Incarnation, rb.Incarnation),
			cmp.Compare(ra.Seq, rb.Seq), cmp.Compare(first(a), first(b)), bytes.Compare(a.op.ID[:], b.op.ID[:]),
		)
	})
	for i, f := range order {
		f.placed = 0
		c := g.chain(f)
		if f.op.Forked || i+1 < len(order) && order[i+1].op.Ref == f.op.Ref {
			c.broken = min(c.broken, f.op.Ref.Seq)
		}
		g.link(c, f)
	}
	return order
}

func (g *graph) chain(f *fact) *chain {
	c := g.chains[f.feed()]
	if c == nil {
		c = &chain{broken: math.MaxUint64}
		g.chains[f.feed()] = c
	}
	return c
}

// link puts f at the end of its chain. Two different ops in one place show that the device wrote two histories; the feed
// counts up to there only.
func (g *graph) link(c *chain, f *fact) {
	c.top = max(c.top, f.op.Ref.Seq)
	f.prev = c.last
	f.void = f.op.Ref.Seq >= c.broken && f.op.ID != g.founding
	if !f.void {
		c.last = f
	}
}

// take adds one fact to a graph in use. It returns false where that changes what is placed already: a fork that begins
// earlier than known, or an op in a hole of its feed.
func (g *graph) take(f *fact) bool {
	c := g.chain(f)
	if f.op.ID == g.founding || f.op.Ref.Seq < c.broken && f.op.Ref.Seq <= c.top {
		return false
	}
	if f.op.Forked {
		c.broken = min(c.broken, f.op.Ref.Seq)
	}
	g.facts[f.op.ID] = f
	g.link(c, f)
	return true
}

// place gives a vertex to f and to everything that waited for it, as far as their past is there.
func (g *graph) place(f *fact, entered func(n int32)) {
	stack := []*fact{f}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if f.placed > 0 || !g.ready(f) {
			continue
		}
		g.append(f)
		entered(f.placed - 1)
		stack = append(stack, g.waiting[f.op.ID]...)
		delete(g.waiting, f.op.ID)
	}
}

// ready reports that the whole past of f is placed; otherwise f waits for one op of it.
func (g *graph) ready(f *fact) bool {
	if f.prev != nil && f.prev.placed == 0 {
		g.waiting[f.prev.op.ID] = append(g.waiting[f.prev.op.ID], f)
		return false
	}
	for _, d := range f.op.Deps {
		if p := g.facts[d]; p == nil || p.placed == 0 {
			g.waiting[d] = append(g.waiting[d], f)
			return false
		}
	}
	return true
}

func (g *graph) append(f *fact) {
	v := vertex{id: f.op.ID, ref: f.op.Ref, clock: f.op.HLC, op: &f.op, act: &f.act}
	if f.prev != nil {
		v.past = append(v.past, f.prev.placed-1)
	}
	for _, d := range f.op.Deps {
		v.past = append(v.past, g.facts[d].placed-1)
	}
	slices.Sort(v.past)
	v.past = slices.Compact(v.past)
	for _, p := range slices.Backward(v.past) { // the newest usually covers the others, and then nothing is copied
		v.seen = g.join(v.seen, g.vertices[p].seen)
		v.lamport = max(v.lamport, g.vertices[p].lamport)
	}
	v.lamport++
	n := int32(len(g.vertices))
	if !f.void {
		c := g.chain(f)
		if c.length == 0 {
			c.number = g.feeds
			g.feeds++
		}
		c.length++
		v.feed, v.pos = c.number, c.length
		v.seen = g.with(v.seen, v.feed, v.pos)
		g.heads[n] = true
	}
	g.vertices = append(g.vertices, v)
	g.covered = append(g.covered, false)
	f.placed = n + 1
	if !f.void {
		g.cover(n)
	}
}

// cover marks the past of op n as such. Effective ops have covered theirs already.
func (g *graph) cover(n int32) {
	stack := slices.Clone(g.vertices[n].past)
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if g.covered[p] {
			continue
		}
		g.covered[p] = true
		delete(g.heads, p)
		if g.vertices[p].pos == 0 {
			stack = append(stack, g.vertices[p].past...)
		}
	}
}
