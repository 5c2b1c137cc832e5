package authority

import "slices"

// lane is ops of one effect that stand in one feed and rely on the same, in the order of the feed. Their pasts contain each
// other, so that a look at one, or a binary search, replaces a look at each.
type lane struct {
	laneKey
	ops []int32 // valid ones only
}

// laneKey tells apart what must not stand in one lane. Fields that do not matter for an effect are the same everywhere.
type laneKey struct {
	feed  uint32
	basis int32 // the grant relied on, or one of those below
	cert  int32 // device.revoke by a senior device: the certificate of that
	tree  *tree // by a head: the departments that count
}

// What a removal relies on where it is no grant.
const (
	byLeaving = -1
	byRoot    = -1 // device.revoke: by the device itself or with the root's signature
	byCouncil = -2
	bySenior  = -2 // device.revoke: by a senior device
)

type lanes []*lane

func (ls *lanes) add(k laneKey, n int32) {
	for _, l := range *ls {
		if l.laneKey == k {
			i, _ := slices.BinarySearch(l.ops, n) // numbers of one feed rise along it
			l.ops = slices.Insert(l.ops, i, n)
			return
		}
	}
	*ls = append(*ls, &lane{laneKey: k, ops: []int32{n}})
}

func (ls *lanes) drop(k laneKey, n int32) {
	for j, l := range *ls {
		if l.laneKey != k {
			continue
		}
		if i, found := slices.BinarySearch(l.ops, n); found {
			l.ops = slices.Delete(l.ops, i, i+1)
		}
		if len(l.ops) == 0 {
			*ls = slices.Delete(*ls, j, j+1)
		}
		return
	}
}

// endsIn tells whether n is the last op in the lane of its feed.
func (ls lanes) endsIn(feed uint32, n int32) bool {
	for _, l := range ls {
		if l.feed == feed {
			return l.ops[len(l.ops)-1] == n
		}
	}
	return false
}

// all returns the ops of all lanes.
func (ls lanes) all() []int32 {
	var out []int32
	for _, l := range ls {
		out = append(out, l.ops...)
	}
	return out
}
