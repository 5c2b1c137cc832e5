package join

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Codes of a refusal. The interface has a text for each.
const (
	CodeUnknown = "join.unknown"  // no such invitation, as far as this member knows
	CodeUsed    = "join.used"     // somebody has joined with it
	CodeExpired = "join.expired"  // too old, or withdrawn
	CodeProof   = "join.refused"  // the proof does not hold
	CodeBusy    = "join.busy"     // this member cannot write now
	CodeAdmit   = "join.admitted" // the admission does not count

	CodeLinkUnknown   = "link.unknown"   // the device shows no such link (any more)
	CodeLinkUsed      = "link.used"      // somebody has tried it
	CodeLinkExpired   = "link.expired"   // too old
	CodeLinkCancelled = "link.cancelled" // the person stopped it
	CodeLinkDiffers   = "link.differs"   // the person says that the two screens show different codes
	CodeLinkProof     = "link.refused"   // the proof does not hold
	CodeLinkAdd       = "link.not_added" // the device could not be added

	CodeRecoverUnknown = "recover.unknown"   // no person of the team has this key, as far as this member knows
	CodeRecoverFormer  = "recover.former"    // the person is frozen, or no longer a member
	CodeRecoverProof   = "recover.refused"   // the proof does not hold
	CodeRecoverAdd     = "recover.not_added" // the new device does not count
)

// Refused is the member's no.
type Refused struct{ Code string }

func (r *Refused) Error() string { return "join: refused: " + r.Code }

const (
	maxMessage = 64 << 10
	maxFrame   = 512 << 10
	nonceSize  = 32
)

// kind is the right that somebody claims.
type kind uint8

const (
	kindInvitation kind = iota // holds an invitation
	kindLink                   // holds the link for a further device
	kindRecover                // knows the recovery words of a member
)

// proofDomains keep a proof of one kind from being used as one of another.
var proofDomains = [...]string{kindInvitation: "teamjoin1", kindLink: "teamlink1", kindRecover: "teamback1"}

// hello names the right by its public key: the invitation's, the link's, or the person's root.
type hello struct {
	Version uint8  `cbor:"1,keyasint"`
	Pub     []byte `cbor:"2,keyasint"`
	Kind    kind   `cbor:"3,keyasint,omitempty"`
	Commit  []byte `cbor:"4,keyasint,omitempty"` // links only, see code.go
}

type challenge struct {
	Nonce   []byte `cbor:"1,keyasint"`
	Refusal string `cbor:"2,keyasint,omitempty"`
	RootPub []byte `cbor:"3,keyasint,omitempty"` // links only: the person's public halves
	RootBox []byte `cbor:"4,keyasint,omitempty"`
}

// proof shows the right and introduces person and device.
type proof struct {
	Sig     []byte          `cbor:"1,keyasint"`
	RootPub []byte          `cbor:"2,keyasint"`
	Cert    keys.DeviceCert `cbor:"3,keyasint"`
	Reveal  []byte          `cbor:"4,keyasint,omitempty"` // links only: opens the commitment
}

// welcome is everything that a member's device holds and the link does not.
type welcome struct {
	Refusal string      `cbor:"1,keyasint,omitempty"`
	Secret  []byte      `cbor:"2,keyasint"`
	Device  op.DeviceID `cbor:"3,keyasint"` // the member's
	Ops     uint64      `cbor:"4,keyasint"` // control ops that follow, in frames; an empty frame ends them
}

type done struct {
	Refusal string `cbor:"1,keyasint,omitempty"`
}

// proofMessage is what the claimed right's key signs: it binds the challenge and both ends of the connection to the device.
func proofMessage(k kind, nonce, member, newcomer []byte, team op.TeamID, cert keys.DeviceCert) ([]byte, error) {
	h, err := certHash(cert)
	if err != nil {
		return nil, err
	}
	msg := append([]byte(proofDomains[k]), nonce...)
	msg = append(msg, member...)
	msg = append(msg, newcomer...)
	msg = append(msg, team[:]...)
	return append(msg, h[:]...), nil
}

func certHash(cert keys.DeviceCert) ([32]byte, error) {
	c, err := cert.Marshal()
	if err != nil {
		return [32]byte{}, fmt.Errorf("join: encode certificate: %w", err)
	}
	return sha256.Sum256(c), nil
}

var errTooLarge = errors.New("join: message too large")

// write sends one message: 4 bytes length, CBOR.
func write(w io.Writer, v any) error {
	b, err := op.Marshal(v)
	if err != nil {
		return fmt.Errorf("join: encode: %w", err)
	}
	return writeRaw(w, b)
}

func writeRaw(w io.Writer, b []byte) error {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
	if _, err := w.Write(append(out, b...)); err != nil {
		return fmt.Errorf("join: write: %w", err)
	}
	return nil
}

func read(r io.Reader, v any) error {
	b, err := readRaw(r, maxMessage)
	if err != nil {
		return err
	}
	if err := op.Unmarshal(b, v); err != nil {
		return fmt.Errorf("join: malformed message: %w", err)
	}
	return nil
}

func readRaw(r io.Reader, limit uint32) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("join: read: %w", err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > limit {
		return nil, errTooLarge
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("join: read: %w", err)
	}
	return b, nil
}
