package keys

import (
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"slices"

	"tongzhou/sync/op"
)

// Op types of this package's payloads.
const (
	EpochNewType = "epoch.new/1"
	EpochAddType = "epoch.add/1"
)

// MaxBoxes is the most boxes in one op, so that it fits op.MaxCiphertext.
const MaxBoxes = 40

// Errors of opening an announced epoch.
var (
	ErrNoBox  = errors.New("no box for this device")
	ErrCommit = errors.New("box holds another key than announced")
)

// Box is an epoch key sealed to one device.
type Box struct {
	Device op.DeviceID `cbor:"1,keyasint"`
	Sealed []byte      `cbor:"2,keyasint"`
}

// Recipient is a device that is to receive an epoch key.
type Recipient struct {
	Device op.DeviceID
	BoxPub []byte
}

// EpochNew announces an epoch: the payload of an epoch.new/1 op.
type EpochNew struct {
	Scope        op.ScopeID    `cbor:"1,keyasint"`
	Ref          op.EpochRef   `cbor:"2,keyasint"`
	Gen          uint32        `cbor:"3,keyasint"`
	Parents      []op.EpochRef `cbor:"4,keyasint,omitempty"`
	RosterDigest Digest        `cbor:"5,keyasint"` // of the authority state that the recipients came from
	KeyCommit    Digest        `cbor:"6,keyasint"`
	Back         [][]byte      `cbor:"7,keyasint,omitempty"` // one per parent; empty where newcomers read from their joining on
	Boxes        []Box         `cbor:"8,keyasint"`           // at most MaxBoxes, the rest in epoch.add/1 ops
}

// EpochAdd hands an announced epoch to further devices: the payload of an epoch.add/1 op.
type EpochAdd struct {
	Scope op.ScopeID  `cbor:"1,keyasint"`
	Ref   op.EpochRef `cbor:"2,keyasint"`
	Boxes []Box       `cbor:"3,keyasint"`
}

// History says whether an epoch opens what was written before it.
type History bool

// The two kinds of history.
const (
	FullHistory History = true
	FromJoining History = false
)

// Announce makes the payloads that hand e to its recipients. With FullHistory, parents must be exactly
// the epochs that e was made from.
func (e *Epoch) Announce(random io.Reader, team op.TeamID, history History, parents []Epoch, roster [32]byte, to []Recipient) (EpochNew, []EpochAdd, error) {
	n := EpochNew{
		Scope: e.Scope, Ref: e.Ref, Gen: e.Gen, Parents: slices.Clone(e.Parents),
		RosterDigest: roster, KeyCommit: e.Commit(),
	}
	if history == FullHistory {
		var err error
		if n.Back, err = e.sealBack(random, parents); err != nil {
			return EpochNew{}, nil, fmt.Errorf("announce epoch: %w", err)
		}
	}
	adds, err := e.Add(team, to)
	if err != nil {
		return EpochNew{}, nil, fmt.Errorf("announce epoch: %w", err)
	}
	if len(adds) > 0 {
		n.Boxes, adds = adds[0].Boxes, adds[1:]
	}
	return n, adds, nil
}

// Add seals e to further devices, in as many payloads as it takes.
func (e *Epoch) Add(team op.TeamID, to []Recipient) ([]EpochAdd, error) {
	var adds []EpochAdd
	for chunk := range slices.Chunk(to, MaxBoxes) {
		add := EpochAdd{Scope: e.Scope, Ref: e.Ref}
		for _, r := range chunk {
			sealed, err := SealBox(r.BoxPub, BoxInfo{Team: team, Scope: e.Scope, Epoch: e.Ref, Device: r.Device}, e.Key)
			if err != nil {
				return nil, fmt.Errorf("box for device %s: %w", r.Device, err)
			}
			add.Boxes = append(add.Boxes, Box{Device: r.Device, Sealed: sealed})
		}
		adds = append(adds, add)
	}
	return adds, nil
}

// Open finds and opens the device's box among the announced ones and the added ones. ErrNoBox means that
// a colleague still has to add one; ErrBox and ErrCommit that the author of the box did wrong.
func (n *EpochNew) Open(team op.TeamID, device op.DeviceID, priv hpke.PrivateKey, added ...EpochAdd) (Epoch, error) {
	result := ErrNoBox
	try := func(boxes []Box) (Epoch, bool) {
		for _, b := range boxes {
			if b.Device != device {
				continue
			}
			key, err := OpenBox(priv, BoxInfo{Team: team, Scope: n.Scope, Epoch: n.Ref, Device: device}, b.Sealed)
			if err != nil {
				result = err
				continue
			}
			if e, err := n.epoch(key); err == nil {
				return e, true
			}
			result = ErrCommit
		}
		return Epoch{}, false
	}
	if e, ok := try(n.Boxes); ok {
		return e, nil
	}
	for _, a := range added {
		if a.Scope != n.Scope || a.Ref != n.Ref {
			continue
		}
		if e, ok := try(a.Boxes); ok {
			return e, nil
		}
	}
	return Epoch{}, fmt.Errorf("open epoch %s: %w", n.Ref, result)
}

// epoch is the announced epoch if key is the announced key.
func (n *EpochNew) epoch(key [32]byte) (Epoch, error) {
	e := Epoch{Scope: n.Scope, Ref: n.Ref, Gen: n.Gen, Key: key, Parents: slices.Clone(n.Parents)}
	if e.Commit() != n.KeyCommit {
		return Epoch{}, ErrCommit
	}
	return e, nil
}
