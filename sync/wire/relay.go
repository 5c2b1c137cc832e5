package wire

import (
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file holds what a device and a blind relay say to each other besides the messages of sync, which they use too: Since,
// Delta, Want, Frame, Credit, Ack, Have, Registers, Keys, Bye.

// RelayVersion of the conversation with a relay. Both speak the lower of the two.
const RelayVersion = 2

// RelayKnowsBlobs is the version since which a relay answers what is asked about chunks.
const RelayKnowsBlobs = 2

// RelayOpensBoxes is the first version in which devices of the team open the boxes of invitations without their keys.
const RelayOpensBoxes = 2

// Bounds of the conversation with a relay.
const (
	MaxRelayCaps     = 256 // a packet
	MaxRelayParents  = 16  // signatures by earlier caps
	MaxRelayTags     = 4096
	MaxRelayToken    = 32
	MaxMailBody      = 64 << 10
	MaxMails         = 256 // a packet; their bodies also fit MaxFrameBytes
	MaxRefusedFeeds  = 1024
	maxRefusalText   = 200
	maxMailTTL       = 7 * 24 * 3600
	maxRelayAppBytes = maxTextSize
)

// TeamTag names a team to relays. Only the team can link it to the team's id.
type TeamTag [16]byte

// MailBox names a mailbox: the id of a device, or BoxOf the key of an invitation.
type MailBox [16]byte

// The messages. Numbers never change.
const (
	TRelayHello           Type = 32
	TRelayWelcome         Type = 33
	TRelayRoster          Type = 34
	TRelayAskRoster       Type = 35
	TRelayRosterIs        Type = 36
	TRelayRefused         Type = 37
	TRelayVouch           Type = 38
	TRelayCaps            Type = 39
	TRelayScopes          Type = 40
	TRelayAskEpochs       Type = 41
	TRelayEpochs          Type = 42
	TRelayFeedsRefused    Type = 43
	TRelayRegistersStored Type = 44
	TRelayCursor          Type = 45
	TRelayGone            Type = 46
	TRelayMailOpen        Type = 47
	TRelayMailPut         Type = 48
	TRelayMailStored      Type = 49
	TRelayMailGet         Type = 50
	TRelayMail            Type = 51
	TRelayMailDrop        Type = 52
	TRelayBlobHas         Type = 53
	TRelayBlobHeld        Type = 54
	TRelayBlobPut         Type = 55
	TRelayBlobStored      Type = 56
	TRelayBlobGet         Type = 57
	TRelayBlobPart        Type = 58
)

// RelayHello opens the conversation; the device speaks first. The transport has proven the keys of both ends.
type RelayHello struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Team    TeamTag
	Device  op.DeviceID
	Token   []byte // of the relay's owner, while the relay does not know the team yet
	App     string
}

// RelayState is what a relay lets a device do.
type RelayState uint8

// The states. In all but RelayOK only the roster can be asked for and sent, and invitation mail exchanged where it says so.
const (
	RelayOK           RelayState = 1
	RelayNeedsRoster  RelayState = 2 // the team is allowed and has no roster yet: send the first one
	RelayNotAllowed   RelayState = 3 // the relay's owner has not let the team in, or the token is used up or expired
	RelayNotOnRoster  RelayState = 4 // the team is known, this device is not on its roster; invitation mail works
	RelayFull         RelayState = 5 // the team's room is used up: reading works, putting is refused
	lastRelayState               = RelayFull
	RelayStateUnknown RelayState = 0
)

// RelayWelcome answers RelayHello.
type RelayWelcome struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8
	Store      [16]byte // of the relay's database; cursors and what was stored belong to it
	Nonce      [32]byte // what proofs of this connection cover
	ClockMS    int64
	Gen        uint64 // of the roster in force; 0: none
	RosterHash [32]byte
	State      RelayState
	LSeq       int64 // highest arrival number of the team
}

// RelayRoster carries a roster as signed, see ParseRoster: from a device to be put in force, from a relay the one in force.
type RelayRoster struct {
	_   struct{} `cbor:",toarray"`
	Raw []byte
}

// RelayAskRoster asks for the roster in force. Without one, RelayRosterIs with generation 0 answers.
type RelayAskRoster struct {
	_ struct{} `cbor:",toarray"`
}

// RelayRosterIs names the roster in force: after one was put or a device vouched for, to whoever did it, and to every
// device of the team when it changed. State is what the relay lets the receiver do from now on.
type RelayRosterIs struct {
	_     struct{} `cbor:",toarray"`
	Gen   uint64
	Hash  [32]byte
	State RelayState
}

// RelayCode says why something was refused.
type RelayCode uint8

// The codes.
const (
	RelayBadState   RelayCode = 1  // not in this state, see RelayState
	RelayStale      RelayCode = 2  // the roster does not follow the one in force: ask for that, merge, try again
	RelayNoAdmin    RelayCode = 3  // the roster's signer is not an admin of the one in force
	RelayBadSig     RelayCode = 4  // a signature or proof does not match
	RelayBadToken   RelayCode = 5  // unknown, used or expired
	RelayTooMany    RelayCode = 6  // devices, pending vouches, mailboxes, caps
	RelayQuota      RelayCode = 7  // of bytes: the team's, the mailbox's, the disk's
	RelayOtherTeam  RelayCode = 8  // what was sent is of another team
	RelayNotThere   RelayCode = 9  // no such mailbox
	RelayFork       RelayCode = 10 // another op is stored for this seq; the first one stays
	RelayNotChained RelayCode = 11 // ops are missing before these: send from From
	RelayNoDevice   RelayCode = 12 // the author's device was never on the roster
	RelayNoRight    RelayCode = 13 // no cap for writing this scope
	RelayTryLater   RelayCode = 14 // the relay cannot write now
	lastRelayCode             = RelayTryLater
)

// RelayRefused answers a message that was not carried out. Text is for the log.
type RelayRefused struct {
	_    struct{} `cbor:",toarray"`
	What Type     // of the refused message
	Code RelayCode
	Text string
}

// RelayCap proves that the sender holds a scope's key, without telling it.
type RelayCap struct {
	_       struct{} `cbor:",toarray"`
	Tag     op.ScopeTag
	Ref     op.EpochRef // of the epoch that the cap is derived from; for the relay a name only
	Pub     [32]byte
	Parents []RelayParent // earlier caps of the scope that let this one follow; none for the first
	Proof   [64]byte      // by the cap's key over CapProof
}

// RelayParent is the signature of an earlier cap over CapFollows.
type RelayParent struct {
	_   struct{} `cbor:",toarray"`
	Pub [32]byte
	Sig [64]byte
}

// RelayCaps opens scopes for this connection.
type RelayCaps struct {
	_    struct{} `cbor:",toarray"`
	Caps []RelayCap
}

// ScopeState is what a connection may do in a scope.
type ScopeState uint8

// The states of a scope.
const (
	ScopeFull    ScopeState = 1 // read and write
	ScopeEpochs  ScopeState = 2 // the cap was superseded: epoch ops only, see RelayAskEpochs
	ScopeUnknown ScopeState = 3 // the relay knows other caps of this scope, and none of them let this one follow
	ScopeRefused ScopeState = 4 // the proof is wrong, or there is no room for the cap
	lastScope               = ScopeRefused
)

// RelayScope is one line of RelayScopes.
type RelayScope struct {
	_     struct{} `cbor:",toarray"`
	Tag   op.ScopeTag
	State ScopeState
}

// RelayScopes answers RelayCaps, a line for each cap in order, and tells when a cap of this connection is superseded.
type RelayScopes struct {
	_      struct{} `cbor:",toarray"`
	Scopes []RelayScope
}

// RelayAskEpochs asks for the epoch ops of a scope that arrived after an arrival number. Keys answer, then RelayEpochs.
type RelayAskEpochs struct {
	_     struct{} `cbor:",toarray"`
	Tag   op.ScopeTag
	After int64
}

// RelayEpochs ends the answer. With More, ask again after UpTo.
type RelayEpochs struct {
	_    struct{} `cbor:",toarray"`
	Tag  op.ScopeTag
	UpTo int64
	More bool
}

// RefusedFeed says why ops of a feed were not stored.
type RefusedFeed struct {
	_           struct{} `cbor:",toarray"`
	Tag         op.ScopeTag
	Device      op.DeviceID
	Incarnation uint32
	Code        RelayCode
	From        uint64 // with RelayNotChained: the next seq that can be stored; with RelayFork: the first that differs
}

// Key of the feed.
func (f *RefusedFeed) Key() oplog.FeedKey {
	return oplog.FeedKey{Tag: f.Tag, Device: f.Device, Incarnation: f.Incarnation}
}

// RelayFeedsRefused answers frames that were not stored.
type RelayFeedsRefused struct {
	_     struct{} `cbor:",toarray"`
	Feeds []RefusedFeed
}

// RelayRegistersStored answers one Registers message, in their order, once what was new in it is durably stored.
type RelayRegistersStored struct {
	_       struct{} `cbor:",toarray"`
	Stored  uint32   // stored, or older than what is stored
	Refused uint32   // scope not full, device unknown, no room
}

// RelayCursor says that everything the relay listed up to there is durably stored at this device.
type RelayCursor struct {
	_    struct{} `cbor:",toarray"`
	LSeq int64
}

// RelayGone answers a Want for ops that were collected: every device then active had them. Members still have them.
type RelayGone struct {
	_           struct{} `cbor:",toarray"`
	Tag         op.ScopeTag
	Device      op.DeviceID
	Incarnation uint32
	From        uint64 // the first seq that is still here
}

func (*RelayHello) wireType() Type           { return TRelayHello }
func (*RelayWelcome) wireType() Type         { return TRelayWelcome }
func (*RelayRoster) wireType() Type          { return TRelayRoster }
func (*RelayAskRoster) wireType() Type       { return TRelayAskRoster }
func (*RelayRosterIs) wireType() Type        { return TRelayRosterIs }
func (*RelayRefused) wireType() Type         { return TRelayRefused }
func (*RelayVouch) wireType() Type           { return TRelayVouch }
func (*RelayCaps) wireType() Type            { return TRelayCaps }
func (*RelayScopes) wireType() Type          { return TRelayScopes }
func (*RelayAskEpochs) wireType() Type       { return TRelayAskEpochs }
func (*RelayEpochs) wireType() Type          { return TRelayEpochs }
func (*RelayFeedsRefused) wireType() Type    { return TRelayFeedsRefused }
func (*RelayRegistersStored) wireType() Type { return TRelayRegistersStored }
func (*RelayCursor) wireType() Type          { return TRelayCursor }
func (*RelayGone) wireType() Type            { return TRelayGone }

// KeyOf names the feed that an op stands in.
func KeyOf(h *op.Header) oplog.FeedKey {
	return oplog.FeedKey{Tag: h.Scope, Device: h.Device, Incarnation: h.Incarnation}
}
