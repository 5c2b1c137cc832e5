package wire

import (
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Version of the conversation. Peers speak the lower of the two.
const Version = 1

// Bounds on hostile input.
const (
	MaxPacket      = 512 << 10
	MaxFrameBytes  = 256 << 10 // ops of one frame
	MaxFrameOps    = 1024
	MaxDeltaFeeds  = 2048
	MaxAcks        = 1024
	MaxRegisters   = 256
	MaxRanges      = 256
	MaxKeys        = 64
	MaxRangeItems  = 64
	Window         = 4 << 20 // frame bytes that may be under way: a frame may be sent while less than this was not credited back
	forkProofSize  = 2 * (op.HeaderSize + op.SigSize)
	maxTextSize    = 64
	packetOverhead = 5
)

// Type is the first byte of a packet.
type Type uint8

// The messages. Numbers never change.
const (
	THello       Type = 1
	TSince       Type = 2
	TDelta       Type = 3
	TWant        Type = 4
	TFrame       Type = 5
	TCredit      Type = 6
	TAck         Type = 7
	TRegisters   Type = 8
	TFingerprint Type = 9
	TRanges      Type = 10
	THave        Type = 11
	TFork        Type = 12
	TBye         Type = 13
	TKeys        Type = 14
	TNewest      Type = 15
)

// Message is one of the structs below.
type Message interface{ wireType() Type }

// Hello opens a conversation, in both directions.
type Hello struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Team       [8]byte // blinded team id
	Store      [16]byte
	LSeq       int64    // highest arrival number
	AuthDigest [32]byte // digest of the control state
	ClockMS    int64
	App        string
}

// Since asks for the feeds that changed in the peer's database after an arrival number. Control asks only for the team's
// control log, which comes first.
type Since struct {
	_       struct{} `cbor:",toarray"`
	LSeq    int64
	Control bool
}

// FeedState is a feed and how far its owner has it.
type FeedState struct {
	_           struct{} `cbor:",toarray"`
	Tag         op.ScopeTag
	Device      op.DeviceID
	Incarnation uint32
	Len         uint64
	Head        [8]byte // first bytes of the head's id
}

// Key of the feed.
func (f *FeedState) Key() oplog.FeedKey {
	return oplog.FeedKey{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation}
}

// State describes a stored feed.
func State(f *oplog.Feed) FeedState {
	return FeedState{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, Len: f.Len, Head: [8]byte(f.Head[:8])}
}

// Delta answers Since, in one or more parts.
type Delta struct {
	_       struct{} `cbor:",toarray"`
	Control bool
	Feeds   []FeedState
	UpTo    int64 // the cursor to keep once everything listed is stored; 0 when More
	More    bool
}

// Want asks for ops from..to of a feed.
type Want struct {
	_           struct{} `cbor:",toarray"`
	Tag         op.ScopeTag
	Device      op.DeviceID
	Incarnation uint32
	From, To    uint64
	Urgent      bool // before what was asked for earlier: control log, the scope on screen
}

// Key of the feed.
func (w *Want) Key() oplog.FeedKey {
	return oplog.FeedKey{Tag: w.Tag, Device: w.Device, Incarnation: w.Incarnation}
}

// Frame carries consecutive ops of one feed, as signed: feed, first seq and count stand in the ops themselves.
type Frame struct {
	Ops  []op.Sealed // ciphertexts alias Raw
	Raw  []byte      // ops back to back
	Kind FrameKind
}

// FrameKind says why a frame comes.
type FrameKind uint8

// The kinds of frame.
const (
	Asked FrameKind = iota
	Live            // pushed, not asked for
	Ahead           // answers Newest: what is before it in the feed comes later
	frameKinds
)

// Newest asks for what a reader of a scope needs first: the control ops of a private scope, and its newest ops, NewestOps or
// a few more, as frames of kind Ahead. Done, in the other direction, ends the answer.
type Newest struct {
	_    struct{} `cbor:",toarray"`
	Tag  op.ScopeTag
	Done bool
}

// NewestOps is a few screens of a chat.
const NewestOps = 100

// Credit gives the sender back bytes of the window.
type Credit struct {
	_     struct{} `cbor:",toarray"`
	Bytes uint32
}

// Ack tells how much of each feed is durably stored here.
type Ack struct {
	_     struct{} `cbor:",toarray"`
	Feeds []FeedState
}

// Registers carries registers as signed.
type Registers struct {
	_   struct{} `cbor:",toarray"`
	Raw [][]byte
}

// Fingerprint of all feeds the two replicas share, as far as the sender knows.
type Fingerprint struct {
	_          struct{} `cbor:",toarray"`
	Sum        [16]byte
	Count      uint64
	AuthDigest [32]byte
	UpTo       int64 // the sender's arrival number that the sum covers: with equal sums, the cursor to keep
}

// Range is a part of the key space of feeds, from the end of the one before (or zero) up to and including Upper.
type Range struct {
	_     struct{} `cbor:",toarray"`
	Upper [16]byte
	Sum   [16]byte
	Count uint64
	Items []FeedState // with List
	List  bool        // Items are all of the sender's feeds in the range
}

// Ranges compares sets of feeds where cursors cannot.
type Ranges struct {
	_      struct{} `cbor:",toarray"`
	Lower  [16]byte // where the first range begins
	Ranges []Range
}

// Have announces feeds that the receiver may lack, in whole or in part.
type Have struct {
	_     struct{} `cbor:",toarray"`
	Feeds []FeedState
}

// Fork carries the proof of a fork, as op.ParseForkProof reads it.
type Fork struct {
	_     struct{} `cbor:",toarray"`
	Proof []byte
}

// Keys hands over epoch ops, as signed, ahead of the feeds they stand in.
type Keys struct {
	_   struct{} `cbor:",toarray"`
	Raw [][]byte
}

// Bye says why the sender closes.
type Bye struct {
	_      struct{} `cbor:",toarray"`
	Reason string
}

func (*Hello) wireType() Type       { return THello }
func (*Since) wireType() Type       { return TSince }
func (*Delta) wireType() Type       { return TDelta }
func (*Want) wireType() Type        { return TWant }
func (*Frame) wireType() Type       { return TFrame }
func (*Credit) wireType() Type      { return TCredit }
func (*Ack) wireType() Type         { return TAck }
func (*Registers) wireType() Type   { return TRegisters }
func (*Fingerprint) wireType() Type { return TFingerprint }
func (*Ranges) wireType() Type      { return TRanges }
func (*Have) wireType() Type        { return THave }
func (*Fork) wireType() Type        { return TFork }
func (*Bye) wireType() Type         { return TBye }
func (*Keys) wireType() Type        { return TKeys }
func (*Newest) wireType() Type      { return TNewest }
