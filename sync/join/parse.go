package join

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"

	"tongzhou/sync/op"
)

// Parse reads an invitation, also one that was wrapped into several lines or stands inside other text. Errors: ErrDamaged,
// ErrNewer, ErrOther.
func Parse(text string) (Invitation, error) {
	var i Invitation
	if err := decodeLink(text, Scheme, linkVersion, &i); err != nil {
		return Invitation{}, err
	}
	return i, i.check()
}

// decodeLink reads a link of one kind into v. Errors: those of Parse.
func decodeLink(text, scheme string, version uint8, v any) error {
	for _, other := range []string{Scheme, DeviceScheme} {
		if other != scheme && strings.Contains(text, other) && !strings.Contains(text, scheme) {
			return ErrOther
		}
	}
	body, err := unwrap(text, scheme)
	if err != nil {
		return err
	}
	var head struct { // first, because a newer link may differ in everything else
		Version uint8 `cbor:"1,keyasint"`
	}
	if err := op.Unmarshal(body, &head); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if head.Version > version {
		return ErrNewer
	}
	if err := op.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

func (i *Invitation) check() error {
	switch {
	case i.Version < 1, i.Team.IsZero(), i.Genesis.IsZero(), i.Invite.IsZero(), i.Secret == [16]byte{}, i.Expires < 0:
		return fmt.Errorf("%w: fields", ErrDamaged)
	case len(i.Peers) > maxPeers, len(i.TeamName) > maxName, len(i.Inviter) > maxName, len(i.MDNS) > 64:
		return fmt.Errorf("%w: size of fields", ErrDamaged)
	}
	for _, p := range i.Peers {
		if len(p.Addrs) > maxAddrs || len(p.ID) > 128 {
			return fmt.Errorf("%w: addresses", ErrDamaged)
		}
	}
	if i.Post == nil {
		return nil
	}
	if len(i.Post.Relays) < 1 || len(i.Post.Relays) > maxRelays {
		return fmt.Errorf("%w: relays", ErrDamaged)
	}
	for _, r := range i.Post.Relays {
		if len(r.Key) != ed25519.PublicKeySize || len(r.Addrs) < 1 || len(r.Addrs) > maxRelayAddrs {
			return fmt.Errorf("%w: relay", ErrDamaged)
		}
	}
	return nil
}

// unwrap finds the link in the text and returns what its checksum covers. Words are joined until the sum fits, because a mail
// program may have broken the link into lines and other words may follow it.
func unwrap(text, scheme string) ([]byte, error) {
	if at := strings.Index(text, scheme); at >= 0 {
		text = text[at+len(scheme):]
	}
	link := ""
	for _, word := range strings.FieldsFunc(text, separates) {
		clean := strings.TrimLeftFunc(word, isNoise)
		end := strings.IndexFunc(clean, func(r rune) bool { return !inLink(r) })
		if end >= 0 {
			clean = clean[:end]
		}
		if link += clean; len(link) > maxLink {
			return nil, fmt.Errorf("%w: more than %d characters", ErrDamaged, maxLink)
		}
		if body, ok := summed(link); ok {
			return body, nil
		}
		if end >= 0 && clean != "" { // something else stands directly behind it
			break
		}
	}
	return nil, fmt.Errorf("%w: checksum", ErrDamaged)
}

func summed(link string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil || len(raw) < 8 {
		return nil, false
	}
	body, check := raw[:len(raw)-4], raw[len(raw)-4:]
	sum := sha256.Sum256(body)
	return body, bytes.Equal(sum[:4], check)
}

func separates(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }

// isNoise is what programs put in front of a line that they broke.
func isNoise(r rune) bool { return strings.ContainsRune("<>\"'“”‘’「」", r) }

func inLink(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
