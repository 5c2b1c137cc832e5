package join

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// ErrWrongDevice is returned when another device answers than the one that showed the link.
var ErrWrongDevice = errors.New("join: not the device of the link")

// ErrNotCounted is returned when the control log that came does not count this device as one of an active member.
var ErrNotCounted = errors.New("join: the team does not count this device")

// NewDevice is the new device's side of a link.
type NewDevice struct {
	Receiver // of the identity only Device and DeviceName are needed; who the person is is filled in
	Link     DeviceLink
	// Keep is called with the person's public halves filled in, before this device's keys are shown to anybody.
	Keep func() error
	// OnCode is called with the code that both screens must show.
	OnCode func(code string)
	// Counts tells, after the control log, whether this device is one of the person's.
	Counts func() bool
}

// Ask links over a stream to the device whose transport key is member, and returns that device. Errors: *Refused,
// ErrWrongDevice, ErrNotCounted, the stream's, the functions'.
func (n *NewDevice) Ask(rw io.ReadWriter, member []byte) (op.DeviceID, error) {
	var none op.DeviceID
	if !bytes.Equal(member, n.Link.Peer) {
		return none, ErrWrongDevice
	}
	id, key := n.Identity, keys.InviteFromSecret(n.Link.Secret)
	id.Team, id.Genesis = n.Link.Team, n.Link.Genesis
	n.OnStep(StepProving, 0, 0)
	cert := id.Device.Public(id.DeviceName)
	cert.User = n.Link.User
	if err := id.Device.Consent(&cert); err != nil {
		return none, err
	}
	self := id.Device.Peer.Public().(ed25519.PublicKey)
	t := transcript{team: id.Team, user: n.Link.User, link: key.Pub(), device: self, member: member}
	var err error
	if t.cert, err = certHash(cert); err != nil {
		return none, err
	}
	number := make([]byte, nonceSize)
	_, _ = rand.Read(number)
	c, err := claim(rw, hello{Version: 1, Kind: kindLink, Pub: key.Pub(), Commit: t.commit(number)})
	if err != nil {
		return none, err
	}
	if id.Root, err = keys.PublicRoot(c.RootPub, c.RootBox); err != nil {
		return none, fmt.Errorf("join: person of the link: %w", err)
	}
	if id.Root.ID != n.Link.User {
		return none, ErrWrongDevice
	}
	if err := n.Keep(); err != nil {
		return none, err
	}
	msg, err := proofMessage(kindLink, c.Nonce, member, self, id.Team, cert)
	if err != nil {
		return none, err
	}
	if err := write(rw, proof{Sig: ed25519.Sign(key.Sign, msg), RootPub: c.RootPub, Cert: cert, Reveal: number}); err != nil {
		return none, err
	}
	n.OnCode(t.code(number, c.Nonce))
	w, err := n.receive(rw)
	if err != nil {
		return none, err
	}
	if !n.Counts() {
		return none, errors.Join(ErrNotCounted, write(rw, done{Refusal: CodeLinkAdd}))
	}
	if err := write(rw, done{}); err != nil {
		return none, err
	}
	n.OnStep(StepAdmitted, w.Ops, w.Ops)
	return w.Device, nil
}

// Returning is the side of a member who has lost every device. The identity's root is whole; the transport key of the stream
// is the root's, by which members know it before anything is said.
type Returning struct {
	Receiver
	// Certify makes this device one of the person's and returns its control feed, ops back to back.
	Certify func() ([]byte, error)
}

// Ask asks over a stream to the member whose transport key is member, and returns that member's device. Errors: *Refused, the
// stream's, the functions'.
func (n *Returning) Ask(rw io.ReadWriter, member []byte) (op.DeviceID, error) {
	var none op.DeviceID
	id := n.Identity
	n.OnStep(StepProving, 0, 0)
	c, err := claim(rw, hello{Version: 1, Kind: kindRecover, Pub: id.Root.SignPub()})
	if err != nil {
		return none, err
	}
	cert, err := keys.Certify(id.Root, id.Device, id.DeviceName)
	if err != nil {
		return none, err
	}
	msg, err := proofMessage(kindRecover, c.Nonce, member, id.Root.SignPub(), id.Team, cert)
	if err != nil {
		return none, err
	}
	if err := write(rw, proof{Sig: ed25519.Sign(id.Root.Sign, msg), RootPub: id.Root.SignPub(), Cert: cert}); err != nil {
		return none, err
	}
	w, err := n.receive(rw)
	if err != nil {
		return none, err
	}
	mine, err := n.Certify()
	if err != nil {
		return none, err
	}
	return w.Device, n.conclude(rw, mine, w)
}
