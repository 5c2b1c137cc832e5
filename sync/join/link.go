package join

import (
	"cmp"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tongzhou/sync/op"
)

// Scheme begins every invitation.
const Scheme = "tongzhou://join/"

// Bounds of a link.
const (
	maxLink  = 4096
	maxPeers = 8
	maxAddrs = 12
	maxName  = 120
)

// Errors of reading a link.
var (
	ErrDamaged = errors.New("join: damaged invitation")
	ErrNewer   = errors.New("join: invitation of a newer program")
	ErrOther   = errors.New("join: a link of another kind")
)

// Peer is a member that can let the newcomer in.
type Peer struct {
	_     struct{} `cbor:",toarray"`
	ID    string   // libp2p peer id
	Addrs []string // multiaddrs without /p2p/
}

// maxCircuits is how many addresses of a device may lead through relays; they are long, and one is enough unless it is old.
const maxCircuits = 2

// NewPeer takes the addresses of one device, multiaddrs with /p2p/, best first, at most limit, and a few through relays beside
// them: whoever reads the link is often in another network. It is false when there are none.
func NewPeer(addrs []string, limit int) (Peer, bool) {
	var p Peer
	direct, circuits := 0, 0
	for _, a := range BestFirst(addrs) {
		count, most := &direct, limit
		if strings.Contains(a, circuitPart) {
			count, most = &circuits, maxCircuits
		}
		at := strings.LastIndex(a, "/p2p/")
		if at < 0 || *count == most {
			continue
		}
		*count++
		p.ID = a[at+len("/p2p/"):]
		p.Addrs = append(p.Addrs, a[:at])
	}
	return p, len(p.Addrs) > 0
}

// circuitPart is in every address that leads through a relay.
const circuitPart = "/p2p-circuit"

// BestFirst orders addresses by how likely they help somebody else: IPv4 before IPv6, TCP before QUIC, then those through
// relays, loopback last.
func BestFirst(addrs []string) []string {
	out := slices.Clone(addrs)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(cost(a), cost(b)) })
	return out
}

func cost(a string) int {
	n := 0
	if strings.HasPrefix(a, "/ip6/") {
		n++
	}
	if strings.Contains(a, "/udp/") {
		n += 2
	}
	if strings.HasPrefix(a, "/ip4/127.") || strings.HasPrefix(a, "/ip6/::1/") {
		n += 8
	}
	if strings.Contains(a, circuitPart) {
		n += 4
	}
	return n
}

// Invitation is what a link carries: how to reach the team, what to believe, and the secret that proves the right to join.
// Whoever holds the link may join once.
type Invitation struct {
	Version  uint8     `cbor:"1,keyasint"`
	Team     op.TeamID `cbor:"2,keyasint"`
	Genesis  op.ID     `cbor:"3,keyasint"`
	Invite   op.ID     `cbor:"4,keyasint"` // the invite op
	Secret   [16]byte  `cbor:"5,keyasint"`
	Expires  int64     `cbor:"6,keyasint"` // ms since 1970
	TeamName string    `cbor:"7,keyasint"`
	Inviter  string    `cbor:"8,keyasint"`
	MDNS     string    `cbor:"9,keyasint"`
	Peers    []Peer    `cbor:"10,keyasint"`
	Post     *Mailbox  `cbor:"11,keyasint,omitempty"` // nil: the team has no relay
}

// Mailbox is where a newcomer and members leave letters for each other.
type Mailbox struct {
	Tag    [16]byte `cbor:"1,keyasint"` // of the team, for relays
	Key    [16]byte `cbor:"2,keyasint"` // keys.LetterKey of the invitation
	Relays []Relay  `cbor:"3,keyasint"`
}

// Relay is one of the team's relays.
type Relay struct {
	_     struct{} `cbor:",toarray"`
	Key   []byte   // transport key
	Addrs []string // multiaddrs without /p2p/, best first
}

// Bounds of a mailbox in a link. What does not fit is left out: the link must fit a QR code too.
const (
	maxRelays     = 2
	maxRelayAddrs = 3
)

// AddRelay puts a relay into the mailbox, if there is room for it.
func (m *Mailbox) AddRelay(key []byte, addrs []string) {
	if len(m.Relays) < maxRelays && len(key) == ed25519.PublicKeySize && len(addrs) > 0 {
		m.Relays = append(m.Relays, Relay{Key: key, Addrs: addrs[:min(len(addrs), maxRelayAddrs)]})
	}
}

const linkVersion = 1

// Link writes the invitation as text: the scheme, then base64url of CBOR and a 4-byte checksum. It is an error when it holds
// more than Parse accepts.
func (i Invitation) Link() (string, error) {
	i.Version = linkVersion
	return encodeLink(Scheme, i)
}

func encodeLink(scheme string, v any) (string, error) {
	b, err := op.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode link: %w", err)
	}
	sum := sha256.Sum256(b)
	text := base64.RawURLEncoding.EncodeToString(append(b, sum[:4]...))
	if len(text) > maxLink {
		return "", fmt.Errorf("encode link: %d characters, at most %d can be read again", len(text), maxLink)
	}
	return scheme + text, nil
}

// Expired tells whether the link is too old to be used at the given time.
func (i *Invitation) Expired(now time.Time) bool { return now.UnixMilli() > i.Expires }

// Addrs lists all addresses, multiaddrs with /p2p/.
func (i *Invitation) Addrs() []string {
	var out []string
	for _, p := range i.Peers {
		for _, a := range p.Addrs {
			out = append(out, a+"/p2p/"+p.ID)
		}
	}
	return out
}
