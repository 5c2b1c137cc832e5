package authority

// vectors stores one version vector per op: for every feed, how many of its ops lie in the op's past. Vectors share
// their equal parts, because a dense table would need ops × feeds cells and an attacker makes feeds for nothing.
//
// A vector is a tree of nodes with 16 slots, 4 bits of the feed number per level; slots of the lowest level hold
// positions, all others hold node numbers. Node 0 is the empty node of every level. Nodes never change once returned.
type vectors struct {
	slots  []uint32 // 16 per node
	height int      // levels
}

const (
	vectorBits = 4
	vectorFan  = 1 << vectorBits
)

// vector is the number of a root node. 0 is the empty vector.
type vector uint32

func newVectors(feeds int) *vectors {
	v := &vectors{slots: make([]uint32, vectorFan), height: 1}
	for n := vectorFan; n < feeds; n *= vectorFan {
		v.height++
	}
	return v
}

func slot(feed uint32, level int) uint32 { return feed >> (level * vectorBits) & (vectorFan - 1) }

// at returns the position of feed, 0 if none of its ops lies in the past.
func (v *vectors) at(root vector, feed uint32) uint32 {
	n := uint32(root)
	for level := v.height - 1; level >= 0 && n != 0; level-- {
		n = v.slots[n*vectorFan+slot(feed, level)]
	}
	return n
}

// with returns root with feed at pos.
func (v *vectors) with(root vector, feed, pos uint32) vector {
	return vector(v.set(uint32(root), feed, pos, v.height-1))
}

func (v *vectors) set(n, feed, pos uint32, level int) uint32 {
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
	return vector(v.merge(uint32(a), uint32(b), v.height-1))
}

// merge returns a or b itself where one covers the other, which is what keeps vectors shared.
func (v *vectors) merge(a, b uint32, level int) uint32 {
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
