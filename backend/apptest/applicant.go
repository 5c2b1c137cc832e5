package apptest

import (
	"context"
	"net"
	"sync"
	"time"

	"tongzhou/sync/courier"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Applicant is somebody who holds an invitation and joins by letters at a relay.
type Applicant struct {
	T           TB
	Name        string
	Application *join.Application
	Member      *Member // nil before the first answer is used
	Now         func() time.Time
}

// Invitation writes an invitation of one use, as its link says it.
func (m *Member) Invitation() join.Invitation {
	m.T.Helper()
	id, key := m.Invite()
	secret := m.ID.TeamSecret
	return join.Invitation{
		Version: 1, Team: m.ID.Team, Genesis: m.genesis, Invite: id, Secret: key.Secret, Expires: m.Now().Add(24 * time.Hour).UnixMilli(),
		Post: &join.Mailbox{Tag: secret.RelayTeam(), Key: secret.LetterKey(key.Pub())},
	}
}

// NewApplicant is somebody who was given the link and knows nothing else.
func NewApplicant(t TB, name string, inv join.Invitation) *Applicant {
	t.Helper()
	id := NewIdentity(t, name, inv.Team, keys.TeamSecret{})
	id.Genesis = inv.Genesis
	return &Applicant{T: t, Name: name, Application: &join.Application{Invitation: inv, Identity: id, Serial: 1}, Now: time.Now}
}

// Call is a conversation of an applicant with a relay.
type Call struct {
	Left     chan struct{}
	Withdraw chan struct{}
	mine     net.Conn
	cancel   context.CancelFunc
	done     sync.WaitGroup
	answer   *join.Answer
	err      error
}

// Call connects the applicant to the relay.
func (a *Applicant) Call(r *Relay) *Call {
	a.T.Helper()
	mine, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Call{Left: make(chan struct{}), Withdraw: make(chan struct{}), mine: mine, cancel: cancel}
	c.done.Go(func() { _ = r.R.Serve(ctx, theirs, a.transportKey()) })
	n := &courier.Newcomer{
		Application: a.Application, App: "test", Log: discard(), Withdraw: c.Withdraw, Left: sync.OnceFunc(func() { close(c.Left) }),
	}
	c.done.Go(func() { c.answer, c.err = n.Run(ctx, mine) })
	return c
}

func (a *Applicant) transportKey() [32]byte {
	return [32]byte(a.Application.Identity.Device.Public("").PeerPub)
}

// HangUp ends the conversation, as a cut cable would.
func (c *Call) HangUp() {
	_ = c.mine.Close()
	c.cancel()
	c.done.Wait()
}

// Wait returns how the conversation ended.
func (c *Call) Wait() (*join.Answer, error) {
	c.done.Wait()
	return c.answer, c.err
}

// Ask leaves the request at the relay and hangs up.
func (a *Applicant) Ask(r *Relay) {
	a.T.Helper()
	c := a.Call(r)
	select {
	case <-c.Left:
	case <-time.After(30 * time.Second):
		a.T.Fatal("the request is not left")
	}
	c.HangUp()
}

// Fetch waits for the answer.
func (a *Applicant) Fetch(r *Relay) *join.Answer {
	a.T.Helper()
	answer, err := a.Call(r).Wait()
	if err != nil {
		a.T.Fatalf("%s: no answer: %v", a.Name, err)
	}
	return answer
}

// Open opens an empty database with what the answer says.
func (a *Applicant) Open(answer *join.Answer) *Member {
	a.T.Helper()
	if answer.Refusal != "" {
		a.T.Fatalf("%s is refused: %s", a.Name, answer.Refusal)
	}
	id := *a.Application.Identity
	id.TeamSecret = answer.Secret
	m := newMember(a.T, a.Name, &id, id.Genesis)
	m.Now = a.Now
	m.Open()
	for _, raw := range answer.Keys {
		if err := m.Take(raw); err != nil {
			a.T.Fatal(err)
		}
	}
	a.Member = m
	return m
}

// Enter follows the control log at the relay and leaves the admission there. It returns why that ended without.
func (a *Applicant) Enter(r *Relay, stop func(written bool) bool) error {
	a.T.Helper()
	m, inv := a.Member, &a.Application.Invitation
	v := m.Visit(r)
	defer func() { _ = v.Stop() }()
	adm := &courier.Admission{Replica: m.R, Invite: inv.Invite, Key: keys.InviteFromSecret(inv.Secret), Now: a.Now}
	var end error
	Eventually(a.T, a.Name+" is in", func() bool {
		written, done, err := adm.Go(context.Background(), v.Status())
		end = err
		return done || err != nil || stop != nil && stop(written)
	})
	return end
}

// Join does what is left when the request lies at the relay and was answered.
func (a *Applicant) Join(r *Relay) *Member {
	a.T.Helper()
	m := a.Open(a.Fetch(r))
	if err := a.Enter(r, nil); err != nil {
		a.T.Fatalf("%s: %v", a.Name, err)
	}
	return m
}

// Users lists who belongs to the team, as far as the member knows.
func (m *Member) Users() map[op.UserID]bool {
	out := map[op.UserID]bool{}
	for _, u := range m.R.Authority().Users() {
		out[u.ID] = true
	}
	return out
}
