package join

import (
	"crypto/ed25519"
	"fmt"
	"io"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Step is a phase of joining, for people.
type Step string

// The steps after a member was reached.
const (
	StepProving  Step = "proving"
	StepAdmitted Step = "admitted"
)

// Newcomer is the joining side.
type Newcomer struct {
	Invitation Invitation
	Identity   *keys.Identity // team and secret are filled in by Ask
	// Begin is called with the complete identity before any op arrives; the newcomer opens its replica.
	Begin func() error
	// Take stores a frame of control ops.
	Take func(raw []byte) error
	// Admit writes the newcomer's admission and returns its control feed, ops back to back.
	Admit func(invite op.ID, key keys.Invite) ([]byte, error)
	// OnStep tells how far it got; done and total count control ops.
	OnStep func(s Step, done, total uint64)
}

// Ask joins over a stream to the member whose transport key is member, and returns that member's device. Errors: *Refused,
// the stream's, the functions'.
func (n *Newcomer) Ask(rw io.ReadWriter, member []byte) (op.DeviceID, error) {
	var none op.DeviceID
	key := keys.InviteFromSecret(n.Invitation.Secret)
	n.OnStep(StepProving, 0, 0)
	if err := write(rw, hello{Version: 1, Pub: key.Pub()}); err != nil {
		return none, err
	}
	var c challenge
	if err := read(rw, &c); err != nil {
		return none, err
	}
	if c.Refusal != "" {
		return none, &Refused{c.Refusal}
	}
	if len(c.Nonce) != 32 {
		return none, fmt.Errorf("join: challenge of %d bytes", len(c.Nonce))
	}
	id := n.Identity
	id.Team = n.Invitation.Team
	cert, err := keys.Certify(id.Root, id.Device, id.DeviceName)
	if err != nil {
		return none, err
	}
	msg, err := proofMessage(c.Nonce, member, id.Device.Peer.Public().(ed25519.PublicKey), id.Team, cert)
	if err != nil {
		return none, err
	}
	if err := write(rw, proof{Sig: ed25519.Sign(key.Sign, msg), RootPub: id.Root.SignPub(), Cert: cert}); err != nil {
		return none, err
	}
	var w welcome
	if err := read(rw, &w); err != nil {
		return none, err
	}
	if w.Refusal != "" {
		return none, &Refused{w.Refusal}
	}
	if len(w.Secret) != 32 {
		return none, fmt.Errorf("join: team secret of %d bytes", len(w.Secret))
	}
	copy(id.TeamSecret[:], w.Secret)
	if err := n.Begin(); err != nil {
		return none, err
	}
	if err := n.takeLog(rw, w.Ops); err != nil {
		return none, err
	}
	mine, err := n.Admit(n.Invitation.Invite, key)
	if err != nil {
		return none, err
	}
	if err := writeRaw(rw, mine); err != nil {
		return none, err
	}
	var d done
	if err := read(rw, &d); err != nil {
		return none, err
	}
	if d.Refusal != "" {
		return none, &Refused{d.Refusal}
	}
	n.OnStep(StepAdmitted, w.Ops, w.Ops)
	return w.Device, nil
}

// maxKept bounds the frames that are kept because they could not be stored in the order they came.
const maxKept = 16 << 20

// takeLog stores the control log. Feeds come in an order in which every device is known before its ops, as far as the member
// can tell; what still fails is tried again after the rest.
func (n *Newcomer) takeLog(r io.Reader, total uint64) error {
	var later [][]byte
	var got uint64
	kept := 0
	for {
		raw, err := readRaw(r, maxFrame)
		if err != nil {
			return err
		}
		if len(raw) == 0 {
			break
		}
		if got++; got > total {
			return fmt.Errorf("join: more than the %d frames announced", total)
		}
		if err := n.Take(raw); err != nil {
			later = append(later, raw)
			if kept += len(raw); kept > maxKept {
				return fmt.Errorf("join: control log does not hold together: %w", err)
			}
		}
		n.OnStep(StepProving, min(got, total), total)
	}
	for len(later) > 0 {
		left := later[:0:0]
		var last error
		for _, raw := range later {
			if err := n.Take(raw); err != nil {
				left, last = append(left, raw), err
			}
		}
		if len(left) == len(later) {
			return fmt.Errorf("join: control log does not hold together: %w", last)
		}
		later = left
	}
	return nil
}
