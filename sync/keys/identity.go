package keys

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"

	"tongzhou/sync/op"
)

// Version 1 always holds the root's seed. An identity without it is written as version 2, so that a program
// that knows only the first says that it is too old, and not that the file is damaged.
const (
	identityVersion         = 1
	identityVersionSeedless = 2
)

// Errors of reading an identity.
var (
	ErrIdentityDamaged = errors.New("identity is damaged")
	ErrIdentityVersion = errors.New("identity was written by a newer version")
)

// Identity is who this device is: everything that cannot be had from colleagues again. Root must come from
// NewRoot or, without the seed, from PublicRoot; Device from NewDevice.
type Identity struct {
	Root       Root
	Device     Device
	DeviceName string
	Team       op.TeamID // zero until the device belongs to a team
	TeamSecret           // zero likewise; its derivations are the identity's
	Genesis    op.ID     // the team's first op, on which every right rests; zero likewise
}

// identityFile is the encoded form: the checksum first, so that damage is told from a newer version.
type identityFile struct {
	Version int    `cbor:"1,keyasint"`
	Check   []byte `cbor:"2,keyasint"` // SHA-256 of Content
	Content []byte `cbor:"3,keyasint"` // an identityContent
}

type identityContent struct {
	RootSeed   []byte      `cbor:"1,keyasint"` // empty when the device does not hold it
	SignSeed   []byte      `cbor:"2,keyasint"`
	BoxSeed    []byte      `cbor:"3,keyasint"`
	PeerSeed   []byte      `cbor:"4,keyasint"`
	DeviceName string      `cbor:"5,keyasint"`
	Team       op.TeamID   `cbor:"6,keyasint"`
	TeamSecret []byte      `cbor:"7,keyasint"`
	User       op.UserID   `cbor:"8,keyasint"` // repeats what follows from the seeds, to notice a changed derivation
	Device     op.DeviceID `cbor:"9,keyasint"`
	Genesis    []byte      `cbor:"10,keyasint,omitempty"`
	RootPub    []byte      `cbor:"11,keyasint,omitempty"` // this and the next only where there is no seed
	RootBox    []byte      `cbor:"12,keyasint,omitempty"`
}

// Marshal encodes the identity. The result is as secret as the identity.
func (id *Identity) Marshal() ([]byte, error) {
	if id.Device.Box == nil {
		return nil, errors.New("encode identity: it has no device")
	}
	if !validName(id.DeviceName) {
		return nil, fmt.Errorf("encode identity: name of the device: %d bytes", len(id.DeviceName))
	}
	box, err := id.Device.Box.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode identity: %w", err)
	}
	var genesis []byte
	if !id.Genesis.IsZero() {
		genesis = id.Genesis[:]
	}
	version := identityVersion
	c := identityContent{
		SignSeed:   id.Device.Sign.Seed(),
		BoxSeed:    box,
		PeerSeed:   id.Device.Peer.Seed(),
		DeviceName: id.DeviceName,
		Team:       id.Team,
		TeamSecret: id.TeamSecret[:],
		User:       id.Root.ID,
		Device:     id.Device.ID,
		Genesis:    genesis,
	}
	if id.Root.Whole() {
		c.RootSeed = id.Root.Seed[:]
	} else {
		version = identityVersionSeedless
		c.RootSeed, c.RootPub, c.RootBox = []byte{}, id.Root.SignPub(), id.Root.BoxPub()
	}
	content, err := op.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode identity: %w", err)
	}
	check := sha256.Sum256(content)
	return op.Marshal(identityFile{Version: version, Check: check[:], Content: content})
}

// ParseIdentity is the reverse of Marshal. The error wraps ErrIdentityDamaged or ErrIdentityVersion and
// tells nothing of the content.
func ParseIdentity(b []byte) (Identity, error) {
	var file identityFile
	if op.Unmarshal(b, &file) != nil {
		return Identity{}, fmt.Errorf("%w: not an identity file", ErrIdentityDamaged)
	}
	if file.Version > identityVersionSeedless {
		return Identity{}, fmt.Errorf("%w: %d", ErrIdentityVersion, file.Version)
	}
	check := sha256.Sum256(file.Content)
	if file.Version < identityVersion || subtle.ConstantTimeCompare(check[:], file.Check) != 1 {
		return Identity{}, fmt.Errorf("%w: checksum", ErrIdentityDamaged)
	}
	var c identityContent
	if op.Unmarshal(file.Content, &c) != nil {
		return Identity{}, fmt.Errorf("%w: content", ErrIdentityDamaged)
	}
	return c.identity(file.Version == identityVersionSeedless)
}

func (c *identityContent) identity(seedless bool) (Identity, error) {
	if len(c.TeamSecret) != len(TeamSecret{}) {
		return Identity{}, fmt.Errorf("%w: length of a secret", ErrIdentityDamaged)
	}
	var genesis op.ID
	if n := copy(genesis[:], c.Genesis); n != len(c.Genesis) || n != 0 && n != len(genesis) {
		return Identity{}, fmt.Errorf("%w: length of an id", ErrIdentityDamaged)
	}
	root, err := c.root(seedless)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrIdentityDamaged, err)
	}
	device, err := deviceFromSeeds(c.SignSeed, c.BoxSeed, c.PeerSeed)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrIdentityDamaged, err)
	}
	if root.ID != c.User || device.ID != c.Device {
		return Identity{}, fmt.Errorf("%w: ids do not follow from the seeds", ErrIdentityDamaged)
	}
	return Identity{
		Root: root, Device: device, DeviceName: c.DeviceName,
		Team: c.Team, TeamSecret: TeamSecret(c.TeamSecret), Genesis: genesis,
	}, nil
}

func (c *identityContent) root(seedless bool) (Root, error) {
	switch {
	case seedless && len(c.RootSeed) > 0, !seedless && len(c.RootPub)+len(c.RootBox) > 0:
		return Root{}, errors.New("seed and public halves side by side")
	case seedless:
		return PublicRoot(c.RootPub, c.RootBox)
	case len(c.RootSeed) != ed25519.SeedSize:
		return Root{}, fmt.Errorf("seed of %d bytes", len(c.RootSeed))
	default:
		return NewRoot([32]byte(c.RootSeed))
	}
}

// String names person and device and nothing secret.
func (id Identity) String() string { return id.Root.String() + ", " + id.Device.String() }
