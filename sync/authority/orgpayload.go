package authority

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"tongzhou/sync/op"
)

// Bounds of the house rules.
const (
	MaxRuleKey   = 64      // bytes
	MaxRuleValue = 2 << 10 // bytes of CBOR
)

// OrgDept founds a department, moves it, or ends it. By owners and admins only. Names are not in the control log.
type OrgDept struct {
	Dept   []byte `cbor:"1,keyasint"`           // the department's id, at most 64 bytes
	Parent []byte `cbor:"2,keyasint,omitempty"` // empty: at the top
	Gone   bool   `cbor:"3,keyasint,omitempty"` // it ends here; a later op without Gone brings it back
	Into   []byte `cbor:"4,keyasint,omitempty"` // with Gone: who takes over what is in it; empty: what is above it
	Proof  op.ID  `cbor:"5,keyasint"`
}

// OrgPlace puts a person into a department. By owners and admins only; the last by (lamport, opid) counts.
type OrgPlace struct {
	User  op.UserID `cbor:"1,keyasint"`
	Dept  []byte    `cbor:"2,keyasint,omitempty"` // empty: none
	Proof op.ID     `cbor:"3,keyasint"`
}

// Rule sets one of the house rules (R143, R144). By owners and admins only; the last by (lamport, opid) counts. What a
// value means is not known here.
type Rule struct {
	Key   string          `cbor:"1,keyasint"`
	Value cbor.RawMessage `cbor:"2,keyasint,omitempty"` // empty: back to the default
	Proof op.ID           `cbor:"3,keyasint"`
}

func checkDeptID(id []byte, required bool) error {
	if len(id) > maxDept || required && len(id) == 0 {
		return fmt.Errorf("%w: department of %d bytes", errMalformed, len(id))
	}
	return nil
}
