package store

import (
	"context"
	"errors"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// ErrFull is returned by Update when the disk has no room. Nothing of the update was stored.
var ErrFull = errors.New("relay store: disk full")

// TeamNo is the local number of a team.
type TeamNo int64

// Team is what is known of a team.
type Team struct {
	No      TeamNo
	Tag     wire.TeamTag
	SinceMS int64 // when it was let in
	LSeq    int64
	Rev     int64
	Bytes   int64 // of ops, registers, mail and chunks
	Gen     uint64
	Hash    [32]byte // of the roster in force
	Post    int64    // rises with every mail
}

// Standing of a device.
type Standing uint8

// The standings. Keys of devices that are none of the team's any more stay: others may still bring their ops.
const (
	Lapsed   Standing = 0 // was vouched for, and no roster listed it
	Rostered Standing = 1
	Vouched  Standing = 2
	Removed  Standing = 3 // was rostered
)

// In tells whether the device may use the relay at a time.
func (d *Device) In(nowMS int64) bool {
	return d.Standing == Rostered || d.Standing == Vouched && d.UntilMS > nowMS
}

// Device is a device of a team.
type Device struct {
	ID       op.DeviceID
	SignPub  [32]byte
	PeerPub  [32]byte
	Standing Standing
	UntilMS  int64 // of a vouch
	SeenMS   int64 // last connection; 0: never
	Cursor   int64 // what it has stored, by its own word
}

// Cap is a registered cap of a scope.
type Cap struct {
	Pub  [32]byte
	Ref  op.EpochRef
	Head bool // else superseded
}

// Feed is a stored feed.
type Feed struct {
	oplog.FeedKey
	No      int64
	First   uint64 // the first seq that is here; those before were collected
	Len     uint64 // the last one
	Head    op.ID
	LSeq    int64
	Content bool // holds content: what is old and everywhere may be collected
}

// State describes the feed on the wire.
func (f *Feed) State() wire.FeedState {
	return wire.FeedState{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation, Len: f.Len, Head: [8]byte(f.Head[:8])}
}

// Register is a stored register.
type Register struct {
	Tag     op.ScopeTag
	Device  op.DeviceID
	Key     string
	Version uint64
	LSeq    int64
	Raw     []byte // as signed
}

// Box is an invitation's mailbox, or a device's.
type Box struct {
	ID        wire.MailBox
	ExpiresMS int64
	Next      uint64 // number of the next mail
	Bytes     int64  // of what lies in it, each mail with MailCost
}

// MailCost is what a mail counts for besides its body, in bytes, so that nobody fills the store with empty ones.
const MailCost = 1024

// Share is what one device has in a mailbox.
type Share struct {
	Sender op.DeviceID // zero: not noted
	Bytes  int64       // as Box counts
	Oldest uint64      // number of the oldest one
}

// Chunk is a copy of a chunk of larger content: a ciphertext that a device left under the chunk's id.
type Chunk struct {
	No      int64
	Tag     op.ScopeTag
	Copy    wire.RelayCopy
	By      op.DeviceID
	Have    int64 // bytes that are here; all of them when it is whole
	LSeq    int64 // 0 while it is not whole
	UsedMS  int64 // when a device last named it, or left a part of it
	Fetched bool  // by another device than the one that left it
}

// ChunkKind tells copies apart that go at different times.
type ChunkKind uint8

// The kinds of copies.
const (
	AnyChunk ChunkKind = iota
	FetchedChunk
	UnfinishedChunk
)

// Reader reads. The slices it returns are the caller's.
type Reader interface {
	Team(ctx context.Context, tag wire.TeamTag) (Team, bool, error)
	TeamByNo(ctx context.Context, no TeamNo) (Team, bool, error)
	Teams(ctx context.Context) ([]Team, error)
	// Tokens counts those that may still be used.
	Tokens(ctx context.Context, nowMS int64) (int, error)
	HasToken(ctx context.Context, hash [32]byte, nowMS int64) (bool, error)

	Roster(ctx context.Context, no TeamNo) ([]byte, error)
	Device(ctx context.Context, no TeamNo, id op.DeviceID) (Device, bool, error)
	Devices(ctx context.Context, no TeamNo) ([]Device, error)
	// Homes lists the teams where a transport key belongs to a rostered or vouched device.
	Homes(ctx context.Context, peer [32]byte, nowMS int64) ([]TeamNo, error)

	Caps(ctx context.Context, no TeamNo, tag op.ScopeTag) ([]Cap, error)
	// Heads lists the caps of every scope that are heads.
	Heads(ctx context.Context, no TeamNo) (map[op.ScopeTag][][32]byte, error)
	// CapsBy counts the heads of a scope that a device registered.
	CapsBy(ctx context.Context, no TeamNo, tag op.ScopeTag, device op.DeviceID) (int, error)
	// Shown is since which arrival number a device may read each scope.
	Shown(ctx context.Context, no TeamNo, device op.DeviceID) (map[op.ScopeTag]int64, error)

	Feed(ctx context.Context, no TeamNo, k oplog.FeedKey) (Feed, bool, error)
	// Changed lists feeds with an arrival number above since, in their order.
	Changed(ctx context.Context, no TeamNo, since int64) ([]Feed, error)
	Scope(ctx context.Context, no TeamNo, tag op.ScopeTag) ([]Feed, error)
	// Ops reads the bytes of ops from..to back to back, at least one and at most limit bytes or maxOps of them.
	Ops(ctx context.Context, feed int64, from, to uint64, limit, maxOps int) (raw []byte, n int, err error)
	// Epochs reads the epoch ops of a scope that arrived after an arrival number, at most limit of them, in their order. upTo is
	// the arrival number that the answer covers.
	Epochs(ctx context.Context, no TeamNo, tag op.ScopeTag, after int64, limit int) (raw [][]byte, upTo int64, more bool, err error)

	Registers(ctx context.Context, no TeamNo, since int64) ([]Register, error)
	ScopeRegisters(ctx context.Context, no TeamNo, tag op.ScopeTag) ([]Register, error)

	Box(ctx context.Context, no TeamNo, box wire.MailBox) (Box, bool, error)
	// Mail reads mail of a box with numbers above after, oldest first, at most limit bytes or max of them, at least one.
	Mail(ctx context.Context, no TeamNo, box wire.MailBox, after uint64, limit, most int) (mails []wire.Mail, more bool, err error)

	// Shares lists what each device has in a mailbox.
	Shares(ctx context.Context, no TeamNo, box wire.MailBox) ([]Share, error)

	// Chunks lists the whole copies of chunks of a scope, of each the first wire.MaxChunkCopies.
	Chunks(ctx context.Context, no TeamNo, tag op.ScopeTag, ids [][32]byte) ([]Chunk, error)
	// NewChunks lists copies that became whole with an arrival number above since, in their order, at most limit of them.
	NewChunks(ctx context.Context, no TeamNo, since int64, limit int) ([]Chunk, error)
	// ChunkPart reads the part of a copy that begins at a byte; nil if it is not there.
	ChunkPart(ctx context.Context, chunk int64, from uint32) ([]byte, error)
	// ChunkTotals counts copies, whole and not, and their bytes.
	ChunkTotals(ctx context.Context, no TeamNo) (n int, bytes int64, err error)

	// OldestAhead is when the oldest op arrived that a cursor has not passed; 0: none. It looks into a few hundred feeds only.
	OldestAhead(ctx context.Context, no TeamNo, cursor int64) (int64, error)
}

// Tx is a transaction that writes. Team and TeamByNo of a Tx keep other writers away from the team until it ends.
type Tx interface {
	Reader

	AddToken(ctx context.Context, hash [32]byte, expiresMS int64) error
	// UseToken takes a token away; false if there is none that is not expired.
	UseToken(ctx context.Context, hash [32]byte, nowMS int64) (bool, error)
	AddTeam(ctx context.Context, tag wire.TeamTag, nowMS int64) (Team, error)
	RemoveTeam(ctx context.Context, no TeamNo) error
	SetRoster(ctx context.Context, no TeamNo, gen uint64, hash [32]byte, raw []byte) error
	// PutDevice adds a device, or changes keys and standing of one.
	PutDevice(ctx context.Context, no TeamNo, d Device) error
	// Retire takes every device off; what is put afterwards stays.
	Retire(ctx context.Context, no TeamNo) error
	Seen(ctx context.Context, no TeamNo, id op.DeviceID, atMS int64) error
	SetCursor(ctx context.Context, no TeamNo, id op.DeviceID, lseq int64) error

	PutCap(ctx context.Context, no TeamNo, tag op.ScopeTag, c Cap, by op.DeviceID) error
	// Supersede makes caps of a scope no heads any more.
	Supersede(ctx context.Context, no TeamNo, tag op.ScopeTag, pubs [][32]byte) error
	// DropCaps forgets caps that only devices which are out have proven.
	DropCaps(ctx context.Context, no TeamNo) error
	SetShown(ctx context.Context, no TeamNo, device op.DeviceID, tag op.ScopeTag, lseq int64) error
	DropShown(ctx context.Context, no TeamNo, device op.DeviceID, tag op.ScopeTag) error

	// Next takes the team's next arrival number, NextRev its next revision, NextPost the next number of its mail. Watch hears of
	// each.
	Next(ctx context.Context, no TeamNo) (int64, error)
	NextRev(ctx context.Context, no TeamNo) error
	NextPost(ctx context.Context, no TeamNo) error
	AddBytes(ctx context.Context, no TeamNo, n int64) error
	// Append stores ops that continue a feed, and the feed as it is then. A Feed with No 0 is new; it returns its number.
	Append(ctx context.Context, no TeamNo, f Feed, ops []op.Sealed, nowMS int64) (int64, error)
	// Collect deletes ops but epoch ops from the start of a feed, those that arrived up to an arrival number and before a
	// time, until limit of them or a few more went. It returns the bytes freed and how many ops went.
	Collect(ctx context.Context, no TeamNo, f Feed, upTo, beforeMS int64, limit int) (freed int64, n uint64, err error)
	// PutRegister stores a register if it is newer. It returns by how many bytes the store grew, and whether it did anything.
	PutRegister(ctx context.Context, no TeamNo, r Register) (grown int64, stored bool, err error)
	// RegisterKeys counts the registers of a device in a scope, but for the one of a key.
	RegisterKeys(ctx context.Context, no TeamNo, tag op.ScopeTag, device op.DeviceID, but string) (int, error)
	// Feeds counts the feeds of a device in a scope.
	Feeds(ctx context.Context, no TeamNo, tag op.ScopeTag, device op.DeviceID) (int, error)

	// BeginChunk adds a copy of which nothing is here yet, and counts its bytes.
	BeginChunk(ctx context.Context, no TeamNo, c Chunk) error
	// Unfinished is the copy that a device has begun to leave.
	Unfinished(ctx context.Context, no TeamNo, by op.DeviceID) (Chunk, bool, error)
	// AddPart stores the part of a copy behind what is here of it. With LSeq, it is whole then.
	AddPart(ctx context.Context, c Chunk, part []byte) error
	// UseChunks notes when copies were named, and with fetched, that another device than theirs has fetched them.
	UseChunks(ctx context.Context, chunks []int64, atMS int64, fetched bool) error
	DropChunk(ctx context.Context, no TeamNo, c *Chunk) error
	// OldChunks lists copies of a kind that were not used since a time, those unused longest first, at most limit of them.
	OldChunks(ctx context.Context, no TeamNo, kind ChunkKind, beforeMS int64, limit int) ([]Chunk, error)

	Boxes(ctx context.Context, no TeamNo) (int, error)
	PutBox(ctx context.Context, no TeamNo, b Box) error
	PutMail(ctx context.Context, no TeamNo, box wire.MailBox, by op.DeviceID, m wire.Mail, expiresMS int64) error
	// DropMail deletes mail that was taken. It returns how many bytes were freed, as Box counts.
	DropMail(ctx context.Context, no TeamNo, box wire.MailBox, nos []uint64) (freed int64, err error)
	// Expire deletes tokens, mail and boxes whose time is over.
	Expire(ctx context.Context, nowMS int64) error
}

// Store is a database of a relay.
type Store interface {
	Reader
	// ID is random per database.
	ID() [16]byte
	// Update runs fn in a transaction. fn may run more than once. Errors: ErrFull, fn's, the database's.
	Update(ctx context.Context, fn func(Tx) error) error
	// Watch calls fn after changes of a team, from any goroutine; fn must not block. The function returned ends it.
	Watch(fn func(TeamNo)) (stop func())
	Close() error
}
