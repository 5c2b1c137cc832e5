package join

import (
	"bytes"
	"context"
	"errors"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// recovered lets a member in again who has lost every device and knows the recovery words. The new device certifies itself,
// with the person's root key: this member only passes on what every member holds.
func (v *visit) recovered(ctx context.Context, he hello) (op.UserID, error) {
	var none op.UserID
	h := v.door.Host
	user, code := whose(h.Authority(), he.Pub)
	if code != "" {
		return none, v.refuse(&challenge{Refusal: code}, code)
	}
	var c challenge
	p, err := v.challenge(&c)
	if err != nil {
		return none, err
	}
	if !v.signed(kindRecover, user.RootPub, c.Nonce, &p) || !bytes.Equal(p.RootPub, user.RootPub) || p.Cert.Verify(user.RootPub) != nil {
		return none, v.refuse(&welcome{Refusal: CodeRecoverProof}, CodeRecoverProof)
	}
	v.proven()
	device := p.Cert.DeviceID()
	if err := h.Welcome(ctx, device, p.Cert.BoxPub); err != nil {
		return none, errors.Join(err, v.refuse(&welcome{Refusal: CodeBusy}, CodeBusy))
	}
	raw, err := v.sendTeam()
	if err != nil {
		return none, err
	}
	if code, err := v.door.readmit(ctx, device, raw); code != "" {
		return none, errors.Join(err, v.refuse(&done{Refusal: code}, code))
	}
	return user.ID, write(v.rw, done{})
}

// readmit stores the control feed of a device that certified itself, and tells why that does not count; "" if it does.
func (d *Door) readmit(ctx context.Context, device op.DeviceID, raw []byte) (code string, err error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if len(raw) > 0 {
		if err := d.Host.TakeOps(ctx, raw); err != nil {
			return CodeRecoverAdd, err
		}
	}
	if !d.Host.Authority().ActiveDevice(device) {
		return CodeRecoverAdd, nil
	}
	return "", nil
}

// whose finds the active member with a root key.
func whose(s *authority.State, rootPub []byte) (authority.User, string) {
	for _, u := range s.Users() {
		if bytes.Equal(u.RootPub, rootPub) {
			return u, ""
		}
	}
	for _, u := range s.Former() {
		if bytes.Equal(u.RootPub, rootPub) {
			return authority.User{}, CodeRecoverFormer
		}
	}
	return authority.User{}, CodeRecoverUnknown
}
