package authority

import (
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// Op is a control op whose signature, chain and ciphertext were verified. Its contents need not make sense. Slices are
// kept and must not change.
type Op struct {
	ID      op.ID
	Ref     op.Ref
	Device  op.DeviceID // the author, equal to Ref.Device
	Type    string
	Payload []byte
	Deps    []op.ID // the frontier that the author knew; its own previous op need not be named
	HLC     hlc.Time
	// Forked says that the op is known to stand at or after a fork of its feed, also where nothing else in its place is among
	// the ops: of the other branch there may be content only.
	Forked bool
}

// Verdict is what became of an op.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota // not among the ops
	Pending                // an op in its past is missing; it may become anything
	Invalid                // no effect; see Status.Reason. Another op may change that
	Ignored                // of a type that this version does not know
	Valid                  // took effect when it was written; a later op may have undone the effect
)

func (v Verdict) String() string {
	return [...]string{"unknown", "pending", "invalid", "ignored", "valid"}[v]
}

// Reason says why an op is invalid.
type Reason string

// The reasons. Those marked final hold whatever else arrives, except for a fork.
const (
	ReasonMalformed Reason = "malformed" // final: payload, certificate or signature
	ReasonClock     Reason = "clock"     // final: not later than an op in its past
	ReasonAuthor    Reason = "author"    // final: the device does not speak for the one whom the proof empowers
	ReasonProof     Reason = "proof"     // final: the proof is no grant (or invitation) in the op's past
	ReasonRole      Reason = "role"      // final: the proof does not permit the act; not final for heads
	ReasonExpired   Reason = "expired"   // final: the invitation had expired
	ReasonForked    Reason = "forked"    // final: its feed has two ops in one place, here or earlier
	ReasonBasis     Reason = "basis"     // the proof is itself invalid
	ReasonRevoked   Reason = "revoked"   // the proof was taken away, and the op does not precede that
	ReasonUsedUp    Reason = "used_up"   // the invitation had admitted enough people
	ReasonCancelled Reason = "cancelled" // the invitation was, and the op does not precede that
	ReasonDevice    Reason = "device"    // the author's device was signed out, and the op does not precede that
	ReasonKnown     Reason = "known"     // final: the device is certified already, no worse than by this
	ReasonCut       Reason = "cut"       // scope: beyond what counts of the feed of somebody who was removed
)

// Status is the verdict on one op.
type Status struct {
	Verdict Verdict
	Reason  Reason // "" unless Invalid
}
