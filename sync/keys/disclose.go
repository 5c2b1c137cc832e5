package keys

import (
	"slices"

	"tongzhou/sync/op"
)

// Disclosed is the epoch that a key is said to be of. Its Ref is computed from everything that was said, so a key that is not
// the epoch's gives another Ref: whoever compares it with the one in a signed header need not trust who disclosed it.
func Disclosed(scope op.ScopeID, gen uint32, parents []op.EpochRef, key [32]byte) Epoch {
	e := Epoch{Scope: scope, Gen: gen, Key: key, Parents: slices.Clone(parents)}
	e.Ref = epochRef(scope, gen, e.Parents, e.Commit())
	return e
}

// BootstrapSecret is what BootstrapKey is made from, to disclose to somebody who may read the control log and nothing else.
// The team secret does not follow from it.
func (s TeamSecret) BootstrapSecret(tag op.ScopeTag) [32]byte {
	return derive(s[:], "bootstrap", tag[:]...)
}
