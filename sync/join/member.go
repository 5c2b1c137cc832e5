package join

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Host is what the letting-in side needs of its replica.
type Host interface {
	Self() *keys.Identity
	Authority() *authority.State
	// Welcome seals the team's keys to a device.
	Welcome(ctx context.Context, dev op.DeviceID, boxPub []byte) error
	// ControlLog calls fn with frames of the whole control log; total is the number of frames.
	ControlLog(fn func(raw []byte, total uint64) error) error
	// TakeOps stores ops of one feed, back to back.
	TakeOps(ctx context.Context, raw []byte) error
}

// Door lets those in who show a right to. It is safe for concurrent use; all conversations of a Host go through one.
type Door struct {
	Host Host
	Now  func() time.Time
	// Offer is the link for a further device that is shown now, nil if there is none. It may be nil itself.
	Offer func() *Offer

	turn sync.Mutex // held while an admission is stored
}

// visit is one conversation at the door.
type visit struct {
	door     *Door
	rw       io.ReadWriter
	newcomer []byte // transport key at the other end
	proven   func()
}

// Answer lets the newcomer at the other end of rw in, if it proves the right to. newcomer is its transport key. proven, which
// may be nil, is called when it has shown its right and the rest may take as long as a person needs. It returns the user whose
// device was let in.
func (d *Door) Answer(ctx context.Context, rw io.ReadWriter, newcomer []byte, proven func()) (op.UserID, error) {
	var he hello
	if err := read(rw, &he); err != nil {
		return op.UserID{}, err
	}
	if proven == nil {
		proven = func() {}
	}
	v := &visit{door: d, rw: rw, newcomer: newcomer, proven: proven}
	switch he.Kind {
	case kindInvitation:
		return v.invited(ctx, he)
	case kindLink:
		return v.linked(ctx, he)
	case kindRecover:
		return v.recovered(ctx, he)
	}
	return op.UserID{}, v.refuse(&challenge{Refusal: CodeUnknown}, CodeUnknown)
}

// challenge sends c with a fresh number and reads the proof.
func (v *visit) challenge(c *challenge) (proof, error) {
	c.Nonce = make([]byte, nonceSize)
	_, _ = rand.Read(c.Nonce)
	if err := write(v.rw, c); err != nil {
		return proof{}, err
	}
	var p proof
	return p, read(v.rw, &p)
}

// signed tells whether the key made the proof, for this conversation.
func (v *visit) signed(k kind, key, nonce []byte, p *proof) bool {
	self := v.door.Host.Self()
	msg, err := proofMessage(k, nonce, self.Device.Peer.Public().(ed25519.PublicKey), v.newcomer, self.Team, p.Cert)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, msg, p.Sig)
}

// ofNewcomer tells whether the certificate is of the device at the other end.
func (v *visit) ofNewcomer(p *proof) bool { return string(p.Cert.PeerPub) == string(v.newcomer) }

func (v *visit) refuse(m any, code string) error { return errors.Join(&Refused{code}, write(v.rw, m)) }

// invited lets the holder of an invitation in as a new member.
func (v *visit) invited(ctx context.Context, he hello) (op.UserID, error) {
	var none op.UserID
	h := v.door.Host
	inv, code := find(h.Authority(), he.Pub)
	if code != "" {
		return none, v.refuse(&challenge{Refusal: code}, code)
	}
	var c challenge
	p, err := v.challenge(&c)
	if err != nil {
		return none, err
	}
	if !v.signed(kindInvitation, inv.Pub, c.Nonce, &p) || !v.ofNewcomer(&p) || p.Cert.Verify(p.RootPub) != nil {
		return none, v.refuse(&welcome{Refusal: CodeProof}, CodeProof)
	}
	if code := Refusal(h.Authority(), inv, p.Cert.User, v.door.Now().UnixMilli()); code != "" {
		return none, v.refuse(&welcome{Refusal: code}, code)
	}
	v.proven()
	if err := h.Welcome(ctx, p.Cert.DeviceID(), p.Cert.BoxPub); err != nil {
		return none, errors.Join(err, v.refuse(&welcome{Refusal: CodeBusy}, CodeBusy))
	}
	raw, err := v.sendTeam()
	if err != nil {
		return none, err
	}
	if code, err := v.door.admit(ctx, he.Pub, p.Cert.User, raw); code != "" {
		return none, errors.Join(err, v.refuse(&done{Refusal: code}, code))
	}
	return p.Cert.User, write(v.rw, done{})
}

// sendTeam sends what a device needs of the team, and returns the control feed that it answers with.
func (v *visit) sendTeam() ([]byte, error) {
	if err := v.sendLog(); err != nil {
		return nil, err
	}
	return readRaw(v.rw, maxFrame)
}

// admit stores the newcomer's admission and tells why it does not count; "" if it does. One at a time, and only while the
// invitation is still open: of two who hold one link the second would otherwise get an admission into the log that may be
// put before the first one's, who is told already to be a member. Somebody who was let in before has nothing to add.
func (d *Door) admit(ctx context.Context, invitation []byte, user op.UserID, raw []byte) (code string, err error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	h := d.Host
	inv, code := find(h.Authority(), invitation)
	if code == "" {
		code = Refusal(h.Authority(), inv, user, d.Now().UnixMilli())
	}
	if code != "" {
		return code, nil
	}
	if len(raw) > 0 {
		if err := h.TakeOps(ctx, raw); err != nil {
			return CodeAdmit, err
		}
	}
	if h.Authority().Role(user) == authority.None {
		return CodeAdmit, nil
	}
	return "", nil
}

func find(s *authority.State, pub []byte) (authority.InviteState, string) {
	for _, i := range s.Invites() {
		if string(i.Pub) == string(pub) && len(pub) == ed25519.PublicKeySize {
			return i, ""
		}
	}
	return authority.InviteState{}, CodeUnknown
}

// Refusal tells why an invitation does not admit a user; "" if it does. Somebody whose earlier attempt was cut off after the
// admission may come again, unless removed since.
func Refusal(s *authority.State, i authority.InviteState, user op.UserID, now int64) string {
	if slices.Contains(i.Users, user) && s.Role(user) != authority.None {
		return ""
	}
	switch {
	case i.Uses() >= i.MaxUses:
		return CodeUsed
	case !i.Open(now):
		return CodeExpired
	}
	return ""
}

// sendLog sends the welcome and the control log.
func (v *visit) sendLog() error {
	self := v.door.Host.Self()
	first := true
	err := v.door.Host.ControlLog(func(raw []byte, total uint64) error {
		if first {
			first = false
			if err := write(v.rw, welcome{Secret: self.TeamSecret[:], Device: self.Device.ID, Ops: total}); err != nil {
				return err
			}
		}
		return writeRaw(v.rw, raw)
	})
	if err != nil {
		return fmt.Errorf("join: send control log: %w", err)
	}
	return writeRaw(v.rw, nil)
}
