package keys

import (
	"fmt"
	"slices"

	"tongzhou/sync/op"
)

// Digest is a SHA-256 or a key commitment. The type exists because a plain array would accept a byte
// string of any length.
type Digest [32]byte

// MarshalBinary returns the 32 bytes.
func (d Digest) MarshalBinary() ([]byte, error) { return d[:], nil }

// UnmarshalBinary wants exactly 32 bytes.
func (d *Digest) UnmarshalBinary(b []byte) error {
	if len(b) != len(d) {
		return fmt.Errorf("digest of %d bytes", len(b))
	}
	copy(d[:], b)
	return nil
}

// Marshal returns the payload of an epoch.new/1 op.
func (n *EpochNew) Marshal() ([]byte, error) { return op.Marshal(n) }

// ParseEpochNew reads the payload of an epoch.new/1 op. The error wraps ErrEpoch.
func ParseEpochNew(b []byte) (EpochNew, error) {
	var n EpochNew
	if err := op.Unmarshal(b, &n); err != nil {
		return EpochNew{}, fmt.Errorf("%w: %w", ErrEpoch, err)
	}
	if err := n.check(); err != nil {
		return EpochNew{}, err
	}
	return n, nil
}

func (n *EpochNew) check() error {
	switch {
	case n.Gen == 0, (n.Gen == 1) != (len(n.Parents) == 0):
		return fmt.Errorf("%w: gen %d with %d parents", ErrEpoch, n.Gen, len(n.Parents))
	case len(n.Parents) > MaxParents, !slices.IsSortedFunc(n.Parents, compareRefs), hasRepeats(n.Parents):
		return fmt.Errorf("%w: list of %d parents", ErrEpoch, len(n.Parents))
	case n.Ref != epochRef(n.Scope, n.Gen, n.Parents, n.KeyCommit):
		return fmt.Errorf("%w: ref %s is not derived from its content", ErrEpoch, n.Ref)
	case len(n.Back) != 0 && len(n.Back) != len(n.Parents):
		return fmt.Errorf("%w: %d keys for %d parents", ErrEpoch, len(n.Back), len(n.Parents))
	}
	for _, sealed := range n.Back {
		if len(sealed) != backSize {
			return fmt.Errorf("%w: key of a parent in %d bytes", ErrEpoch, len(sealed))
		}
	}
	return checkBoxes(n.Boxes)
}

func hasRepeats(sorted []op.EpochRef) bool {
	return len(slices.Compact(slices.Clone(sorted))) != len(sorted)
}

func checkBoxes(boxes []Box) error {
	if len(boxes) > MaxBoxes {
		return fmt.Errorf("%w: %d boxes", ErrEpoch, len(boxes))
	}
	for _, b := range boxes {
		if len(b.Sealed) != BoxSize {
			return fmt.Errorf("%w: box of %d bytes", ErrEpoch, len(b.Sealed))
		}
	}
	return nil
}

// CheckParents checks the generation against the announcements of the parents. Without it one member
// could claim the highest generation there is and stop all further rotation. It returns false while a
// parent is unknown.
func (n *EpochNew) CheckParents(find func(op.EpochRef) (EpochNew, bool)) (complete bool, err error) {
	gen := uint32(1)
	for _, ref := range n.Parents {
		p, ok := find(ref)
		if !ok {
			return false, nil
		}
		if p.Scope != n.Scope || p.Gen >= n.Gen {
			return false, fmt.Errorf("%w: gen %d after gen %d", ErrEpoch, n.Gen, p.Gen)
		}
		gen = max(gen, p.Gen+1)
	}
	if gen != n.Gen {
		return false, fmt.Errorf("%w: gen %d, want %d", ErrEpoch, n.Gen, gen)
	}
	return true, nil
}

// Marshal returns the payload of an epoch.add/1 op.
func (a *EpochAdd) Marshal() ([]byte, error) { return op.Marshal(a) }

// ParseEpochAdd reads the payload of an epoch.add/1 op. The error wraps ErrEpoch.
func ParseEpochAdd(b []byte) (EpochAdd, error) {
	var a EpochAdd
	if err := op.Unmarshal(b, &a); err != nil {
		return EpochAdd{}, fmt.Errorf("%w: %w", ErrEpoch, err)
	}
	if err := checkBoxes(a.Boxes); err != nil {
		return EpochAdd{}, err
	}
	return a, nil
}
