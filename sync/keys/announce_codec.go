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

// Marshal returns the payload of an epoch.add/1 op.
func (a *EpochAdd) Marshal() ([]byte, error) { return op.Marshal(a) }

// DecodeEpochNew reads the payload of an epoch.new/1 op. The error wraps ErrEpoch.
func DecodeEpochNew(b []byte) (EpochNew, error) {
	var n EpochNew
	if err := op.Unmarshal(b, &n); err != nil {
		return EpochNew{}, fmt.Errorf("%w: %w", ErrEpoch, err)
	}
	if err := n.add().check(); err != nil {
		return EpochNew{}, err
	}
	if len(n.Back) != 0 && len(n.Back) != len(n.Parents) {
		return EpochNew{}, fmt.Errorf("%w: %d keys for %d parents", ErrEpoch, len(n.Back), len(n.Parents))
	}
	for _, sealed := range n.Back {
		if len(sealed) != backSize {
			return EpochNew{}, fmt.Errorf("%w: key of a parent in %d bytes", ErrEpoch, len(sealed))
		}
	}
	return n, nil
}

// DecodeEpochAdd reads the payload of an epoch.add/1 op. The error wraps ErrEpoch.
func DecodeEpochAdd(b []byte) (EpochAdd, error) {
	var a EpochAdd
	if err := op.Unmarshal(b, &a); err != nil {
		return EpochAdd{}, fmt.Errorf("%w: %w", ErrEpoch, err)
	}
	if err := a.check(); err != nil {
		return EpochAdd{}, err
	}
	return a, nil
}

func (a *EpochAdd) check() error {
	switch {
	case a.Gen == 0, (a.Gen == 1) != (len(a.Parents) == 0):
		return fmt.Errorf("%w: gen %d with %d parents", ErrEpoch, a.Gen, len(a.Parents))
	case len(a.Parents) > MaxParents, !slices.IsSortedFunc(a.Parents, compareRefs), hasRepeats(a.Parents):
		return fmt.Errorf("%w: list of %d parents", ErrEpoch, len(a.Parents))
	case a.Ref != epochRef(a.Scope, a.Gen, a.Parents, a.KeyCommit):
		return fmt.Errorf("%w: ref %s does not follow from the rest", ErrEpoch, a.Ref)
	case len(a.Boxes) > MaxBoxes:
		return fmt.Errorf("%w: %d boxes", ErrEpoch, len(a.Boxes))
	}
	for _, b := range a.Boxes {
		if len(b.Sealed) != BoxSize {
			return fmt.Errorf("%w: box of %d bytes", ErrEpoch, len(b.Sealed))
		}
	}
	return nil
}

func hasRepeats(sorted []op.EpochRef) bool {
	return len(slices.Compact(slices.Clone(sorted))) != len(sorted)
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
