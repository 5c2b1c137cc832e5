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
	StepCompare  Step = "compare" // links only: a person compares the codes
	StepAdmitted Step = "admitted"
)

// Receiver is what every joining side does with what it is sent.
type Receiver struct {
	Identity *keys.Identity // the team's secret is filled in when it is known
	// Begin is called with the complete identity before any op arrives; the newcomer opens its replica.
	Begin func() error
	// Take stores a frame of control ops.
	Take func(raw []byte) error
	// OnStep tells how far it got; done and total count frames of control ops.
	OnStep func(s Step, done, total uint64)
}

// Newcomer is the joining side of an invitation.
type Newcomer struct {
	Receiver
	Invitation Invitation
	// Admit writes the newcomer's admission and returns its control feed, ops back to back.
	Admit func(invite op.ID, key keys.Invite) ([]byte, error)
}

// Ask joins over a stream to the member whose transport key is member, and returns that member's device. Errors: *Refused,
// the stream's, the functions'.
func (n *Newcomer) Ask(rw io.ReadWriter, member []byte) (op.DeviceID, error) {
	var none op.DeviceID
	key := keys.InviteFromSecret(n.Invitation.Secret)
	n.OnStep(StepProving, 0, 0)
	c, err := claim(rw, hello{Version: 1, Pub: key.Pub()})
	if err != nil {
		return none, err
	}
	id := n.Identity
	id.Team = n.Invitation.Team
	cert, err := keys.Certify(id.Root, id.Device, id.DeviceName)
	if err != nil {
		return none, err
	}
	msg, err := proofMessage(kindInvitation, c.Nonce, member, id.Device.Peer.Public().(ed25519.PublicKey), id.Team, cert)
	if err != nil {
		return none, err
	}
	if err := write(rw, proof{Sig: ed25519.Sign(key.Sign, msg), RootPub: id.Root.SignPub(), Cert: cert}); err != nil {
		return none, err
	}
	w, err := n.receive(rw)
	if err != nil {
		return none, err
	}
	mine, err := n.Admit(n.Invitation.Invite, key)
	if err != nil {
		return none, err
	}
	return w.Device, n.conclude(rw, mine, w)
}

// claim says hello and returns the challenge. Error: *Refused.
func claim(rw io.ReadWriter, he hello) (challenge, error) {
	var c challenge
	if err := write(rw, he); err != nil {
		return c, err
	}
	if err := read(rw, &c); err != nil {
		return c, err
	}
	if c.Refusal != "" {
		return c, &Refused{c.Refusal}
	}
	if len(c.Nonce) != nonceSize {
		return c, fmt.Errorf("join: challenge of %d bytes", len(c.Nonce))
	}
	return c, nil
}

// receive takes the team's secret and control log. Error: *Refused.
func (n *Receiver) receive(rw io.ReadWriter) (welcome, error) {
	var w welcome
	if err := read(rw, &w); err != nil {
		return w, err
	}
	if w.Refusal != "" {
		return w, &Refused{w.Refusal}
	}
	if len(w.Secret) != len(n.Identity.TeamSecret) {
		return w, fmt.Errorf("join: team secret of %d bytes", len(w.Secret))
	}
	copy(n.Identity.TeamSecret[:], w.Secret)
	if err := n.Begin(); err != nil {
		return w, err
	}
	return w, n.takeLog(rw, w.Ops)
}

// conclude sends this device's control feed and waits for the word that it counts. Error: *Refused.
func (n *Receiver) conclude(rw io.ReadWriter, mine []byte, w welcome) error {
	if err := writeRaw(rw, mine); err != nil {
		return err
	}
	var d done
	if err := read(rw, &d); err != nil {
		return err
	}
	if d.Refusal != "" {
		return &Refused{d.Refusal}
	}
	n.OnStep(StepAdmitted, w.Ops, w.Ops)
	return nil
}

// maxKept bounds the frames that are kept because they could not be stored in the order they came.
const maxKept = 16 << 20

// takeLog stores the control log. Feeds come in an order in which every device is known before its ops, as far as the member
// can tell; what still fails is tried again after the rest.
func (n *Receiver) takeLog(r io.Reader, total uint64) error {
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
