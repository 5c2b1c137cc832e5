package replica

import (
	"context"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file adds devices to a person.

// LinkDevice adds a device to this person: cert needs the new device's own signatures only. It seals to it every key that this
// device holds. Errors: ErrDenied, ErrInvalid.
func (r *Replica) LinkDevice(ctx context.Context, cert keys.DeviceCert) error {
	if cert.User != r.id.Root.ID {
		return fmt.Errorf("%w: device of somebody else", ErrInvalid)
	}
	if err := cert.VerifyConsent(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return r.write(ctx, func(p *projector) error {
		if d, known := r.world.Load().auth.Device(cert.DeviceID()); !known || d.Revoked {
			if _, err := r.appendControl(p, authority.TypeDeviceLink, authority.DeviceLink{User: r.id.Root.ID, Device: cert}); err != nil {
				return err
			}
		}
		to := []keys.Recipient{{Device: cert.DeviceID(), BoxPub: cert.BoxPub}}
		for _, s := range r.world.Load().ordered() {
			if s.id.IsZero() || !s.readers[r.id.Device.ID] {
				continue
			}
			if err := r.handOver(p, s, true, to); err != nil {
				return err
			}
		}
		return nil
	})
}

// RecoverDevice adds this device to its person by the recovery words: the identity must hold the root's secrets. Keys come
// out of the boxes of the root. The control log must be here. Errors: keys.ErrNoRoot, ErrDenied.
func (r *Replica) RecoverDevice(ctx context.Context) error {
	cert, err := keys.Certify(r.id.Root, r.id.Device, r.id.DeviceName)
	if err != nil {
		return err
	}
	return r.write(ctx, func(p *projector) error {
		w := r.world.Load()
		if _, done := w.auth.Device(r.id.Device.ID); done {
			return nil // written before, by an attempt that was cut off
		}
		link := authority.DeviceLink{User: r.id.Root.ID, Device: cert}
		// Under the bootstrap key, as an admission: members must be able to verify it before they know this device.
		if _, err := r.appendOwn(p, r.teamTag.control, nil, op.Control, authority.TypeDeviceLink, nil, link, w.auth.Frontier()); err != nil {
			return err
		}
		id := p.ownHead()
		if err := r.rebuildWorld(p); err != nil {
			return err
		}
		if st := r.world.Load().auth.Status(id); st.Verdict != authority.Valid {
			return fmt.Errorf("%w: link by recovery words: %s", ErrDenied, st.Reason)
		}
		return nil
	})
}
