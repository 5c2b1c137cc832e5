package authority

import (
	"crypto/ed25519"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

const deviceRevokeDomain = "teamdrv1"

// DeviceLink adds a device to a person (rule 7, R2), in one of two forms. Either an active device of the person writes it:
// the certificate then needs the new device's own signatures only, and the new device is junior to the one that linked it.
// Or the new device writes it, as the first op of its feed in the control log: the certificate then is signed by the root,
// which whoever has the recovery words can do.
type DeviceLink struct {
	User   op.UserID       `cbor:"1,keyasint"`
	Device keys.DeviceCert `cbor:"2,keyasint"`
}

// DeviceRevoke ends what a device may do (rule 7, R16 to R18). It may be written by the device itself (signing out), by a
// senior device of the same person, by any device with the root's signature, or by somebody with a grant that outranks
// what the person holds.
type DeviceRevoke struct {
	Device  op.DeviceID `cbor:"1,keyasint"`
	Mode    Mode        `cbor:"2,keyasint"` // Removed: signed out. Compromised: lost or stolen
	Cuts    []Cut       `cbor:"3,keyasint,omitempty"`
	Proof   op.ID       `cbor:"4,keyasint"`           // the grant relied on; zero when by the person
	RootSig []byte      `cbor:"5,keyasint,omitempty"` // see SignDeviceRevocation
}

// SignDeviceRevocation makes the RootSig of a DeviceRevoke that author writes for device, both of one person.
func SignDeviceRevocation(root ed25519.PrivateKey, team op.TeamID, device, author op.DeviceID) []byte {
	return ed25519.Sign(root, deviceRevokeMessage(team, device, author))
}

func deviceRevokeMessage(team op.TeamID, device, author op.DeviceID) []byte {
	msg := append([]byte(deviceRevokeDomain), team[:]...)
	msg = append(msg, device[:]...)
	return append(msg, author[:]...)
}

// Cuts says how far a person or device had written before a removal, as far as the author holds it (content cut-offs in
// doc.go). Whoever holds more than is known writes one.
type Cuts struct {
	Removal op.ID `cbor:"1,keyasint"` // a revoke, leave or device.revoke
	Cuts    []Cut `cbor:"2,keyasint"`
	Proof   op.ID `cbor:"3,keyasint"` // a grant of at least Member
}
