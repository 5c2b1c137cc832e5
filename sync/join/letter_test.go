package join

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"

	"tongzhou/sync/keys"
)

// mailbox is an invitation with both sides of its box.
func mailbox(t testing.TB) (*Post, *Application) {
	t.Helper()
	key, err := keys.NewInvite(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	member, newcomer := newPerson(t, "a"), newPerson(t, "n")
	newcomer.TeamSecret = keys.TeamSecret{}
	inv := sample()
	inv.Team, inv.Secret = member.Team, key.Secret
	inv.Post = &Mailbox{Tag: member.TeamSecret.RelayTeam(), Key: member.TeamSecret.LetterKey(key.Pub())}
	return &Post{Team: member.Team, Secret: member.TeamSecret, Invite: key.Pub()}, &Application{Invitation: inv, Identity: newcomer, Serial: 1}
}

func (a *Application) mustRequest(t testing.TB) []byte {
	t.Helper()
	b, err := a.Request()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (p *Post) mustOpen(t testing.TB, body []byte) *Request {
	t.Helper()
	m, err := p.Open(body)
	if err != nil || m.Request == nil {
		t.Fatal(m, err)
	}
	return m.Request
}

// J11: a request says who asks, and the answer reaches that device, whole, in whatever order its letters come.
func TestJ11RequestAndAnswer(t *testing.T) {
	p, a := mailbox(t)
	q := p.mustOpen(t, a.mustRequest(t))
	if q.Cert.DeviceID() != a.Identity.Device.ID || q.Serial != 1 {
		t.Fatalf("%+v", q)
	}
	frames := [][]byte{[]byte("first keys"), []byte("more"), []byte("newest")}
	bodies, err := p.Welcome(q, frames)
	if err != nil || len(bodies) != 3 {
		t.Fatal(len(bodies), err)
	}
	for n, i := range []int{2, 0, 0, 1} {
		kind, got := a.Read(bodies[i])
		if kind != News || (got != nil) != (n == 3) {
			t.Fatalf("letter %d: %v %+v", i, kind, got)
		}
		if got != nil && (got.Secret != p.Secret || !slices.EqualFunc(got.Keys, frames, bytes.Equal) || got.Refusal != "") {
			t.Errorf("%+v", got)
		}
	}
	no, err := p.Refuse(q, CodeUsed)
	if err != nil {
		t.Fatal(err)
	}
	if kind, got := a.Read(no); kind != News || got == nil || got.Refusal != CodeUsed {
		t.Errorf("%v %+v", kind, got)
	}
	if m, err := p.Open(no); err != nil || m.Request != nil || m.Device != a.Identity.Device.ID || m.Serial != 1 {
		t.Errorf("what others see of an answer: %+v %v", m, err)
	}
	many := make([][]byte, maxParts+3)
	for i := range many {
		many[i] = []byte{byte(i)}
	}
	if bodies, err = p.Welcome(q, many); err != nil || len(bodies) != maxParts {
		t.Errorf("%d letters, %v", len(bodies), err)
	}
}

// J11: what an attempt that was cut off left in the box is found again; what was of no use is not taken twice.
func TestJ11AsksAgain(t *testing.T) {
	p, a := mailbox(t)
	first := a.mustRequest(t)
	if kind, _ := a.Read(first); kind != Asked {
		t.Error(kind)
	}
	old, err := p.Welcome(p.mustOpen(t, first), [][]byte{{1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Again(); err != nil {
		t.Fatal(err)
	}
	second := a.mustRequest(t)
	for _, body := range [][]byte{first, old[0]} {
		if kind, got := a.Read(body); kind != Stale || got != nil {
			t.Error(kind, got)
		}
	}
	restarted := &Application{Invitation: a.Invitation, Identity: a.Identity, Serial: 1}
	if kind, _ := restarted.Read(second); kind != Asked || restarted.Serial != 2 {
		t.Error(kind, restarted.Serial)
	}
	answer, err := p.Welcome(p.mustOpen(t, second), [][]byte{{2}})
	if err != nil {
		t.Fatal(err)
	}
	late := &Application{Invitation: a.Invitation, Identity: a.Identity, Serial: 1}
	if kind, got := late.Read(answer[0]); kind != News || got == nil || late.Serial != 2 {
		t.Error(kind, got)
	}
	late.Serial = maxSerial
	if late.Again() == nil {
		t.Error("asks without end")
	}
}

// J12: nobody else has a use for a request or an answer, and what was altered is none.
func TestJ12LettersOfOthers(t *testing.T) {
	p, a := mailbox(t)
	other, b := mailbox(t)
	asked := a.mustRequest(t)
	q := p.mustOpen(t, asked)
	answers, err := p.Welcome(q, [][]byte{{1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{asked, answers[0]} {
		if _, err := other.Open(body); !errors.Is(err, ErrLetter) {
			t.Errorf("another invitation's: %v", err)
		}
		if kind, _ := b.Read(body); kind != Foreign {
			t.Errorf("another invitation's: %v", kind)
		}
		for _, i := range []int{0, 30, len(body) / 2, len(body) - 1} {
			altered := bytes.Clone(body)
			altered[i] ^= 1
			if _, err := p.Open(altered); !errors.Is(err, ErrLetter) {
				t.Errorf("altered at %d: %v", i, err)
			}
			if kind, _ := a.Read(altered); kind != Foreign {
				t.Errorf("altered at %d: %v", i, kind)
			}
		}
	}
	// Somebody else with the same link.
	thief := &Application{Invitation: a.Invitation, Identity: newPerson(t, "t"), Serial: 1}
	if kind, got := thief.Read(answers[0]); kind != Foreign || got != nil {
		t.Error("an answer for another device", kind, got)
	}
	forge := func(change func(*request, *answer)) []byte {
		l, err := openLetter(a.letterKey(), asked)
		if err != nil {
			t.Fatal(err)
		}
		l2, err := openLetter(a.letterKey(), answers[0])
		if err != nil {
			t.Fatal(err)
		}
		change(l.Request, l2.Answer)
		out := letter{Request: l.Request}
		if len(l.Request.Sig) == 0 {
			out = letter{Answer: l2.Answer}
		}
		body, err := closeLetter(a.letterKey(), out)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	thiefCert, err := keys.Certify(thief.Identity.Root, thief.Identity.Device, "t")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*request, *answer){
		"another number": func(r *request, _ *answer) { r.Serial++ },
		"another device": func(r *request, _ *answer) { r.Cert, r.RootPub = thiefCert, thief.Identity.Root.SignPub() },
		"another person": func(r *request, _ *answer) { r.RootPub = thief.Identity.Root.SignPub() },
		"another name":   func(r *request, _ *answer) { r.Cert.Name = "x" },
		"signed by the device": func(r *request, _ *answer) {
			msg, _ := requestMessage(p.Team, r.Serial, r.Cert)
			r.Sig = ed25519.Sign(a.Identity.Device.Sign, msg)
		},
	} {
		if m, err := p.Open(forge(change)); !errors.Is(err, ErrLetter) {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
	for name, change := range map[string]func(*request, *answer){
		"an answer to another request": func(r *request, x *answer) { r.Sig, x.Serial = nil, 2 },
		"an answer for somebody else":  func(r *request, x *answer) { r.Sig, x.Device = nil, thief.Identity.Device.ID },
	} {
		body := forge(change)
		if _, got := a.Read(body); got != nil {
			t.Error(name)
		}
		if _, got := thief.Read(body); got != nil {
			t.Errorf("%s: a thief reads it", name)
		}
	}
	if _, err := p.Open(make([]byte, maxLetter+1)); !errors.Is(err, ErrLetter) {
		t.Error(err)
	}
}

// J12: what lies in the box tells its relay nothing.
func TestJ12RelayReadsNothing(t *testing.T) {
	p, a := mailbox(t)
	a.Identity.DeviceName = "REDRIVER's laptop"
	body := a.mustRequest(t)
	answers, err := p.Welcome(p.mustOpen(t, body), [][]byte{[]byte("KEYSOFTHELOG")})
	if err != nil {
		t.Fatal(err)
	}
	dev := a.Identity.Device.ID
	for name, needle := range map[string][]byte{
		"name": []byte("REDRIVER"), "device": dev[:], "person": a.Identity.Root.ID[:], "team": p.Team[:], "secret": p.Secret[:],
		"invitation's secret": a.Invitation.Secret[:], "keys": []byte("KEYSOFTHELOG"), "signing key": a.Identity.Device.Public("").SignPub,
	} {
		for _, b := range [][]byte{body, answers[0]} {
			if bytes.Contains(b, needle) {
				t.Error(name)
			}
		}
	}
}

// J12: answers that never become whole, and sets that contradict themselves, are bounded and harmless.
func TestJ12AnswersThatLie(t *testing.T) {
	p, a := mailbox(t)
	q := p.mustOpen(t, a.mustRequest(t))
	give := func(text answerText) (Found, *Answer) {
		t.Helper()
		body, err := p.answer(q, text)
		if err != nil {
			t.Fatal(err)
		}
		return a.Read(body)
	}
	good := answerText{Secret: make([]byte, 32), Set: []byte("s"), Parts: 2, Keys: []byte{1}}
	for name, change := range map[string]func(*answerText){
		"no keys": func(x *answerText) { x.Keys = nil }, "no part": func(x *answerText) { x.Parts = 0 }, "part": func(x *answerText) { x.Part = 2 },
		"many parts": func(x *answerText) { x.Parts = 200 }, "secret": func(x *answerText) { x.Secret = nil }, "set": func(x *answerText) { x.Set = make([]byte, 17) },
		"refusal": func(x *answerText) { x.Refusal = strings.Repeat("x", maxName+1) },
	} {
		x := good
		change(&x)
		if kind, got := give(x); kind != Stale || got != nil {
			t.Errorf("%s: %v %+v", name, kind, got)
		}
	}
	if kind, got := give(good); kind != News || got != nil {
		t.Error(kind, got)
	}
	liar := good
	liar.Secret, liar.Part = bytes.Repeat([]byte{9}, 32), 1
	if kind, got := give(liar); kind != Stale || got != nil {
		t.Error("halves of two answers are put together", got)
	}
	for n := range maxSets + 2 {
		x := good
		x.Set = []byte{byte(n), 1}
		give(x)
	}
	if len(a.sets) > maxSets {
		t.Errorf("%d answers are kept", len(a.sets))
	}
	good.Part = 1
	if _, got := give(good); got == nil {
		t.Error("the good one is lost")
	}
}

// J11: a link with a mailbox is read again, and bounds what it holds.
func TestJ11LinkWithMailbox(t *testing.T) {
	i := sample()
	i.Post = &Mailbox{Tag: [16]byte{1}, Key: [16]byte{2}}
	for range 4 {
		i.Post.AddRelay(make([]byte, 32), []string{"/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/udp/1/quic-v1", "/ip6/::1/tcp/1", "/ip6/::1/udp/1"})
	}
	i.Post.AddRelay(make([]byte, 31), []string{"/ip4/1.2.3.4/tcp/1"})
	i.Post.AddRelay(make([]byte, 32), nil)
	got, err := Parse(linkOf(t, i))
	if err != nil || got.Post == nil || got.Post.Tag != i.Post.Tag || got.Post.Key != i.Post.Key || len(got.Post.Relays) != maxRelays || len(got.Post.Relays[0].Addrs) != maxRelayAddrs {
		t.Fatalf("%+v %v", got.Post, err)
	}
	for name, change := range map[string]func(*Mailbox){
		"no relay": func(m *Mailbox) { m.Relays = nil }, "many": func(m *Mailbox) { m.Relays = slices.Repeat(m.Relays, 3) },
		"key": func(m *Mailbox) { m.Relays[0].Key = nil }, "addresses": func(m *Mailbox) { m.Relays[0].Addrs = nil },
	} {
		bad := i
		m := *i.Post
		m.Relays = slices.Clone(m.Relays)
		change(&m)
		bad.Post = &m
		if _, err := Parse(linkOf(t, bad)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever holds the link may leave anything in the box.
func FuzzLetters(f *testing.F) {
	p, a := mailbox(f)
	plain := func(body []byte) []byte {
		b, err := a.letterKey().Open(body)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	body := a.mustRequest(f)
	answers, err := p.Welcome(p.mustOpen(f, body), [][]byte{{1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain(body), false)
	f.Add(plain(answers[0]), false)
	f.Add(body, true)
	f.Fuzz(func(t *testing.T, b []byte, raw bool) {
		if !raw {
			var err error
			if b, err = a.letterKey().Seal(rand.Reader, b); err != nil {
				t.Fatal(err)
			}
		}
		m, err := p.Open(b)
		if err == nil && m.Request != nil && m.Device != a.Identity.Device.ID {
			t.Fatal("somebody got in without the invitation's key")
		}
		mine := &Application{Invitation: a.Invitation, Identity: a.Identity, Serial: 1}
		if _, got := mine.Read(b); got != nil && got.Refusal == "" && len(got.Keys) == 0 {
			t.Fatalf("%+v", got)
		}
	})
}
