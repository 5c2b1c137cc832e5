package op

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
)

// TeamID names a team. It is agreed on when the team is founded and never changes.
type TeamID [16]byte

// ScopeID names a scope inside the team. It is secret outside of it: a ScopeTag stands for it in the clear.
type ScopeID [16]byte

// ScopeTag names a scope in the clear. Only holders of the team secret can compute it from a ScopeID.
type ScopeTag [16]byte

// UserID names a person: the first half of SHA-256 of the public root signing key.
type UserID [16]byte

// DeviceID names a device: the first half of SHA-256 of its public signing key.
type DeviceID [16]byte

// ID is an opid: SHA-256(header ‖ signature).
type ID [32]byte

// EpochRef names an epoch of a scope in the clear. The zero EpochRef stands for the team's bootstrap key.
type EpochRef [8]byte

// DeviceIDOf is the id of the device that signs with pub.
func DeviceIDOf(pub ed25519.PublicKey) DeviceID {
	sum := sha256.Sum256(pub)
	return DeviceID(sum[:16])
}

// UserIDOf is the id of the person whose root key is pub. It has the form of a DeviceID because the
// root key is also registered as a pseudo-device that can open every epoch.
func UserIDOf(pub ed25519.PublicKey) UserID { return UserID(DeviceIDOf(pub)) }

// ParseTeamID reads the text form.
func ParseTeamID(text string) (v TeamID, err error) { return v, parseText("TeamID", v[:], text) }

func (t TeamID) String() string                     { return formatText(t[:]) }
func (t TeamID) IsZero() bool                       { return t == TeamID{} }
func (t TeamID) MarshalText() ([]byte, error)       { return []byte(t.String()), nil }
func (t TeamID) MarshalBinary() ([]byte, error)     { return t[:], nil }
func (t *TeamID) UnmarshalText(text []byte) error   { return parseText("TeamID", t[:], string(text)) }
func (t *TeamID) UnmarshalBinary(data []byte) error { return parseBytes("TeamID", t[:], data) }

// ParseScopeID reads the text form.
func ParseScopeID(text string) (v ScopeID, err error) { return v, parseText("ScopeID", v[:], text) }

func (s ScopeID) String() string                     { return formatText(s[:]) }
func (s ScopeID) IsZero() bool                       { return s == ScopeID{} }
func (s ScopeID) MarshalText() ([]byte, error)       { return []byte(s.String()), nil }
func (s ScopeID) MarshalBinary() ([]byte, error)     { return s[:], nil }
func (s *ScopeID) UnmarshalText(text []byte) error   { return parseText("ScopeID", s[:], string(text)) }
func (s *ScopeID) UnmarshalBinary(data []byte) error { return parseBytes("ScopeID", s[:], data) }

// ParseScopeTag reads the text form.
func ParseScopeTag(text string) (v ScopeTag, err error) { return v, parseText("ScopeTag", v[:], text) }

func (s ScopeTag) String() string                     { return formatText(s[:]) }
func (s ScopeTag) IsZero() bool                       { return s == ScopeTag{} }
func (s ScopeTag) Compare(o ScopeTag) int             { return bytes.Compare(s[:], o[:]) }
func (s ScopeTag) MarshalText() ([]byte, error)       { return []byte(s.String()), nil }
func (s ScopeTag) MarshalBinary() ([]byte, error)     { return s[:], nil }
func (s *ScopeTag) UnmarshalText(text []byte) error   { return parseText("ScopeTag", s[:], string(text)) }
func (s *ScopeTag) UnmarshalBinary(data []byte) error { return parseBytes("ScopeTag", s[:], data) }

// ParseUserID reads the text form.
func ParseUserID(text string) (v UserID, err error) { return v, parseText("UserID", v[:], text) }

func (u UserID) String() string                     { return formatText(u[:]) }
func (u UserID) IsZero() bool                       { return u == UserID{} }
func (u UserID) MarshalText() ([]byte, error)       { return []byte(u.String()), nil }
func (u UserID) MarshalBinary() ([]byte, error)     { return u[:], nil }
func (u *UserID) UnmarshalText(text []byte) error   { return parseText("UserID", u[:], string(text)) }
func (u *UserID) UnmarshalBinary(data []byte) error { return parseBytes("UserID", u[:], data) }

// ParseDeviceID reads the text form.
func ParseDeviceID(text string) (v DeviceID, err error) { return v, parseText("DeviceID", v[:], text) }

func (d DeviceID) String() string                     { return formatText(d[:]) }
func (d DeviceID) IsZero() bool                       { return d == DeviceID{} }
func (d DeviceID) MarshalText() ([]byte, error)       { return []byte(d.String()), nil }
func (d DeviceID) MarshalBinary() ([]byte, error)     { return d[:], nil }
func (d *DeviceID) UnmarshalText(text []byte) error   { return parseText("DeviceID", d[:], string(text)) }
func (d *DeviceID) UnmarshalBinary(data []byte) error { return parseBytes("DeviceID", d[:], data) }

// ParseID reads the text form.
func ParseID(text string) (v ID, err error) { return v, parseText("ID", v[:], text) }

func (id ID) String() string                     { return formatText(id[:]) }
func (id ID) IsZero() bool                       { return id == ID{} }
func (id ID) MarshalText() ([]byte, error)       { return []byte(id.String()), nil }
func (id ID) MarshalBinary() ([]byte, error)     { return id[:], nil }
func (id *ID) UnmarshalText(text []byte) error   { return parseText("ID", id[:], string(text)) }
func (id *ID) UnmarshalBinary(data []byte) error { return parseBytes("ID", id[:], data) }

// ParseEpochRef reads the text form.
func ParseEpochRef(text string) (v EpochRef, err error) { return v, parseText("EpochRef", v[:], text) }

func (e EpochRef) String() string                     { return formatText(e[:]) }
func (e EpochRef) IsZero() bool                       { return e == EpochRef{} }
func (e EpochRef) MarshalText() ([]byte, error)       { return []byte(e.String()), nil }
func (e EpochRef) MarshalBinary() ([]byte, error)     { return e[:], nil }
func (e *EpochRef) UnmarshalText(text []byte) error   { return parseText("EpochRef", e[:], string(text)) }
func (e *EpochRef) UnmarshalBinary(data []byte) error { return parseBytes("EpochRef", e[:], data) }
