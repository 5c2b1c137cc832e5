package op

import "encoding/binary"

// RefSize is the length of a Ref's byte form.
const RefSize = 28

// Ref is an op's coordinates inside its scope. Unlike the ID it is known before the op is signed, so an
// op that creates an entity can name it. After a fork one Ref may stand for two ops; the feed is frozen
// before it then, and neither counts.
type Ref struct {
	Device      DeviceID
	Incarnation uint32
	Seq         uint64
}

// AppendTo appends device ‖ incarnation ‖ seq, big-endian. Refs compare as bytes in the order of feeds.
func (r Ref) AppendTo(b []byte) []byte {
	b = append(b, r.Device[:]...)
	b = binary.BigEndian.AppendUint32(b, r.Incarnation)
	return binary.BigEndian.AppendUint64(b, r.Seq)
}

// Bytes is the 28-byte form, the id of an entity that the op creates.
func (r Ref) Bytes() []byte { return r.AppendTo(make([]byte, 0, RefSize)) }

// RefFromBytes reads the byte form.
func RefFromBytes(b []byte) (Ref, error) {
	var buf [RefSize]byte
	if err := parseBytes("Ref", buf[:], b); err != nil {
		return Ref{}, err
	}
	return Ref{
		Device:      DeviceID(buf[:16]),
		Incarnation: binary.BigEndian.Uint32(buf[16:]),
		Seq:         binary.BigEndian.Uint64(buf[20:]),
	}, nil
}

// ParseRef reads the text form.
func ParseRef(text string) (Ref, error) {
	var buf [RefSize]byte
	if err := parseText("Ref", buf[:], text); err != nil {
		return Ref{}, err
	}
	return RefFromBytes(buf[:])
}

func (r Ref) String() string                 { return formatText(r.Bytes()) }
func (r Ref) IsZero() bool                   { return r == Ref{} }
func (r Ref) MarshalText() ([]byte, error)   { return []byte(r.String()), nil }
func (r Ref) MarshalBinary() ([]byte, error) { return r.Bytes(), nil }

// UnmarshalText reads the text form.
func (r *Ref) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRef(string(text))
	return err
}

// UnmarshalBinary reads the byte form.
func (r *Ref) UnmarshalBinary(data []byte) (err error) {
	*r, err = RefFromBytes(data)
	return err
}
