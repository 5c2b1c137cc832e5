package crdt

import (
	"bytes"
	"cmp"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Stamp orders an op among all ops of its scope.
type Stamp struct {
	HLC hlc.Time
	Ref op.Ref
}

// Less reports whether a comes before b in the order of design.md, section 6: hlc, device, incarnation, seq.
func Less(a, b Stamp) bool { return Compare(a, b) < 0 }

// Compare returns -1, 0 or 1. It is 0 only for the same op, as long as its feed is not forked.
func Compare(a, b Stamp) int {
	return cmp.Or(
		cmp.Compare(a.HLC, b.HLC),
		bytes.Compare(a.Ref.Device[:], b.Ref.Device[:]),
		cmp.Compare(a.Ref.Incarnation, b.Ref.Incarnation),
		cmp.Compare(a.Ref.Seq, b.Ref.Seq),
	)
}
