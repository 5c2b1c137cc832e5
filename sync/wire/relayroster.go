package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/op"
)

// MaxRosterDevices is the most devices of a team at one relay.
const MaxRosterDevices = 4096

// What signatures cover begins with one of these, so that none is mistaken for another.
const (
	rosterDomain  = "teamroster1"
	vouchDomain   = "teamvouch1"
	proofDomain   = "teamcapproof1"
	followsDomain = "teamcapfollows1"
	boxDomain     = "teambox1"
)

// ErrRoster is returned for a roster or a vouch that no correct device makes.
var ErrRoster = errors.New("wire: malformed roster")

// RosterDevice is a device that may use the relay for its team.
type RosterDevice struct {
	_       struct{} `cbor:",toarray"`
	Device  op.DeviceID
	SignPub [32]byte // signs ops
	PeerPub [32]byte // proven by the transport
}

// Roster is a team's list of devices at a relay, generation by generation: each is signed by an admin of the one before.
type Roster struct {
	_       struct{} `cbor:",toarray"`
	Team    TeamTag
	Gen     uint64 // 1 for the first
	Prev    [32]byte
	Admins  []op.DeviceID
	Devices []RosterDevice // sorted by Device, no two the same
	Signer  op.DeviceID    // an admin of the roster before; of this one for the first
}

// Sign writes the roster as it travels: CBOR ‖ signature. Devices and Admins are put in order.
func (r *Roster) Sign(priv ed25519.PrivateKey) ([]byte, error) {
	r.Signer = op.DeviceIDOf(priv.Public().(ed25519.PublicKey))
	slices.SortFunc(r.Devices, func(a, b RosterDevice) int { return bytes.Compare(a.Device[:], b.Device[:]) })
	slices.SortFunc(r.Admins, func(a, b op.DeviceID) int { return bytes.Compare(a[:], b[:]) })
	if err := r.check(); err != nil {
		return nil, err
	}
	body, err := op.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("sign roster: %w", err)
	}
	return append(body, ed25519.Sign(priv, append([]byte(rosterDomain), body...))...), nil
}

// ParseRoster reads a roster, its form and not its signature; Verify checks that. The error wraps ErrRoster.
func ParseRoster(raw []byte) (Roster, error) {
	var r Roster
	if len(raw) <= ed25519.SignatureSize || len(raw) > MaxPacket {
		return Roster{}, fmt.Errorf("%w: %d bytes", ErrRoster, len(raw))
	}
	body := raw[:len(raw)-ed25519.SignatureSize]
	if err := op.Unmarshal(body, &r); err != nil {
		return Roster{}, fmt.Errorf("%w: %w", ErrRoster, err)
	}
	if err := r.check(); err != nil {
		return Roster{}, err
	}
	again, err := op.Marshal(&r)
	if err != nil || !bytes.Equal(again, body) { // one roster has one hash
		return Roster{}, fmt.Errorf("%w: not canonical", ErrRoster)
	}
	return r, nil
}

// VerifyRoster checks the signature of raw with the signing key of its signer.
func VerifyRoster(raw []byte, pub ed25519.PublicKey) bool {
	if len(raw) <= ed25519.SignatureSize || len(pub) != ed25519.PublicKeySize {
		return false
	}
	cut := len(raw) - ed25519.SignatureSize
	return ed25519.Verify(pub, append([]byte(rosterDomain), raw[:cut]...), raw[cut:])
}

// HashRoster is what the next roster's Prev and RelayWelcome's RosterHash are.
func HashRoster(raw []byte) [32]byte { return sha256.Sum256(raw) }

// Find returns the entry of a device.
func (r *Roster) Find(id op.DeviceID) (RosterDevice, bool) {
	i, ok := slices.BinarySearchFunc(r.Devices, id, func(d RosterDevice, id op.DeviceID) int { return bytes.Compare(d.Device[:], id[:]) })
	if !ok {
		return RosterDevice{}, false
	}
	return r.Devices[i], true
}

// IsAdmin tells whether a device may sign the next roster.
func (r *Roster) IsAdmin(id op.DeviceID) bool { return slices.Contains(r.Admins, id) }

func (r *Roster) check() error {
	if r.Gen < 1 || r.Gen >= 1<<62 || len(r.Devices) < 1 || len(r.Devices) > MaxRosterDevices || len(r.Admins) < 1 || len(r.Admins) > len(r.Devices) {
		return fmt.Errorf("%w: generation %d, %d devices, %d admins", ErrRoster, r.Gen, len(r.Devices), len(r.Admins))
	}
	if (r.Gen == 1) != (r.Prev == [32]byte{}) {
		return fmt.Errorf("%w: does not say what it follows", ErrRoster)
	}
	for i := range r.Devices {
		if i > 0 && bytes.Compare(r.Devices[i-1].Device[:], r.Devices[i].Device[:]) >= 0 {
			return fmt.Errorf("%w: devices are not in order", ErrRoster)
		}
		if err := r.Devices[i].check(); err != nil {
			return err
		}
	}
	for i := range r.Admins {
		if i > 0 && bytes.Compare(r.Admins[i-1][:], r.Admins[i][:]) >= 0 {
			return fmt.Errorf("%w: admins are not in order", ErrRoster)
		}
		if _, ok := r.Find(r.Admins[i]); !ok {
			return fmt.Errorf("%w: an admin is not among the devices", ErrRoster)
		}
	}
	return nil
}

func (d *RosterDevice) check() error {
	if op.DeviceIDOf(d.SignPub[:]) != d.Device || d.PeerPub == [32]byte{} {
		return fmt.Errorf("%w: device %s with the keys of another", ErrRoster, d.Device)
	}
	return nil
}

// RelayVouch admits a device that the roster does not list yet, until the next generation: so that a newcomer can use the
// relay while no admin is online.
type RelayVouch struct {
	_      struct{} `cbor:",toarray"`
	Team   TeamTag
	Gen    uint64 // of the roster in force
	Device RosterDevice
	Signer op.DeviceID // on the roster
	Sig    [64]byte
}

// Sign signs the vouch.
func (v *RelayVouch) Sign(priv ed25519.PrivateKey) {
	v.Signer = op.DeviceIDOf(priv.Public().(ed25519.PublicKey))
	v.Sig = [64]byte(ed25519.Sign(priv, v.signed()))
}

// Verify checks the signature with the signing key of the signer.
func (v *RelayVouch) Verify(pub ed25519.PublicKey) bool {
	return len(pub) == ed25519.PublicKeySize && ed25519.Verify(pub, v.signed(), v.Sig[:])
}

func (v *RelayVouch) signed() []byte {
	b := append([]byte(vouchDomain), v.Team[:]...)
	b = binary.BigEndian.AppendUint64(b, v.Gen)
	b = append(b, v.Device.Device[:]...)
	b = append(b, v.Device.SignPub[:]...)
	b = append(b, v.Device.PeerPub[:]...)
	return append(b, v.Signer[:]...)
}

// CapProof is what the key of a cap signs to open a scope on one connection. store and nonce are those of RelayWelcome, so a
// proof that was overheard or kept opens nothing else.
func CapProof(store [16]byte, nonce [32]byte, device op.DeviceID, tag op.ScopeTag, pub [32]byte) []byte {
	b := append([]byte(proofDomain), store[:]...)
	b = append(b, nonce[:]...)
	b = append(b, device[:]...)
	b = append(b, tag[:]...)
	return append(b, pub[:]...)
}

// CapFollows is what the key of an earlier cap signs so that the cap pub may follow it in a scope.
func CapFollows(tag op.ScopeTag, pub [32]byte) []byte {
	b := append([]byte(followsDomain), tag[:]...)
	return append(b, pub[:]...)
}

// BoxOf names the mailbox of an invitation's key.
func BoxOf(pub [32]byte) MailBox {
	h := sha256.Sum256(append([]byte(boxDomain), pub[:]...))
	return MailBox(h[:16])
}

// BoxProof is what the key of a mailbox signs to open it on one connection.
func BoxProof(store [16]byte, nonce [32]byte, box MailBox) []byte {
	b := append([]byte(boxDomain), store[:]...)
	b = append(b, nonce[:]...)
	return append(b, box[:]...)
}
