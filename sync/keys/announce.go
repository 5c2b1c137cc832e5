package keys

import (
	"crypto/hpke"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"tongzhou/sync/op"
)

// Op types of this package's payloads.
const (
	TypeEpochNew = "epoch.new/1"
	TypeEpochAdd = "epoch.add/1"
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

// EpochNew announces an epoch: the payload of an epoch.new/1 op. The first six fields and EpochAdd's are
// the same, and Ref is their hash.
type EpochNew struct {
	Scope        op.ScopeID    `cbor:"1,keyasint"`
	Ref          op.EpochRef   `cbor:"2,keyasint"`
	Gen          uint32        `cbor:"3,keyasint"`
	Parents      []op.EpochRef `cbor:"4,keyasint,omitempty"`
	RosterDigest Digest        `cbor:"5,keyasint"` // of the authority state that the recipients came from
	KeyCommit    Digest        `cbor:"6,keyasint"`
	Back         [][]byte      `cbor:"7,keyasint,omitempty"` // one per parent; empty where newcomers read from their joining on
	Boxes        []Box         `cbor:"8,keyasint"`           // at most MaxBoxes, the rest in epoch.add/1 ops
	// Log says that the epoch is for the control ops of a scope whose content newcomers read from their joining on: they
	// need all of its member log.
	Log bool `cbor:"9,keyasint,omitempty"`
}

// EpochAdd hands an announced epoch to further devices: the payload of an epoch.add/1 op. It is complete
// in itself, so a newcomer can use the key before the announcement arrives.
type EpochAdd struct {
	Scope     op.ScopeID    `cbor:"1,keyasint"`
	Ref       op.EpochRef   `cbor:"2,keyasint"`
	Gen       uint32        `cbor:"3,keyasint"`
	Parents   []op.EpochRef `cbor:"4,keyasint,omitempty"`
	KeyCommit Digest        `cbor:"6,keyasint"`
	Boxes     []Box         `cbor:"8,keyasint"`
}

// History says whether an epoch opens what was written before it.
type History bool

// The two kinds of history.
const (
	FullHistory History = true
	FromJoining History = false
)

// Announce makes the payloads that hand e to its recipients. With FullHistory, parents must hold all the
// epochs that e was made from.
func (e *Epoch) Announce(random io.Reader, team op.TeamID, history History, parents []Epoch, roster Digest, to []Recipient) (EpochNew, []EpochAdd, error) {
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

// Add seals e to further devices, in as many payloads as it takes. It uses every processor: a box takes half a millisecond,
// and somebody waits for all of them.
func (e *Epoch) Add(team op.TeamID, to []Recipient) ([]EpochAdd, error) {
	boxes := make([]Box, len(to))
	errs := make([]error, len(to))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(to)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(to)); i = next.Add(1) - 1 {
				sealed, err := Seal(to[i].BoxPub, team, e.Scope, e.Ref, to[i].Device, e.Key)
				if err != nil {
					errs[i] = fmt.Errorf("box for device %s: %w", to[i].Device, err)
				}
				boxes[i] = Box{Device: to[i].Device, Sealed: sealed}
			}
		})
	}
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var adds []EpochAdd
	for chunk := range slices.Chunk(boxes, MaxBoxes) {
		adds = append(adds, EpochAdd{
			Scope: e.Scope, Ref: e.Ref, Gen: e.Gen, Parents: slices.Clone(e.Parents), KeyCommit: e.Commit(), Boxes: chunk,
		})
	}
	return adds, nil
}

// Open finds and opens the device's box, see EpochAdd.Open.
func (n *EpochNew) Open(team op.TeamID, device op.DeviceID, priv hpke.PrivateKey) (Epoch, error) {
	return n.add().Open(team, device, priv)
}

func (n *EpochNew) add() *EpochAdd {
	return &EpochAdd{Scope: n.Scope, Ref: n.Ref, Gen: n.Gen, Parents: n.Parents, KeyCommit: n.KeyCommit, Boxes: n.Boxes}
}

// Open finds and opens the device's box. ErrNoBox means that a colleague has to add one; ErrBox and
// ErrCommit that the author of the box did wrong. The root is a device too, see Root.Device.
func (a *EpochAdd) Open(team op.TeamID, device op.DeviceID, priv hpke.PrivateKey) (Epoch, error) {
	result := ErrNoBox
	for _, b := range a.Boxes {
		if b.Device != device {
			continue
		}
		key, err := Open(priv, team, a.Scope, a.Ref, device, b.Sealed)
		if err != nil {
			result = err
			continue
		}
		e, err := a.epoch(key)
		if err == nil {
			return e, nil
		}
		result = err
	}
	return Epoch{}, fmt.Errorf("open epoch %s: %w", a.Ref, result)
}

// epoch is the announced epoch if key is the announced key.
func (a *EpochAdd) epoch(key [32]byte) (Epoch, error) {
	e := Epoch{Scope: a.Scope, Ref: a.Ref, Gen: a.Gen, Key: key, Parents: slices.Clone(a.Parents)}
	if e.Commit() != a.KeyCommit {
		return Epoch{}, ErrCommit
	}
	return e, nil
}
