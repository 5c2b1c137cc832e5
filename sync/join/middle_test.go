package join

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Attack: somebody between the two devices has the link, shows the new device one of his own under which he answers, and
// holds one conversation with each. He is let in nowhere without the person confirming, and the screens show different codes.
func TestManInTheMiddleGetsAnotherCode(t *testing.T) {
	for range 40 {
		s, b := newShower(t), newBare(t, "b")
		m := newPerson(t, "m")
		// Towards the new device he is a device that shows a link: the same secret and team, his own transport key.
		false_ := newShower(t)
		false_.id.Team, false_.id.Genesis, false_.id.Root = s.id.Team, s.id.Genesis, s.id.Root
		false_.link = s.link
		false_.link.Peer = peerOf(false_.id)
		false_.offer = NewOffer(keys.InviteFromSecret(s.link.Secret), s.offer.Expires(), false_.add, false_.changed)
		mine, theirs := false_.meet(b)
		bCode := <-b.codes
		if false_.compared(t).Code != bCode {
			t.Fatal("the conversation that he holds with the new device is an honest one")
		}
		// Towards the old device he is a new device, called as the real one is.
		bm := &bare{id: &keys.Identity{Device: m.Device, DeviceName: "b"}, codes: make(chan string, 4)}
		hisMine, hisTheirs := s.meet(bm)
		st := s.compared(t)
		if st.Code != <-bm.codes {
			t.Fatal("the conversation that he holds with the old device is an honest one")
		}
		if st.Code == bCode { // one in a million
			t.Fatal("both screens show the same code")
		}
		s.offer.Confirm(false)
		if h := <-hisTheirs; !refusedWith(h, CodeLinkDiffers) || !refusedWith(<-hisMine, CodeLinkDiffers) || len(s.devices()) > 0 {
			t.Fatal(h)
		}
		false_.offer.Cancel()
		<-mine
		<-theirs
	}
}

// Attack: he passes every byte on. The proof is bound to the transport keys of both ends.
func TestManInTheMiddlePassesOn(t *testing.T) {
	s, b, m := newShower(t), newBare(t, "b"), newPerson(t, "m")
	if err := <-b.ask(pipeEnd(), s.link, peerOf(m)); !errors.Is(err, ErrWrongDevice) {
		t.Fatalf("the real link, another device: %v", err)
	}
	his := s.link
	his.Peer = peerOf(m)
	x, y := net.Pipe()
	theirs := s.answer(y, peerOf(m)) // the old device has a connection with him
	mine := b.ask(x, his, peerOf(m))
	if h := <-theirs; !refusedWith(h, CodeLinkProof) || !refusedWith(<-mine, CodeLinkProof) {
		t.Error(h)
	}
	if st := s.status(); st.Step != OfferFailed || len(s.devices()) > 0 {
		t.Errorf("%+v", st)
	}
}

func pipeEnd() net.Conn {
	x, _ := net.Pipe()
	return x
}

// Attack: he commits to one number and reveals another, or to another device, to make the code come out as he needs it; or he
// introduces a device that is not at the other end, or does not want to be this person's.
func TestCommitmentBinds(t *testing.T) {
	type attempt struct {
		cert keys.DeviceCert
		p    proof
		m    *keys.Identity
	}
	newCert := func(t *testing.T, peer ed25519.PrivateKey, user op.UserID) keys.DeviceCert {
		d, err := keys.NewDevice(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if peer != nil {
			d.Peer = peer
		}
		c := d.Public("m")
		c.User = user
		if err := d.Consent(&c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for name, c := range map[string]struct {
		before func(t *testing.T, s *shower, a *attempt) // he commits
		after  func(t *testing.T, s *shower, a *attempt) // he knows the other number
		forged bool                                      // the proof is not signed with the link's key
	}{
		"nothing":        {},
		"another number": {after: func(_ *testing.T, _ *shower, a *attempt) { a.p.Reveal[0] ^= 1 }},
		"no number":      {after: func(_ *testing.T, _ *shower, a *attempt) { a.p.Reveal = nil }},
		"another name of the device": {after: func(t *testing.T, _ *shower, a *attempt) {
			a.cert.Name = "other"
			if err := a.m.Device.Consent(&a.cert); err != nil {
				t.Fatal(err)
			}
		}},
		"another device afterwards": {after: func(t *testing.T, s *shower, a *attempt) {
			a.cert = newCert(t, a.m.Device.Peer, s.id.Root.ID)
		}},
		"a device that is elsewhere": {before: func(t *testing.T, s *shower, a *attempt) { a.cert = newCert(t, nil, s.id.Root.ID) }},
		"somebody else's device":     {before: func(t *testing.T, _ *shower, a *attempt) { a.cert = newCert(t, a.m.Device.Peer, op.UserID{5}) }},
		"no consent":                 {before: func(_ *testing.T, _ *shower, a *attempt) { a.cert.DeviceSig = nil }},
		"no right":                   {forged: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShower(t)
			a := &attempt{m: newPerson(t, "m"), p: proof{Reveal: make([]byte, nonceSize)}}
			a.cert = a.m.Device.Public("m")
			a.cert.User = s.id.Root.ID
			if err := a.m.Device.Consent(&a.cert); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(t, s, a)
			}
			key := keys.InviteFromSecret(s.link.Secret)
			tr := transcript{team: s.id.Team, user: s.id.Root.ID, link: key.Pub(), device: peerOf(a.m), member: peerOf(s.id)}
			var err error
			if tr.cert, err = certHash(a.cert); err != nil {
				t.Fatal(err)
			}
			x, y := net.Pipe()
			theirs := s.answer(y, peerOf(a.m))
			ch, err := claim(x, hello{Version: 1, Kind: kindLink, Pub: key.Pub(), Commit: tr.commit(a.p.Reveal)})
			if err != nil {
				t.Fatal(err)
			}
			if c.after != nil {
				c.after(t, s, a)
			}
			if c.forged {
				key = keys.InviteFromSecret([16]byte{1})
			}
			msg, err := proofMessage(kindLink, ch.Nonce, peerOf(s.id), peerOf(a.m), s.id.Team, a.cert)
			if err != nil {
				t.Fatal(err)
			}
			a.p.Cert, a.p.Sig = a.cert, ed25519.Sign(key.Sign, msg)
			go func() { _ = write(x, a.p); _, _ = io.Copy(io.Discard, x) }()
			if name == "nothing" {
				s.compared(t)
				_ = x.Close()
				<-theirs
				return
			}
			select {
			case h := <-theirs:
				if !refusedWith(h, CodeLinkProof) || len(s.devices()) > 0 {
					t.Fatal(h)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("taken seriously: %+v", s.status())
			}
		})
	}
}

// The code depends on everything that somebody in the middle would have to exchange, and so does the commitment.
func TestCodeCoversEverything(t *testing.T) {
	bytes32 := rapid.SliceOfN(rapid.Byte(), 32, 32)
	rapid.Check(t, func(t *rapid.T) {
		tr := transcript{
			team: op.TeamID(bytes32.Draw(t, "team")[:len(op.TeamID{})]), user: op.UserID(bytes32.Draw(t, "user")[:len(op.UserID{})]), link: bytes32.Draw(t, "link"),
			device: bytes32.Draw(t, "device"), member: bytes32.Draw(t, "member"), cert: [32]byte(bytes32.Draw(t, "cert")),
		}
		device, member := bytes32.Draw(t, "number"), bytes32.Draw(t, "nonce")
		flip := func(b []byte) []byte {
			out := append([]byte(nil), b...)
			out[rapid.IntRange(0, len(out)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			return out
		}
		other, d, m := tr, device, member
		inTranscript := true
		switch rapid.IntRange(0, 7).Draw(t, "what") {
		case 0:
			other.team = op.TeamID(flip(tr.team[:]))
		case 1:
			other.user = op.UserID(flip(tr.user[:]))
		case 2:
			other.link = flip(tr.link)
		case 3:
			other.device = flip(tr.device)
		case 4:
			other.member = flip(tr.member)
		case 5:
			other.cert = [32]byte(flip(tr.cert[:]))
		case 6:
			d = flip(device)
		case 7:
			m, inTranscript = flip(member), false
		}
		if tr.hash() == other.hash() && tr.code(device, member) == other.code(d, m) && string(d) == string(device) && string(m) == string(member) {
			t.Fatal("the transcript does not cover it")
		}
		if inTranscript && other.opens(tr.commit(device), d) {
			t.Fatal("the commitment opens to something else")
		}
		if !tr.opens(tr.commit(device), device) {
			t.Fatal("the commitment does not open")
		}
	})
}

// Codes are six digits, evenly spread: the chance of somebody in the middle is one in a million.
func TestCodesAreSpread(t *testing.T) {
	tr := transcript{link: []byte{1}}
	var first [10]int
	seen := map[string]int{}
	const n = 20_000
	for i := range n {
		c := tr.code([]byte{byte(i), byte(i >> 8), byte(i >> 16)}, nil)
		if len(c) != CodeDigits {
			t.Fatal(c)
		}
		first[c[0]-'0']++
		seen[c]++
	}
	for d, got := range first {
		if got < n/10*9/10 || got > n/10*11/10 {
			t.Errorf("%d codes begin with %d", got, d)
		}
	}
	if len(seen) < n*98/100 {
		t.Errorf("%d different codes of %d", len(seen), n)
	}
}

// Attack: a proof of one right is shown as one of another.
func TestProofsOfOneRightAreNoneOfAnother(t *testing.T) {
	p := newPerson(t, "p")
	seen := map[string]kind{}
	for k := range kind(len(proofDomains)) {
		msg, err := proofMessage(k, make([]byte, nonceSize), peerOf(p), peerOf(p), p.Team, p.Device.Public("p"))
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := seen[string(msg)]; taken {
			t.Errorf("kinds %d and %d sign the same", k, other)
		}
		seen[string(msg)] = k
	}
	if len(seen) != 3 {
		t.Fatalf("%d kinds", len(seen))
	}
}
