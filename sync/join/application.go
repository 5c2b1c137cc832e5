package join

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Application is a newcomer's request by letter, and what comes back. It is not safe for concurrent use.
type Application struct {
	Invitation Invitation
	Identity   *keys.Identity
	Serial     uint32 // of the request; at least 1

	sets map[string]*answerSet
}

// Answer is what members wrote.
type Answer struct {
	Refusal string // a code; "" with the rest
	Secret  keys.TeamSecret
	Keys    [][]byte // frames for Receiver.Take
}

// answerSet is an answer that takes several letters.
type answerSet struct {
	secret []byte
	parts  [][]byte
	left   int
}

// What a mail turned out to be.
type Found uint8

// The kinds of mail.
const (
	Foreign Found = iota // somebody else's
	Asked                // the request, as it is now
	Stale                // of this device, and of no use any more
	News                 // an answer; complete when Read returns it
)

func (a *Application) letterKey() keys.LetterKey { return keys.LetterKey(a.Invitation.Post.Key) }

// Request writes the letter that asks.
func (a *Application) Request() ([]byte, error) {
	id := a.Identity
	cert, err := keys.Certify(id.Root, id.Device, id.DeviceName)
	if err != nil {
		return nil, err
	}
	msg, err := requestMessage(a.Invitation.Team, a.Serial, cert)
	if err != nil {
		return nil, err
	}
	sig := ed25519.Sign(keys.InviteFromSecret(a.Invitation.Secret).Sign, msg)
	return closeLetter(a.letterKey(), letter{Request: &request{Serial: a.Serial, RootPub: id.Root.SignPub(), Cert: cert, Sig: sig}})
}

// Read looks at a mail from the box. The answer is not nil when the mail completes one to this request. A request or an answer with a
// higher number, which an attempt that was cut off left there, raises Serial.
func (a *Application) Read(body []byte) (Found, *Answer) {
	l, err := openLetter(a.letterKey(), body)
	if err != nil {
		return Foreign, nil
	}
	self, of, serial := a.Identity.Device.ID, op.DeviceID{}, uint32(0)
	if l.Request != nil {
		of, serial = l.Request.Cert.DeviceID(), l.Request.Serial
	} else {
		of, serial = l.Answer.Device, l.Answer.Serial
	}
	switch {
	case of != self:
		return Foreign, nil
	case serial < a.Serial:
		return Stale, nil
	case l.Request != nil:
		a.Serial = serial
		return Asked, nil
	}
	text, err := a.openAnswer(l.Answer)
	if err != nil {
		return Stale, nil
	}
	if serial > a.Serial {
		a.Serial, a.sets = serial, nil
	}
	if text.Refusal != "" {
		return News, &Answer{Refusal: text.Refusal}
	}
	return a.collect(text)
}

func (a *Application) openAnswer(w *answer) (answerText, error) {
	var text answerText
	invite := keys.InviteFromSecret(a.Invitation.Secret).Pub()
	plain, err := a.Identity.Device.OpenLetter(about(a.Invitation.Team, invite, w.Device, w.Serial), w.Sealed)
	if err == nil {
		err = op.Unmarshal(plain, &text)
	}
	if err != nil {
		return text, err
	}
	whole := text.Refusal != "" || len(text.Secret) == len(keys.TeamSecret{}) && text.Parts >= 1 && text.Parts <= maxParts && text.Part < text.Parts && len(text.Keys) > 0
	if !whole || len(text.Refusal) > maxName || len(text.Set) > 16 {
		return text, errors.New("join: malformed answer")
	}
	return text, nil
}

// collect puts the letters of an answer together.
func (a *Application) collect(text answerText) (Found, *Answer) {
	s := a.sets[string(text.Set)]
	if s == nil {
		if len(a.sets) >= maxSets {
			return Stale, nil
		}
		if a.sets == nil {
			a.sets = map[string]*answerSet{}
		}
		s = &answerSet{secret: text.Secret, parts: make([][]byte, text.Parts), left: int(text.Parts)}
		a.sets[string(text.Set)] = s
	}
	if len(s.parts) != int(text.Parts) || !bytes.Equal(s.secret, text.Secret) {
		return Stale, nil
	}
	if s.parts[text.Part] == nil {
		s.parts[text.Part] = text.Keys
		s.left--
	}
	if s.left > 0 {
		return News, nil
	}
	return News, &Answer{Secret: keys.TeamSecret(s.secret), Keys: s.parts}
}

// Again prepares the next request: the answers to this one were of no use.
func (a *Application) Again() error {
	if a.Serial == maxSerial {
		return fmt.Errorf("join: asked %d times", maxSerial)
	}
	a.Serial, a.sets = a.Serial+1, nil
	return nil
}

// maxSerial bounds how often one device asks by one invitation.
const maxSerial = 1 << 10
