package join

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file is joining by letters in the mailbox of an invitation at a relay, for a newcomer and a member who are never on at
// the same time (SPEC J11 to J14):
//
//	newcomer → request   who asks, with a signature by the invitation's key
//	member   → answer    the team's secret and the keys of the control log, sealed to that device; or a refusal with a code
//
// The member vouches for the device at the relay. With the keys it follows the control log there, and leaves its admission, as
// every device does. All letters are closed under the invitation's letter key, which the relay has not.

// maxLetter is the most that a letter holds, as package wire has it.
const maxLetter = 64 << 10

// Bounds of an answer that takes several letters.
const (
	maxParts = 8
	maxSets  = 16 // answers that are not complete
)

const letterVersion = 1

// ErrLetter is returned for a mail that is none of this conversation, or altered.
var ErrLetter = errors.New("join: not a letter of this invitation")

// letter is what lies in the box.
type letter struct {
	Version uint8    `cbor:"1,keyasint"`
	Request *request `cbor:"2,keyasint,omitempty"`
	Answer  *answer  `cbor:"3,keyasint,omitempty"`
}

type request struct {
	Serial  uint32          `cbor:"1,keyasint"` // counts up when an answer was of no use
	RootPub []byte          `cbor:"2,keyasint"`
	Cert    keys.DeviceCert `cbor:"3,keyasint"`
	Sig     []byte          `cbor:"4,keyasint"` // by the invitation's key over requestMessage
}

type answer struct {
	Device op.DeviceID `cbor:"1,keyasint"` // whom it is for
	Serial uint32      `cbor:"2,keyasint"` // of the request
	Sealed []byte      `cbor:"3,keyasint"` // answerText
}

// answerText is what only the newcomer's device reads.
type answerText struct {
	Refusal string `cbor:"1,keyasint,omitempty"`
	Secret  []byte `cbor:"2,keyasint,omitempty"` // the team's
	Set     []byte `cbor:"3,keyasint,omitempty"` // random, the same in all letters of an answer
	Part    uint8  `cbor:"4,keyasint,omitempty"`
	Parts   uint8  `cbor:"5,keyasint,omitempty"`
	Keys    []byte `cbor:"6,keyasint,omitempty"` // of the control log, a frame as over the stream (J10)
}

// requestMessage is what the invitation's key signs. The device's own keys signed the certificate, and the answer is sealed to
// it, so nobody else has a use for somebody's request, and it for no other invitation.
func requestMessage(team op.TeamID, serial uint32, cert keys.DeviceCert) ([]byte, error) {
	h, err := certHash(cert)
	if err != nil {
		return nil, err
	}
	msg := append([]byte("teammail1"), team[:]...)
	msg = binary.BigEndian.AppendUint32(msg, serial)
	return append(msg, h[:]...), nil
}

// about binds an answer to what it answers.
func about(team op.TeamID, invite ed25519.PublicKey, device op.DeviceID, serial uint32) []byte {
	h := sha256.Sum256(invite)
	b := append(h[:], team[:]...)
	b = append(b, device[:]...)
	return binary.BigEndian.AppendUint32(b, serial)
}

func closeLetter(key keys.LetterKey, l letter) ([]byte, error) {
	l.Version = letterVersion
	plain, err := op.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("join: encode letter: %w", err)
	}
	body, err := key.Seal(rand.Reader, plain)
	if err == nil && len(body) > maxLetter {
		return nil, errTooLarge
	}
	return body, err
}

// openLetter reads a mail of this version; newer ones are of no use and not to be thrown away. Errors: ErrLetter, ErrNewer.
func openLetter(key keys.LetterKey, body []byte) (letter, error) {
	var l letter
	if len(body) > maxLetter {
		return l, ErrLetter
	}
	plain, err := key.Open(body)
	if err != nil {
		return l, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	var head struct {
		Version uint8 `cbor:"1,keyasint"`
	}
	if err := op.Unmarshal(plain, &head); err != nil {
		return l, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	if head.Version > letterVersion {
		return l, ErrNewer
	}
	if err := op.Unmarshal(plain, &l); err != nil {
		return l, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	if (l.Request == nil) == (l.Answer == nil) {
		return l, fmt.Errorf("%w: neither request nor answer", ErrLetter)
	}
	return l, nil
}

// Post is the members' side of an invitation's mailbox. Invite is the invitation's public key.
type Post struct {
	Team   op.TeamID
	Secret keys.TeamSecret
	Invite ed25519.PublicKey
}

// Mail is a letter as members see it.
type Mail struct {
	Device  op.DeviceID // of the newcomer
	Serial  uint32
	Request *Request // nil: an answer that somebody gave
}

// Request is what a newcomer asks. Its proof holds.
type Request struct {
	Cert   keys.DeviceCert
	Serial uint32
}

// Open reads a mail. What a request says is proven: by the invitation's key, the person's and the device's. Errors: ErrLetter,
// ErrNewer.
func (p *Post) Open(body []byte) (Mail, error) {
	l, err := openLetter(p.Secret.LetterKey(p.Invite), body)
	if err != nil {
		return Mail{}, err
	}
	if l.Answer != nil {
		return Mail{Device: l.Answer.Device, Serial: l.Answer.Serial}, nil
	}
	q := l.Request
	if err := q.Cert.Verify(q.RootPub); err != nil {
		return Mail{}, fmt.Errorf("%w: %w", ErrLetter, err)
	}
	msg, err := requestMessage(p.Team, q.Serial, q.Cert)
	if err != nil || len(p.Invite) != ed25519.PublicKeySize || !ed25519.Verify(p.Invite, msg, q.Sig) {
		return Mail{}, fmt.Errorf("%w: proof", ErrLetter)
	}
	return Mail{Device: q.Cert.DeviceID(), Serial: q.Serial, Request: &Request{Cert: q.Cert, Serial: q.Serial}}, nil
}

// Refuse writes the letter that says no.
func (p *Post) Refuse(q *Request, code string) ([]byte, error) {
	return p.answer(q, answerText{Refusal: code})
}

// Welcome writes the letters that let the newcomer's device read the control log. frames are its keys, the newest last; where
// there are too many, those before follow from them.
func (p *Post) Welcome(q *Request, frames [][]byte) ([][]byte, error) {
	frames = frames[max(0, len(frames)-maxParts):]
	set := make([]byte, 8)
	_, _ = rand.Read(set)
	var out [][]byte
	for i, f := range frames {
		body, err := p.answer(q, answerText{Secret: p.Secret[:], Set: set, Part: uint8(i), Parts: uint8(len(frames)), Keys: f})
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, nil
}

func (p *Post) answer(q *Request, text answerText) ([]byte, error) {
	plain, err := op.Marshal(text)
	if err != nil {
		return nil, fmt.Errorf("join: encode answer: %w", err)
	}
	device := q.Cert.DeviceID()
	sealed, err := keys.SealTo(q.Cert.BoxPub, about(p.Team, p.Invite, device, q.Serial), plain)
	if err != nil {
		return nil, err
	}
	return closeLetter(p.Secret.LetterKey(p.Invite), letter{Answer: &answer{Device: device, Serial: q.Serial, Sealed: sealed}})
}
