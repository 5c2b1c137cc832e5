package authority

import (
	"crypto/ed25519"
	"fmt"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

const admissionDomain = "teamadm1"

// SignAdmission makes the InviteSig of an Admit: the invitation's key vouches for this person and device, in this team,
// by this invitation.
func SignAdmission(key ed25519.PrivateKey, team op.TeamID, invite op.ID, rootPub []byte, cert keys.DeviceCert) ([]byte, error) {
	msg, err := admissionMessage(team, invite, rootPub, cert)
	if err != nil {
		return nil, fmt.Errorf("sign admission: %w", err)
	}
	return ed25519.Sign(key, msg), nil
}

// admissionMessage is domain ‖ team ‖ invite op id ‖ root_pub ‖ device cert. Only the last part varies in length.
func admissionMessage(team op.TeamID, invite op.ID, rootPub []byte, cert keys.DeviceCert) ([]byte, error) {
	c, err := cert.Marshal()
	if err != nil {
		return nil, err
	}
	msg := append([]byte(admissionDomain), team[:]...)
	msg = append(msg, invite[:]...)
	msg = append(msg, rootPub...)
	return append(msg, c...), nil
}

func (a *Admit) signedBy(pub ed25519.PublicKey, team op.TeamID) bool {
	msg, err := admissionMessage(team, a.Invite, a.RootPub, a.Device)
	return err == nil && ed25519.Verify(pub, msg, a.InviteSig)
}

// identity is what genesis and admit ops say about their author. It stands for itself: the root signed the certificate
// and the certified device signed the op, so it does not matter whether the op is valid.
type identity struct {
	user    op.UserID
	rootPub []byte
	rootBox []byte
	cert    keys.DeviceCert
}

// checkIdentity verifies an identity for the device that wrote the op.
func checkIdentity(author op.DeviceID, rootPub, rootBox []byte, cert keys.DeviceCert) (*identity, error) {
	if len(rootPub) != ed25519.PublicKeySize || len(rootBox) != keys.BoxPubSize {
		return nil, fmt.Errorf("%w: length of a root key", errMalformed)
	}
	if cert.DeviceID() != author {
		return nil, fmt.Errorf("%w: certificate of another device", errMalformed)
	}
	if err := cert.Verify(rootPub); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return &identity{user: cert.User, rootPub: rootPub, rootBox: rootBox, cert: cert}, nil
}

// AuthorKey returns the signing key that a genesis, admit or device.link op claims for its author, to verify the first op of a device
// that nobody knows yet; false for every other op. The key belongs to o.Device; nothing else is checked.
func AuthorKey(o Op) (ed25519.PublicKey, bool) {
	var cert keys.DeviceCert
	switch o.Type {
	case TypeGenesis:
		g, err := decode[Genesis](o.Payload)
		if err != nil {
			return nil, false
		}
		cert = g.Device
	case TypeAdmit:
		a, err := decode[Admit](o.Payload)
		if err != nil {
			return nil, false
		}
		cert = a.Device
	case TypeDeviceLink:
		l, err := decode[DeviceLink](o.Payload)
		if err != nil {
			return nil, false
		}
		cert = l.Device
	default:
		return nil, false
	}
	if len(cert.SignPub) != ed25519.PublicKeySize || cert.DeviceID() != o.Device {
		return nil, false
	}
	return ed25519.PublicKey(cert.SignPub), true
}
