package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tongzhou/sync/courier"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/p2p"
)

// What became of the request that is left at a relay, for people.
const (
	letterTrying = "trying" // no relay of the link is reached
	letterNoBox  = "no_box" // a relay is reached, and no colleague was there since the invitation was written
	letterLeft   = "left"
)

// byLetter is joining by letters in the invitation's mailbox, at each of the relays that the link names, while members are also
// looked for directly.
type byLetter struct {
	t        *attempt
	inv      join.Invitation
	withdraw chan struct{} // closed when the request is to be taken back
	answered chan struct{} // an answer has come

	mu     sync.Mutex // guards what follows; a leaf
	at     map[[32]byte]*desk
	with   [32]byte                                // the relay that speak is for
	speak  func(ctx context.Context, s p2p.Stream) // instead of looking into boxes; nil: none
	turned chan struct{}                           // closed and made anew when there may be something else to say
	state  string
	over   bool
	done   sync.WaitGroup // conversations
	talks  sync.WaitGroup // of them, those of speak
}

// desk is the mailbox at one relay. Its application is the conversation's while there is one.
type desk struct {
	application *join.Application
	busy        bool
	answer      *join.Answer
}

func newByLetter(t *attempt, inv join.Invitation) *byLetter {
	return &byLetter{t: t, inv: inv, withdraw: make(chan struct{}), answered: make(chan struct{}, 1), at: map[[32]byte]*desk{}, turned: make(chan struct{}), state: letterTrying}
}

// begin makes the network reach the relays.
func (l *byLetter) begin() {
	var relays []p2p.RelayAddr
	for _, r := range l.inv.Post.Relays {
		relays = append(relays, p2p.RelayAddr{PeerPub: [32]byte(r.Key), Addrs: r.Addrs})
	}
	l.t.app.setJoin(func(j *JoinDTO) { j.Relay = letterTrying })
	l.t.net.visitRelays(l.visit, relays)
}

// visit has one conversation with a relay, when there is something to say.
func (l *byLetter) visit(ctx context.Context, relay [32]byte, s p2p.Stream) {
	for {
		l.mu.Lock()
		if l.over {
			l.mu.Unlock()
			return
		}
		d := l.desk(relay)
		if l.speak != nil && l.with == relay {
			speak := l.speak
			l.done.Add(1)
			l.talks.Add(1)
			l.mu.Unlock()
			defer l.done.Done()
			defer l.talks.Done()
			speak(ctx, s)
			return
		}
		if l.speak == nil && !d.busy && d.answer == nil {
			d.busy = true
			l.done.Add(1)
			l.mu.Unlock()
			defer l.done.Done()
			l.look(ctx, d, s)
			return
		}
		turned := l.turned
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-turned:
		}
	}
}

// desk is made when its relay is first reached; mu is held.
func (l *byLetter) desk(relay [32]byte) *desk {
	d := l.at[relay]
	if d == nil {
		d = &desk{application: &join.Application{Invitation: l.inv, Identity: l.t.id, Serial: 1}}
		l.at[relay] = d
	}
	return d
}

// turn makes visits look again what there is to say; mu is held.
func (l *byLetter) turn() {
	close(l.turned)
	l.turned = make(chan struct{})
}

// look leaves the request in the box of a relay and waits for the answer.
func (l *byLetter) look(ctx context.Context, d *desk, s p2p.Stream) {
	n := &courier.Newcomer{
		Application: d.application, App: l.t.app.opts.Version, Log: l.t.app.log, Withdraw: l.withdraw, Left: func() { l.left(ctx) },
	}
	answer, err := n.Run(ctx, s)
	l.mu.Lock()
	d.busy, d.answer = false, answer
	l.turn()
	l.mu.Unlock()
	switch {
	case answer != nil:
		l.signal()
	case errors.Is(err, courier.ErrNoBox):
		l.show(letterNoBox)
	case err != nil && ctx.Err() == nil:
		l.t.app.log.Info("the mailbox of the invitation", "err", err)
	}
}

func (l *byLetter) signal() {
	select {
	case l.answered <- struct{}{}:
	default: // looked for already
	}
}

// left notes that the request lies at a relay: from now on a member may know this identity, and the next start goes on with it.
func (l *byLetter) left(ctx context.Context) {
	if err := l.t.keepRequest(); err != nil {
		if ctx.Err() == nil {
			l.t.app.log.Error("keep the request to join", "err", err)
		}
		return
	}
	l.show(letterLeft)
}

func (l *byLetter) show(state string) {
	l.mu.Lock()
	if l.state == letterLeft { // at one relay is enough
		state = letterLeft
	}
	l.state = state
	l.mu.Unlock()
	l.t.app.setJoin(func(j *JoinDTO) { j.Relay = state })
}

// take returns an answer that was not used yet, a welcome before a refusal.
func (l *byLetter) take() (relay [32]byte, answer *join.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r, d := range l.at {
		if d.answer != nil && (answer == nil || answer.Refusal != "") {
			relay, answer = r, d.answer
		}
	}
	return relay, answer
}

// again asks once more at a relay whose answer was of no use.
func (l *byLetter) again(relay [32]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.desk(relay)
	d.answer = nil
	l.turn()
	return d.application.Again()
}

// use makes what is spoken with a relay something else than looking into its box; nil undoes that.
func (l *byLetter) use(relay [32]byte, speak func(ctx context.Context, s p2p.Stream)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.with, l.speak = relay, speak
	l.turn()
}

func (l *byLetter) isLeft() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == letterLeft
}

// partWait is how long it may take to take a request back.
const partWait = 3 * time.Second

// end waits until nothing is under way. withdraw takes the request back at the relays that are reached.
func (l *byLetter) end(withdraw bool) {
	l.mu.Lock()
	l.over = true
	l.turn()
	l.mu.Unlock()
	if withdraw {
		close(l.withdraw)
		gone := make(chan struct{})
		go func() { l.done.Wait(); close(gone) }()
		select {
		case <-gone:
		case <-time.After(partWait):
		}
	}
	l.t.net.visitRelays(nil, nil) // ends conversations
	l.done.Wait()
}

// enterStall is how long following the control log may go without anything that moves.
const enterStall = 45 * time.Second

// errUseless says that an answer by letter did not lead into the team: the request is repeated.
var errUseless = errors.New("app: the answer by letter was of no use")

// enterByLetter follows the control log at a relay with the keys of an answer, and leaves the admission there.
func (t *attempt) enterByLetter(ctx context.Context, relay [32]byte, answer *join.Answer) error {
	if answer.Refusal != "" {
		return &join.Refused{Code: answer.Refusal}
	}
	t.app.setJoin(func(j *JoinDTO) {
		j.Step, j.Done, j.Total, j.Code, j.Params = string(join.StepProving), 0, 0, "", map[string]string{}
	})
	t.id.TeamSecret, t.begun = answer.Secret, false
	err := t.begin(ctx)
	for i := 0; err == nil && i < len(answer.Keys); i++ {
		err = t.team.replica.TakeOps(ctx, answer.Keys[i])
	}
	if err == nil {
		err = t.followLog(ctx, relay)
	}
	var no *join.Refused
	if err == nil || errors.As(err, &no) || ctx.Err() != nil {
		return err
	}
	if again := t.letters.again(relay); again != nil {
		return fmt.Errorf("%w: %w", err, again)
	}
	return fmt.Errorf("%w: %w", errUseless, err)
}

// followLog is enterByLetter after the replica was opened.
func (t *attempt) followLog(ctx context.Context, relay [32]byte) error {
	a, r := t.app, t.team.replica
	news := make(chan courier.Status, 1)
	following, stop := context.WithCancel(ctx)
	defer t.letters.talks.Wait() // before the replica is closed
	defer stop()
	defer t.letters.use(relay, nil)
	t.letters.use(relay, func(talk context.Context, s p2p.Stream) {
		talk, cancel := context.WithCancel(talk)
		defer cancel()
		defer context.AfterFunc(following, cancel)()
		err := courier.New(courier.Config{
			Replica: r, Relay: relay, App: a.opts.Version, Now: a.opts.Now, Log: a.log, Claims: t.net.claims,
			OnStatus: func(st courier.Status) {
				select { // the newest counts
				case <-news:
				default:
				}
				news <- st
			},
		}).Run(talk, s)
		a.log.Debug("following the log at the relay ended", "err", err)
	})
	stall := time.NewTimer(enterStall)
	defer stall.Stop()
	adm := &courier.Admission{Replica: r, Invite: t.letters.inv.Invite, Key: keys.InviteFromSecret(t.letters.inv.Secret), Now: a.opts.Now}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stall.C:
			return errUseless
		case st := <-news:
			written, done, err := adm.Go(ctx, st)
			if t.known = t.known || written; done || err != nil {
				return err
			}
			stall.Reset(enterStall)
		}
	}
}
