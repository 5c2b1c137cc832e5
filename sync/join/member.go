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

// Answer lets the newcomer at the other end of rw in, if it proves the right to. newcomer is its transport key, turn is shared
// by all conversations of h. It returns the user who joined. now is ms since 1970.
func Answer(ctx context.Context, rw io.ReadWriter, h Host, turn sync.Locker, newcomer []byte, now func() int64) (op.UserID, error) {
	var none op.UserID
	var he hello
	if err := read(rw, &he); err != nil {
		return none, err
	}
	inv, code := find(h.Authority(), he.Pub)
	if code != "" {
		return none, refuse(rw, &challenge{Refusal: code}, code)
	}
	c := challenge{Nonce: make([]byte, 32)}
	_, _ = rand.Read(c.Nonce)
	if err := write(rw, c); err != nil {
		return none, err
	}
	var p proof
	if err := read(rw, &p); err != nil {
		return none, err
	}
	self := h.Self()
	msg, err := proofMessage(c.Nonce, self.Device.Peer.Public().(ed25519.PublicKey), newcomer, self.Team, p.Cert)
	if err != nil || len(p.RootPub) != ed25519.PublicKeySize || !ed25519.Verify(inv.Pub, msg, p.Sig) || p.Cert.Verify(p.RootPub) != nil || string(p.Cert.PeerPub) != string(newcomer) {
		return none, refuse(rw, &welcome{Refusal: CodeProof}, CodeProof)
	}
	if code := open(h.Authority(), inv, p.Cert.User, now()); code != "" {
		return none, refuse(rw, &welcome{Refusal: code}, code)
	}
	if err := h.Welcome(ctx, p.Cert.DeviceID(), p.Cert.BoxPub); err != nil {
		return none, errors.Join(err, refuse(rw, &welcome{Refusal: CodeBusy}, CodeBusy))
	}
	if err := sendLog(rw, h); err != nil {
		return none, err
	}
	raw, err := readRaw(rw, maxFrame)
	if err != nil {
		return none, err
	}
	if code, err := admit(ctx, h, turn, he.Pub, p.Cert.User, raw, now); code != "" {
		return none, errors.Join(err, refuse(rw, &done{Refusal: code}, code))
	}
	return p.Cert.User, write(rw, done{})
}

// admit stores the newcomer's admission and tells why it does not count; "" if it does. One at a time, and only while the
// invitation is still open: of two who hold one link the second would otherwise get an admission into the log that may be
// put before the first one's, who is told already to be a member. Somebody who was let in before has nothing to add.
func admit(ctx context.Context, h Host, turn sync.Locker, invitation []byte, user op.UserID, raw []byte, now func() int64) (code string, err error) {
	turn.Lock()
	defer turn.Unlock()
	inv, code := find(h.Authority(), invitation)
	if code == "" {
		code = open(h.Authority(), inv, user, now())
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

// open tells why an invitation does not admit a user; "" if it does. Somebody whose earlier attempt was cut off after the
// admission may come again, unless removed since.
func open(s *authority.State, i authority.InviteState, user op.UserID, now int64) string {
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

func refuse(w io.Writer, m any, code string) error {
	return errors.Join(&Refused{code}, write(w, m))
}

func sendLog(w io.Writer, h Host) error {
	self := h.Self()
	first := true
	err := h.ControlLog(func(raw []byte, total uint64) error {
		if first {
			first = false
			if err := write(w, welcome{Secret: self.TeamSecret[:], Device: self.Device.ID, Ops: total}); err != nil {
				return err
			}
		}
		return writeRaw(w, raw)
	})
	if err != nil {
		return fmt.Errorf("join: send control log: %w", err)
	}
	return writeRaw(w, nil)
}
