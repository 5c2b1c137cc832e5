package wire

import "tongzhou/sync/op"

// This file holds how chunks of larger content (package blob) are left at a relay and fetched from it. The relay cannot tell
// whether a ciphertext is the chunk that its id names; the copies of a chunk are told apart by the hash of the ciphertext, which
// it can check.

// Bounds of chunks at a relay.
const (
	MaxRelayChunk  = 4<<20 + 16 // bytes of a ciphertext
	MaxChunkPart   = 128 << 10  // all parts of a chunk but the last are as long
	MaxChunkAsk    = 256        // ids of one question
	MaxChunkCopies = 4          // of one chunk, each by another device
)

// RelayCopy is one ciphertext under the id of a chunk.
type RelayCopy struct {
	_    struct{} `cbor:",toarray"`
	ID   [32]byte
	Sum  [32]byte // SHA-256 of the ciphertext
	Size uint32   // of the ciphertext, bytes
}

// RelayBlobHas asks which chunks of a scope are there. RelayBlobHeld answers; of a scope that is not open, nothing is there.
type RelayBlobHas struct {
	_   struct{} `cbor:",toarray"`
	Tag op.ScopeTag
	IDs [][32]byte
}

// RelayBlobHeld answers RelayBlobHas. With New, unasked, it tells of copies that another device has just left.
type RelayBlobHeld struct {
	_      struct{} `cbor:",toarray"`
	Tag    op.ScopeTag
	Copies []RelayCopy
	New    bool
}

// RelayBlobPut leaves one part of a copy, from a byte on. Parts come in order, one copy after the other. RelayBlobStored answers
// once, after the last part, or as soon as the copy is refused or found to be there.
type RelayBlobPut struct {
	_    struct{} `cbor:",toarray"`
	Tag  op.ScopeTag
	Copy RelayCopy
	From uint32
	Part []byte
}

// RelayBlobStored says that a copy is durably stored, whole; or with a code that it is not.
type RelayBlobStored struct {
	_    struct{} `cbor:",toarray"`
	Tag  op.ScopeTag
	Copy RelayCopy
	Code RelayCode // 0: stored
}

// RelayBlobGet asks for a copy. RelayBlobPart answers, once for each part.
type RelayBlobGet struct {
	_    struct{} `cbor:",toarray"`
	Tag  op.ScopeTag
	Copy RelayCopy
}

// RelayBlobPart is a part of a copy. Without bytes it says that the copy is not there, or not any more.
type RelayBlobPart struct {
	_    struct{} `cbor:",toarray"`
	Tag  op.ScopeTag
	Copy RelayCopy
	From uint32
	Part []byte
}

func (*RelayBlobHas) wireType() Type    { return TRelayBlobHas }
func (*RelayBlobHeld) wireType() Type   { return TRelayBlobHeld }
func (*RelayBlobPut) wireType() Type    { return TRelayBlobPut }
func (*RelayBlobStored) wireType() Type { return TRelayBlobStored }
func (*RelayBlobGet) wireType() Type    { return TRelayBlobGet }
func (*RelayBlobPart) wireType() Type   { return TRelayBlobPart }

// PartOf is the length of the part of a copy that begins at a byte; 0 if none does.
func (c *RelayCopy) PartOf(from uint32) int {
	if from >= c.Size || from%MaxChunkPart != 0 {
		return 0
	}
	return int(min(c.Size-from, MaxChunkPart))
}

func (c *RelayCopy) bounded() bool { return c.Size >= 1 && c.Size <= MaxRelayChunk }

// checkRelayBlob tells whether a message about chunks keeps its bounds; others do.
func checkRelayBlob(m Message) bool {
	switch m := m.(type) {
	case *RelayBlobHas:
		return len(m.IDs) >= 1 && len(m.IDs) <= MaxChunkAsk
	case *RelayBlobHeld:
		ok := len(m.Copies) <= MaxChunkAsk*MaxChunkCopies
		for i := range m.Copies {
			ok = ok && m.Copies[i].bounded()
		}
		return ok
	case *RelayBlobPut:
		return m.Copy.bounded() && len(m.Part) > 0 && len(m.Part) == m.Copy.PartOf(m.From)
	case *RelayBlobStored:
		return m.Copy.bounded() && m.Code <= lastRelayCode
	case *RelayBlobGet:
		return m.Copy.bounded()
	case *RelayBlobPart:
		return m.Copy.bounded() && (len(m.Part) == 0 || len(m.Part) == m.Copy.PartOf(m.From))
	}
	return true
}
