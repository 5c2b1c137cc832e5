package link

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"tongzhou/sync/op"
)

// Scheme begins every link.
const Scheme = "tongzhou:relay?"

// Bounds of a link.
const (
	version   = 1
	maxText   = 4096
	maxAddrs  = 16
	maxAddr   = 256
	maxToken  = 32
	sumLength = 4
)

// Errors of reading a link.
var (
	ErrOther   = errors.New("relay link: not a link of a relay")
	ErrDamaged = errors.New("relay link: damaged or cut off")
	ErrNewer   = errors.New("relay link: of a newer program")
)

// Link names a relay.
type Link struct {
	_       struct{} `cbor:",toarray"`
	Version uint8
	Key     [32]byte // the relay's transport key, raw ed25519
	Addrs   []string // multiaddrs without /p2p/, best first
	Token   []byte   // lets one team in; empty: for a team that is in
}

// String writes the link. It is empty if it would hold more than Parse takes.
func (l Link) String() string {
	l.Version = version
	if l.check() != nil {
		return ""
	}
	b, err := op.Marshal(l)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	text := Scheme + base64.RawURLEncoding.EncodeToString(append(b, sum[:sumLength]...))
	if len(text) > maxText {
		return ""
	}
	return text
}

// Parse reads a link, also one that was broken into lines or stands inside other text. Errors: ErrOther, ErrDamaged, ErrNewer.
func Parse(text string) (Link, error) {
	at := strings.Index(text, Scheme)
	if at < 0 {
		return Link{}, ErrOther
	}
	body, err := unwrap(text[at+len(Scheme):])
	if err != nil {
		return Link{}, err
	}
	var l Link
	if err := op.Unmarshal(body, &l); err != nil {
		if isNewer(body) {
			return Link{}, ErrNewer
		}
		return Link{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if l.Version > version {
		return Link{}, ErrNewer
	}
	return l, l.check()
}

// isNewer tells whether the link begins with a higher version: everything behind that may be different.
func isNewer(body []byte) bool {
	return len(body) > 1 && body[0]&0xe0 == 0x80 && body[1] > version && body[1] < 0x18
}

func (l *Link) check() error {
	if l.Version < 1 || l.Key == [32]byte{} || len(l.Addrs) > maxAddrs || len(l.Token) > maxToken {
		return fmt.Errorf("%w: fields", ErrDamaged)
	}
	for _, a := range l.Addrs {
		if len(a) > maxAddr || !strings.HasPrefix(a, "/") {
			return fmt.Errorf("%w: address %q", ErrDamaged, a)
		}
	}
	return nil
}

// unwrap returns what the checksum covers. Words are joined until the sum fits: a mail program may have broken the link into
// lines, and other words may follow it.
func unwrap(text string) ([]byte, error) {
	joined := ""
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }) {
		word = strings.TrimLeft(word, "<>\"'“”‘’「」")
		end := strings.IndexFunc(word, func(r rune) bool { return !inLink(r) })
		if end >= 0 {
			word = word[:end]
		}
		if joined += word; len(joined) > maxText {
			break
		}
		raw, err := base64.RawURLEncoding.DecodeString(joined)
		if err == nil && len(raw) > sumLength {
			body, sum := raw[:len(raw)-sumLength], sha256.Sum256(raw[:len(raw)-sumLength])
			if bytes.Equal(raw[len(body):], sum[:sumLength]) {
				return body, nil
			}
		}
		if end >= 0 && word != "" {
			break
		}
	}
	return nil, ErrDamaged
}

func inLink(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
