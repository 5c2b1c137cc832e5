package courier

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/stream"
	"tongzhou/sync/wire"
)

// ErrNoBox says that a relay has no mailbox for an invitation: it does not know the team, or no colleague was there since the
// invitation was written.
var ErrNoBox = errors.New("courier: no mailbox at the relay")

// Newcomer is the conversation of somebody who holds an invitation and is on no list yet with a relay of the team: it leaves
// the request in the invitation's mailbox and waits there for the answer (SPEC J11).
type Newcomer struct {
	Application *join.Application
	App         string
	Log         *slog.Logger
	// Left is called when the request lies at the relay.
	Left func()
	// Withdraw, when closed, takes the request out of the box and then ends the conversation.
	Withdraw <-chan struct{}

	st      stream.Stream
	welcome *wire.RelayWelcome
	box     wire.MailBox
	open    bool
	asked   bool     // the request lies there, or is on its way
	after   uint64   // the last mail that was read
	own     []uint64 // mails of this device, to be withdrawn
	stale   []uint64
	found   *join.Answer
	parting int // answers to wait for, after the request was taken back
}

// waitLimit is how long a relay may be silent: it sends a stranger away before that.
const waitLimit = 15 * time.Minute

// Run speaks until an answer is there. Errors: ErrNoBox, ErrRelay, ErrBye, the stream's.
func (n *Newcomer) Run(ctx context.Context, st stream.Stream) (*join.Answer, error) {
	n.st = st
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := stream.NewInbox(ErrRelay)
	go in.Read(ctx, st, waitLimit, waitLimit)
	answer, err := n.speak(ctx, in)
	if err == nil {
		_ = n.write(&wire.Bye{Reason: "done"}) // it is told if it listens
	}
	cancel()
	_ = st.Close()
	return answer, err
}

func (n *Newcomer) speak(ctx context.Context, in *stream.Inbox) (*join.Answer, error) {
	post := n.Application.Invitation.Post
	hello := &wire.RelayHello{Version: wire.RelayVersion, Team: wire.TeamTag(post.Tag), Device: n.Application.Identity.Device.ID, App: n.App}
	if err := n.write(hello); err != nil {
		return nil, err
	}
	withdraw := n.Withdraw
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-withdraw:
			if withdraw = nil; !n.asked {
				return nil, nil
			}
			if err := n.takeBack(n.own...); err != nil {
				return nil, err
			}
		case m, ok := <-in.Packets():
			if !ok {
				return nil, in.Err()
			}
			if n.parting > 0 {
				if err := n.part(m); err != nil || n.parting == 0 {
					return nil, err
				}
			} else if answer, err := n.receive(m); answer != nil || err != nil {
				return answer, err
			}
		}
	}
}

func (n *Newcomer) write(m wire.Message) error {
	if err := n.st.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return fmt.Errorf("courier: %w", err)
	}
	if err := stream.NewWriter(n.st).Write(m); err != nil {
		return fmt.Errorf("courier: %w", err)
	}
	return nil
}

func (n *Newcomer) receive(m wire.Message) (*join.Answer, error) {
	if n.welcome == nil {
		switch m := m.(type) {
		case *wire.RelayWelcome:
			return nil, n.onWelcome(m)
		case *wire.Bye:
			return nil, fmt.Errorf("%w: %q", ErrBye, m.Reason)
		}
		return nil, fmt.Errorf("%w: %T before the welcome", ErrRelay, m)
	}
	switch m := m.(type) {
	case *wire.RelayMail:
		return n.onMail(m)
	case *wire.RelayMailStored:
		n.own = append(n.own, m.No)
		n.Left()
		return nil, nil
	case *wire.RelayRefused:
		return nil, n.onRefused(m)
	case *wire.RelayRosterIs: // a colleague vouched for this device
		return nil, nil
	case *wire.Bye:
		return nil, fmt.Errorf("%w: %q", ErrBye, m.Reason)
	default:
		return nil, fmt.Errorf("%w: unexpected %T", ErrRelay, m)
	}
}

// onWelcome opens the box and asks what is in it.
func (n *Newcomer) onWelcome(m *wire.RelayWelcome) error {
	if m.State == wire.RelayNotAllowed || m.State == wire.RelayNeedsRoster {
		return fmt.Errorf("%w: the relay does not know the team", ErrNoBox)
	}
	n.welcome = m
	key := keys.InviteFromSecret(n.Application.Invitation.Secret)
	pub := [32]byte(key.Pub())
	n.box = wire.BoxOf(pub)
	proof := ed25519.Sign(key.Sign, wire.BoxProof(m.Store, m.Nonce, n.box))
	return n.write(&wire.RelayMailOpen{Pub: pub, Proof: [64]byte(proof)})
}

func (n *Newcomer) onRefused(m *wire.RelayRefused) error {
	n.Log.Info("the relay refuses", "what", m.What, "code", m.Code, "text", m.Text)
	if m.Code == wire.RelayNotThere {
		return ErrNoBox
	}
	return fmt.Errorf("courier: refused by the relay: %s (%d)", m.Text, m.Code)
}

// onMail reads mails, and judges them when all that lie there were read. If the request is not among them, it is left.
func (n *Newcomer) onMail(m *wire.RelayMail) (*join.Answer, error) {
	if m.Box != n.box {
		return nil, fmt.Errorf("%w: mail of another", ErrRelay)
	}
	if !n.open {
		n.open = true
		return nil, n.write(&wire.RelayMailGet{Box: n.box})
	}
	for i := range m.Mails {
		if x := &m.Mails[i]; x.No > n.after { // else it is told twice
			n.after = x.No
			n.readMail(x)
		}
	}
	switch {
	case m.More:
		return nil, n.write(&wire.RelayMailGet{Box: n.box, After: n.after})
	case n.found != nil:
		return n.found, n.drop(n.stale)
	case n.asked:
		return nil, nil
	}
	n.asked = true
	body, err := n.Application.Request()
	if err != nil {
		return nil, err
	}
	return nil, n.write(&wire.RelayMailPut{Box: n.box, Body: body, TTL: mailTTL})
}

// readMail notes what one mail is.
func (n *Newcomer) readMail(x *wire.Mail) {
	before := n.Application.Serial
	kind, answer := n.Application.Read(x.Body)
	if n.Application.Serial > before { // what came before is of no use any more
		n.found, n.asked = nil, false
	}
	switch kind {
	case join.Foreign:
		return
	case join.Stale:
		n.stale = append(n.stale, x.No)
		return
	case join.Asked:
		if !n.asked {
			n.asked = true
			n.Left()
		}
	default:
	}
	n.own = append(n.own, x.No)
	if answer != nil && (n.found == nil || n.found.Refusal != "") {
		n.found = answer
	}
}

// noMail is above the number of every mail.
const noMail = 1 << 62

// takeBack takes mails of this device out of the box. The relay says nothing to that, so it is asked for mail that nobody has
// left: when it answers, what was said before is done.
func (n *Newcomer) takeBack(nos ...uint64) error {
	n.parting++
	return errors.Join(n.drop(nos), n.write(&wire.RelayMailGet{Box: n.box, After: noMail}))
}

// part is receive after the request was taken back, which may have been on its way.
func (n *Newcomer) part(m wire.Message) error {
	switch m := m.(type) {
	case *wire.RelayMail:
		if len(m.Mails) == 0 {
			n.parting--
		}
	case *wire.RelayMailStored:
		return n.takeBack(m.No)
	}
	return nil
}

// drop takes mails out of the box.
func (n *Newcomer) drop(nos []uint64) error {
	if len(nos) == 0 || n.welcome == nil {
		return nil
	}
	return n.write(&wire.RelayMailDrop{Box: n.box, Nos: nos[:min(len(nos), wire.MaxMails)]})
}
