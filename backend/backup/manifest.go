package backup

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Manifest says what a run consists of.
type Manifest struct {
	Version  int         `cbor:"1,keyasint"`
	No       uint64      `cbor:"2,keyasint"`
	Base     uint64      `cbor:"3,keyasint"` // the first run of its chain
	Previous []byte      `cbor:"4,keyasint"` // SHA-256 of the manifest before; empty for the first of a set
	At       int64       `cbor:"5,keyasint"` // ms since 1970
	Team     op.TeamID   `cbor:"6,keyasint"`
	Device   op.DeviceID `cbor:"7,keyasint"`
	Store    []byte      `cbor:"8,keyasint"`            // of the database
	LSeq     int64       `cbor:"9,keyasint"`            // registers up to this arrival number of that store are in the chain
	DataSize int64       `cbor:"10,keyasint"`           // bytes
	DataHash []byte      `cbor:"11,keyasint"`           // SHA-256
	Ops      uint64      `cbor:"12,keyasint"`           // in this run
	Ends     []byte      `cbor:"13,keyasint"`           // how far the feeds go that changed since the run before: see end
	Program  string      `cbor:"14,keyasint"`           // version
	Chunks   []Chunk     `cbor:"15,keyasint,omitempty"` // that this run holds
}

// When is the moment that the run is a copy of.
func (m *Manifest) When() time.Time { return time.UnixMilli(m.At) }

// manifestVersion 1 had no chunks.
const manifestVersion = 2

// Bounds. A manifest is read whole; the feeds of a thousand people in forty scopes each are four megabytes.
const (
	maxManifest = 256 << 20
	endSize     = 16 + 16 + 4 + 8 + 32
)

// End is how far a feed goes.
type End struct {
	Len  uint64
	Head op.ID
}

func appendEnd(b []byte, f *oplog.Feed) []byte {
	b = append(b, f.Tag[:]...)
	b = append(b, f.Device[:]...)
	b = binary.BigEndian.AppendUint32(b, f.Incarnation)
	b = binary.BigEndian.AppendUint64(b, f.Len)
	return append(b, f.Head[:]...)
}

// ends calls fn for each feed in a manifest.
func (m *Manifest) ends(fn func(k oplog.FeedKey, e End)) {
	for b := m.Ends; len(b) >= endSize; b = b[endSize:] {
		k := oplog.FeedKey{Tag: op.ScopeTag(b[:16]), Device: op.DeviceID(b[16:32]), Incarnation: binary.BigEndian.Uint32(b[32:])}
		fn(k, End{Len: binary.BigEndian.Uint64(b[36:]), Head: op.ID(b[44:76])})
	}
}

// Every file of a run begins with what it is, in clear and protected by its seal.
const (
	manifestMagic = "TZBAKMAN"
	dataMagic     = "TZBAKDAT"
	headSize      = 8 + 16 + 8 + saltSize
)

func head(magic string, set SetID, no uint64, salt []byte) []byte {
	b := append([]byte(magic), set[:]...)
	return append(binary.BigEndian.AppendUint64(b, no), salt...)
}

// checkHead returns the salt of a file, or says why it is not the file that its name says.
func (s *Set) checkHead(b []byte, magic string, no uint64, name string) ([]byte, error) {
	switch {
	case len(b) < headSize:
		return nil, fault.New(codeCut, "file", name)
	case !bytes.HasPrefix(b, []byte(magic)):
		return nil, fault.New(codeAltered, "file", name)
	case SetID(b[8:24]) != s.id:
		return nil, fault.New(codeForeign, "file", name)
	case binary.BigEndian.Uint64(b[24:]) != no:
		return nil, fault.New(codeAltered, "file", name)
	}
	return b[32:headSize], nil
}

func manifestName(no uint64) string { return fmt.Sprintf("%06d.manifest", no) }
func dataName(no uint64) string     { return fmt.Sprintf("%06d.data", no) }

func (s *Set) sealManifest(m *Manifest) ([]byte, error) {
	plain, err := op.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	salt := freshSalt()
	b := head(manifestMagic, s.id, m.No, salt)
	aead := newAEAD(s.derive("manifest", m.No, salt))
	return aead.Seal(b, make([]byte, aead.NonceSize()), plain, b), nil
}

func (s *Set) openManifest(b []byte, no uint64) (*Manifest, error) {
	name := manifestName(no)
	if len(b) > maxManifest {
		return nil, fault.New(codeAltered, "file", name)
	}
	salt, err := s.checkHead(b, manifestMagic, no, name)
	if err != nil {
		return nil, err
	}
	aead := newAEAD(s.derive("manifest", no, salt))
	plain, err := aead.Open(nil, make([]byte, aead.NonceSize()), b[headSize:], b[:headSize])
	if err != nil {
		return nil, fault.New(codeAltered, "file", name) // cut off or changed: the seal cannot tell
	}
	var m Manifest
	if err := op.Unmarshal(plain, &m); err != nil {
		return nil, fault.Wrap(codeAltered, err, "file", name)
	}
	switch {
	case m.Version > manifestVersion:
		return nil, fault.New(codeNewer, "file", name)
	case m.Version < 1, m.No != no, m.Base > no, m.Base == 0, len(m.Store) != 16, len(m.Ends)%endSize != 0, m.DataSize < 0:
		return nil, fault.New(codeAltered, "file", name)
	}
	return &m, nil
}
