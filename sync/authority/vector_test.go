package authority

import (
	"testing"

	"pgregory.net/rapid"
)

// The shared tree answers as a plain table would, and join returns an operand itself where that covers the other.
func TestVectorsAgreeWithATable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		feeds := rapid.SampledFrom([]int{1, 15, 16, 17, 256, 257, 5000}).Draw(t, "feeds")
		v := newVectors()
		roots := []vector{{}}
		tables := []map[uint32]uint32{{}}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			a := rapid.IntRange(0, len(roots)-1).Draw(t, "a")
			b := rapid.IntRange(0, len(roots)-1).Draw(t, "b")
			table := map[uint32]uint32{}
			for f, pos := range tables[a] {
				table[f] = pos
			}
			if rapid.Bool().Draw(t, "join") {
				for f, pos := range tables[b] {
					table[f] = max(table[f], pos)
				}
				joined := v.join(roots[a], roots[b])
				if covers(tables[a], tables[b]) && joined != roots[a] {
					t.Fatal("a join that adds nothing makes a new vector")
				}
				roots = append(roots, joined)
			} else {
				f := uint32(rapid.IntRange(0, feeds-1).Draw(t, "feed"))
				table[f] += rapid.Uint32Range(1, 1000).Draw(t, "pos")
				next := v.with(roots[a], f, table[f])
				if v.join(roots[a], next) != next {
					t.Fatal("a join with a successor makes a new vector")
				}
				roots = append(roots, next)
			}
			tables = append(tables, table)
		}
		for i, root := range roots { // earlier ones have not changed either
			for f := range uint32(feeds) {
				if got := v.at(root, f); got != tables[i][f] {
					t.Fatalf("vector %d, feed %d: %d, want %d", i, f, got, tables[i][f])
				}
			}
		}
	})
}

func covers(a, b map[uint32]uint32) bool {
	for f, pos := range b {
		if a[f] < pos {
			return false
		}
	}
	return len(b) == 0 || len(a) > 0
}
