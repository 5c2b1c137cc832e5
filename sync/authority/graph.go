package authority

import (
	"bytes"
	"cmp"
	"slices"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// vertex is an op whose whole past is known, with its place in the causal order. Vertices are sorted by (lamport, opid),
// so a smaller index never lies in the future of a larger one and index order is the tie-break of rules 5 and 8.
type vertex struct {
	id      op.ID
	ref     op.Ref
	clock   hlc.Time
	act     *act
	past    []int32 // deps, and the previous op of the feed
	lamport int32   // longest way from an op without past; computed, never claimed
	feed    uint32
	pos     uint32 // how many effective ops of the feed there are up to this one; 0: the op has no effect by a fork
	seen    vector // itself included
}

// entry is an op on the way into the graph.
type entry struct {
	op  *Op
	act *act
}

type feedID struct {
	device      op.DeviceID
	incarnation uint32
}

// graph is the causal order of a set of ops: a → b iff seen(b)[feed(a)] ≥ pos(a).
type graph struct {
	vertices []vertex
	index    map[op.ID]int32
	vectors  *vectors
	pending  map[op.ID]bool // ops with a hole in their past
	missing  []op.ID        // deps that nobody has given, sorted
}

// newGraph orders entries with distinct ids. founding, if not zero, keeps its effect even if its author forks the feed.
func newGraph(entries []entry, founding op.ID) *graph {
	prev, forked, feeds := chain(entries, founding)
	g := &graph{index: make(map[op.ID]int32, len(entries)), pending: map[op.ID]bool{}, vectors: newVectors(feeds)}

	byID := make(map[op.ID]int32, len(entries))
	for i, e := range entries {
		byID[e.op.ID] = int32(i)
	}
	g.missing = missingDeps(entries, byID)
	lamport := closed(entries, byID, prev)
	var order []int32
	for i := range entries {
		if lamport[i] == 0 {
			g.pending[entries[i].op.ID] = true
			continue
		}
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(lamport[a], lamport[b]), bytes.Compare(entries[a].op.ID[:], entries[b].op.ID[:]))
	})
	place := make([]int32, len(entries))
	for n, i := range order {
		place[i] = int32(n)
		g.index[entries[i].op.ID] = int32(n)
	}

	g.vertices = make([]vertex, len(order))
	numbers := make(map[feedID]uint32, feeds)
	length := make([]uint32, feeds)
	for n, i := range order {
		o := entries[i].op
		v := &g.vertices[n]
		*v = vertex{id: o.ID, ref: o.Ref, clock: o.HLC, act: entries[i].act, lamport: lamport[i]}
		if prev[i] >= 0 {
			v.past = append(v.past, place[prev[i]])
		}
		for _, d := range o.Deps {
			v.past = append(v.past, place[byID[d]])
		}
		g.see(v)
		if forked[i] {
			continue
		}
		feed := feedID{o.Ref.Device, o.Ref.Incarnation}
		number, ok := numbers[feed]
		if !ok {
			number = uint32(len(numbers))
			numbers[feed] = number
		}
		length[number]++
		v.feed, v.pos = number, length[number]
		v.seen = g.vectors.with(v.seen, v.feed, v.pos)
	}
	return g
}

// see joins the vectors of the op's past, the newest first: it usually covers the others, and then nothing is copied.
func (g *graph) see(v *vertex) {
	slices.Sort(v.past)
	v.past = slices.Compact(v.past)
	for _, p := range slices.Backward(v.past) {
		v.seen = g.vectors.join(v.seen, g.vertices[p].seen)
	}
}

// before reports a → b. It is false for an op that has no effect by a fork: of its feed only the unforked part is known
// to be the same everywhere.
func (g *graph) before(a, b int32) bool {
	if a == b {
		return false
	}
	va := &g.vertices[a]
	return va.pos > 0 && g.vectors.at(g.vertices[b].seen, va.feed) >= va.pos
}

// late reports that the op's clock is not above that of everything in its past, which voids it.
func (g *graph) late(v *vertex) bool {
	for _, p := range v.past {
		if g.vertices[p].clock >= v.clock {
			return true
		}
	}
	return false
}

// frontier returns the ops that are in no effective op's past, newest first.
func (g *graph) frontier() []op.ID {
	covered := make([]bool, len(g.vertices))
	var out []op.ID
	for n := len(g.vertices) - 1; n >= 0; n-- {
		v := &g.vertices[n]
		effective := v.pos > 0
		if effective && !covered[n] {
			out = append(out, v.id)
		}
		if effective || covered[n] {
			for _, p := range v.past {
				covered[p] = true
			}
		}
	}
	return out
}

// chain finds for every op the previous one of its feed, -1 if there is none, and marks the ops from a fork on: two
// different ops in one place show that the device wrote two histories, and the feed counts up to there only.
func chain(entries []entry, founding op.ID) (prev []int32, forked []bool, feeds int) {
	prev, forked = make([]int32, len(entries)), make([]bool, len(entries))
	order := make([]int32, len(entries))
	for i := range entries {
		order[i] = int32(i)
	}
	first := func(i int32) int { // the founding op goes first among the ops in its place
		if entries[i].op.ID == founding {
			return 0
		}
		return 1
	}
	slices.SortFunc(order, func(a, b int32) int {
		ra, rb := entries[a].op.Ref, entries[b].op.Ref
		return cmp.Or(
			bytes.Compare(ra.Device[:], rb.Device[:]),
			cmp.Compare(ra.Incarnation, rb.Incarnation),
			cmp.Compare(ra.Seq, rb.Seq),
			cmp.Compare(first(a), first(b)),
		)
	})
	last, broken := int32(-1), false
	for n, i := range order {
		ref := entries[i].op.Ref
		if n == 0 || !sameFeed(entries[order[n-1]].op.Ref, ref) {
			last, broken = -1, false
			feeds++
		}
		twin := n+1 < len(order) && entries[order[n+1]].op.Ref == ref || n > 0 && entries[order[n-1]].op.Ref == ref
		broken = broken || twin
		forked[i] = broken && entries[i].op.ID != founding
		prev[i] = last
		if !forked[i] {
			last = i
		}
	}
	return prev, forked, feeds
}

// missingDeps lists the cited ops that are not there.
func missingDeps(entries []entry, byID map[op.ID]int32) []op.ID {
	var out []op.ID
	for _, e := range entries {
		for _, d := range e.op.Deps {
			if _, ok := byID[d]; !ok {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b op.ID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

// closed computes the lamport number of every op whose whole past is there, 0 for the others.
func closed(entries []entry, byID map[op.ID]int32, prev []int32) []int32 {
	lamport := make([]int32, len(entries))
	missing := make([]int32, len(entries)) // ops of the past not yet placed; -1: never
	next := make([][]int32, len(entries))
	var ready []int32
	for i, e := range entries {
		if prev[i] >= 0 {
			next[prev[i]] = append(next[prev[i]], int32(i))
			missing[i]++
		}
		for _, d := range e.op.Deps {
			j, ok := byID[d]
			if !ok {
				missing[i] = -1
				break
			}
			next[j] = append(next[j], int32(i))
			missing[i]++
		}
		if missing[i] == 0 {
			ready = append(ready, int32(i))
		}
	}
	height := make([]int32, len(entries))
	for len(ready) > 0 {
		i := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		lamport[i] = height[i] + 1
		for _, j := range next[i] {
			height[j] = max(height[j], lamport[i])
			if missing[j] < 0 {
				continue
			}
			if missing[j]--; missing[j] == 0 {
				ready = append(ready, j)
			}
		}
	}
	return lamport
}
