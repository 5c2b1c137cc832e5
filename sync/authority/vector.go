package authority

// vectors stores one version vector per op: for every feed, how many of its ops lie in the op's past. Vectors share
// their equal parts, because a dense table would need ops × feeds cells and an attacker makes feeds for nothing.
//
// A vector is a tree of nodes with 16 slots, 4 bits of the feed number per level; slots of the lowest level hold
// positions, all others hold node numbers. Node 0 is the empty node of every level. Nodes never change once returned, so a
// copy of the slice header reads on while more are appended.
type vectors struct {
	slots []uint32 // 16 per node
}

const (
	vectorBits = 4
	vectorFan  = 1 << vectorBits
)

// vector is a root node and the levels below and including it. The zero vector is empty.
type vector struct {
	root   uint32
	levels uint8
}

func newVectors() *vectors { return &vectors{slots: make([]uint32, vectorFan)} }

func slot(feed uint32, level uint8) uint32 {
	return feed >> (uint32(level) * vectorBits) & (vectorFan - 1)
}

// levelsFor returns how high a vector must be to name the feed.
func levelsFor(feed uint32) uint8 {
	n := uint8(1)
	for feed >>= vectorBits; feed > 0; feed >>= vectorBits {
		n++
	}
	return n
}

// at returns the position of feed, 0 if none of its ops lies in the past.
func (v vectors) at(x vector, feed uint32) uint32 {
	if levelsFor(feed) > x.levels {
		return 0
	}
	n := x.root
	for level := int(x.levels) - 1; level >= 0 && n != 0; level-- {
		n = v.slots[n*vectorFan+slot(feed, uint8(level))]
	}
	return n
}

// with returns x with feed at pos.
func (v *vectors) with(x vector, feed, pos uint32) vector {
	x = v.lift(x, levelsFor(feed))
	return vector{v.set(x.root, feed, pos, x.levels-1), x.levels}
}

// lift returns the same vector with at least the given levels: feeds are numbered in the order in which they come, so the
// lower levels name the older feeds.
func (v *vectors) lift(x vector, levels uint8) vector {
	for x.levels < levels {
		if x.root != 0 {
			c := v.copyOf(0)
			v.slots[c*vectorFan] = x.root
			x.root = c
		}
		x.levels++
	}
	return x
}

func (v *vectors) set(n, feed, pos uint32, level uint8) uint32 {
	s := slot(feed, level)
	if level > 0 {
		pos = v.set(v.slots[n*vectorFan+s], feed, pos, level-1)
	}
	c := v.copyOf(n)
	v.slots[c*vectorFan+s] = pos
	return c
}

func (v *vectors) copyOf(n uint32) uint32 {
	c := uint32(len(v.slots) / vectorFan)
	v.slots = append(v.slots, v.slots[n*vectorFan:(n+1)*vectorFan]...)
	return c
}

// join returns the larger position of a and b for every feed.
func (v *vectors) join(a, b vector) vector {
	if a.root == b.root && a.levels == b.levels || b.root == 0 {
		return a
	}
	if a.root == 0 {
		return b
	}
	if a.levels < b.levels {
		a, b = b, a
	}
	return vector{v.sink(a.root, a.levels, b), a.levels}
}

// sink joins b, which may have fewer levels, into node n with the given levels: all of b is below the first slots.
func (v *vectors) sink(n uint32, levels uint8, b vector) uint32 {
	if levels == b.levels {
		return v.merge(n, b.root, levels-1)
	}
	if n == 0 {
		return v.lift(b, levels).root
	}
	down := v.slots[n*vectorFan]
	joined := v.sink(down, levels-1, b)
	if joined == down {
		return n
	}
	c := v.copyOf(n)
	v.slots[c*vectorFan] = joined
	return c
}

// merge returns a or b itself where one covers the other, which is what keeps vectors shared.
func (v *vectors) merge(a, b uint32, level uint8) uint32 {
	if a == b || b == 0 {
		return a
	}
	if a == 0 {
		return b
	}
	var out [vectorFan]uint32
	isA, isB := true, true
	for s := range uint32(vectorFan) {
		x, y := v.slots[a*vectorFan+s], v.slots[b*vectorFan+s]
		z := max(x, y)
		if level > 0 {
			z = v.merge(x, y, level-1)
		}
		out[s] = z
		isA = isA && z == x
		isB = isB && z == y
	}
	if isA {
		return a
	}
	if isB {
		return b
	}
	c := uint32(len(v.slots) / vectorFan)
	v.slots = append(v.slots, out[:]...)
	return c
}
