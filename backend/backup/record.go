package backup

import (
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Kind is what a record holds.
type Kind uint8

// The kinds of records, in the order in which a run holds them.
const (
	KindEnd       Kind = 0 // the last record of a run
	KindSecrets   Kind = 1
	KindFile      Kind = 2
	KindRows      Kind = 3
	KindOps       Kind = 4 // those of the control log first
	KindRegisters Kind = 5
	KindForks     Kind = 6
	KindBranches  Kind = 7
	KindChunk     Kind = 8 // a file of larger content
)

// Record is one piece of a run. Which fields are used follows from the kind.
type Record struct {
	_    struct{} `cbor:",toarray"`
	Kind Kind

	Name    string   // of a file, of a table, or of a chunk's file
	Columns []string // of a table
	Rows    [][]any  // of a table: nil, int64, float64, string, []byte

	// Of a run of ops of one feed, the first of which is From.
	Tag         op.ScopeTag
	Device      op.DeviceID
	Incarnation uint32
	From        uint64
	At          []byte // when each arrived, or a chunk's file was written, ms since 1970, 8 bytes each

	// Content is a file or chunk; secrets as Secrets encodes them; ops, registers, forks' proofs or ops of branches: see Join.
	Content []byte
}

// Feed names the feed of a run of ops.
func (r *Record) Feed() oplog.FeedKey {
	return oplog.FeedKey{Tag: r.Tag, Device: r.Device, Incarnation: r.Incarnation}
}

// Bounds of a record, in bytes and rows. One op is about a megabyte at most, one chunk four and some bytes.
const (
	maxRecord   = maxChunk + 4<<10
	maxChunk    = 4<<20 + 16
	recordBytes = 256 << 10 // a record is closed beyond it
	recordRows  = 500
)

func (r *Record) marshal() ([]byte, error) {
	b, err := op.Marshal(r)
	if err != nil {
		return nil, err
	}
	if len(b) > maxRecord {
		return nil, fmt.Errorf("record of %d bytes", len(b))
	}
	return b, nil
}

func parseRecord(b []byte) (*Record, error) {
	var r Record
	if err := op.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	for _, row := range r.Rows {
		if len(row) != len(r.Columns) {
			return nil, fmt.Errorf("row of %d values for %d columns", len(row), len(r.Columns))
		}
		for i, v := range row {
			if n, ok := v.(uint64); ok { // as CBOR has it
				row[i] = int64(n)
			}
		}
	}
	return &r, nil
}

// Join lays pieces back to back, each behind its length.
func Join(pieces [][]byte) []byte {
	var out []byte
	for _, p := range pieces {
		out = append(out, byte(len(p)>>24), byte(len(p)>>16), byte(len(p)>>8), byte(len(p)))
		out = append(out, p...)
	}
	return out
}

// Split is the reverse of Join.
func Split(b []byte) ([][]byte, error) {
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, fmt.Errorf("%d bytes of a length", len(b))
		}
		n := int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		if n > len(b)-4 {
			return nil, fmt.Errorf("piece of %d bytes in %d", n, len(b)-4)
		}
		out, b = append(out, b[4:4+n]), b[4+n:]
	}
	return out, nil
}

// Secrets are what a device is.
type Secrets struct {
	Identity      []byte   `cbor:"1,keyasint"` // keys.Identity
	DatabaseKey   [32]byte `cbor:"2,keyasint"`
	DatabaseReady bool     `cbor:"3,keyasint"` // the database is encrypted under the key
}

// String says nothing of them.
func (Secrets) String() string { return "secrets" }

// ParseSecrets reads the content of their record.
func ParseSecrets(b []byte) (Secrets, error) {
	var s Secrets
	if err := op.Unmarshal(b, &s); err != nil {
		return Secrets{}, fmt.Errorf("secrets of a backup: %w", err)
	}
	return s, nil
}
