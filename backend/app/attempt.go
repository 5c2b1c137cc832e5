package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"sync"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/p2p"
	"tongzhou/sync/session"
)

// attempt is one try to get into a team.
type attempt struct {
	app                 *App
	way                 way
	id                  *keys.Identity
	profile             *ProfileInput // of a new member; nil for a further device
	staffNo, passphrase string        // of the vault that is made for it
	net                 *network
	letters             *byLetter // nil: the link names no relay
	team                *team     // from the first proof on, until it runs
	said                string    // why the last try failed
	begun               bool      // the database holds ops of the team
	known               bool      // a member may know this identity: something was written with it, now or in an earlier attempt
}

// way is the right by which an attempt gets into a team.
type way interface {
	// fits tells whether the identity that an earlier attempt left is one to use again.
	fits(old *keys.Identity) bool
	// complete fills what is known at the start into an identity that has a device.
	complete(id *keys.Identity) error
	// target is where to ask.
	target() (p2p.JoinTarget, error)
	// transport is the key to ask with; nil for the device's own.
	transport() ed25519.PrivateKey
	// ask speaks the conversation with the member whose transport key is pub.
	ask(ctx context.Context, t *attempt, s p2p.Stream, pub []byte) error
	// stalled says why nobody may have been reached; err is nil when that is only because it takes long. "": nothing to say.
	stalled(err error) (code string, params map[string]string)
	// over is not nil when asking on is in vain.
	over(now time.Time) error
}

// run goes through all steps. It tries again while nobody is reachable, until ctx ends. After an error there is no trace of
// the attempt but the identity, and that only if a member may know it.
func (t *attempt) run(ctx context.Context) error {
	err := t.enter(ctx)
	if t.letters != nil {
		t.letters.end(err == nil || refused(err) || t.app.gaveUp())
	}
	if err == nil {
		if left := t.app.dropRequest(); left != nil { // it may have been left while a member let this device in
			t.app.log.Warn("forget the request to join", "err", left)
		}
		return t.follow(ctx)
	}
	if left := t.abandon(refused(err)); left != nil {
		t.app.log.Error("tidy up after joining", "err", left)
	}
	return err
}

// enter comes back when this device is a member.
func (t *attempt) enter(ctx context.Context) error {
	if err := t.net.listen(ctx); err != nil {
		return err
	}
	if t.letters != nil {
		t.letters.begin()
	}
	hint := time.AfterFunc(t.app.tune.joinHint, t.hint)
	defer hint.Stop()
	for {
		err := t.way.over(t.app.opts.Now())
		if err == nil {
			err = t.askOnce(ctx)
		}
		if err == nil {
			return t.admitted(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if final(err) {
			return err
		}
		if said := err.Error(); said != t.said {
			t.app.log.Info("not let in yet", "err", err)
			t.said = said
		}
		if err := t.closeTeam(); err != nil {
			return err
		}
		if t.retreat(err) {
			hint.Reset(t.app.tune.joinHint)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.answeredByLetter():
		case <-time.After(t.app.tune.joinRetry):
		}
	}
}

// askOnce uses an answer that came by letter, or asks a member directly.
func (t *attempt) askOnce(ctx context.Context) error {
	if t.letters != nil {
		if relay, answer := t.letters.take(); answer != nil {
			return t.enterByLetter(ctx, relay, answer)
		}
	}
	return t.ask(ctx)
}

// answeredByLetter receives when an answer has come by letter; nil where none can.
func (t *attempt) answeredByLetter() <-chan struct{} {
	if t.letters == nil {
		return nil
	}
	return t.letters.answered
}

// hint says what to do when no member was reached for a while.
func (t *attempt) hint() {
	code, params := t.way.stalled(nil)
	t.app.setJoin(func(j *JoinDTO) {
		if j.Code == "" && (j.Step == "searching" || j.Step == "connecting") {
			j.Code, j.Params = code, params
		}
	})
}

// retreat shows that the search goes on, and why. It is true when a member had been reached.
func (t *attempt) retreat(err error) (reached bool) {
	code, params := t.way.stalled(err)
	t.app.setJoin(func(j *JoinDTO) {
		reached = j.Step == string(join.StepProving) || j.Step == string(join.StepCompare)
		if reached {
			j.Step, j.Done, j.Total, j.Code, j.Params = "searching", 0, 0, "", map[string]string{}
		}
		if code != "" {
			j.Code, j.Params = code, params
		}
	})
	return reached
}

// final tells whether asking again would be in vain.
func final(err error) bool {
	var no *join.Refused
	if errors.As(err, &no) {
		return no.Code != join.CodeUnknown && no.Code != join.CodeBusy && no.Code != join.CodeRecoverUnknown
	}
	code := joinCode(err)
	return code != "join.nobody_online" && code != "join.failed"
}

// refused tells whether a member said that this identity does not belong to the team.
func refused(err error) bool {
	var no *join.Refused
	return errors.As(err, &no) && final(err)
}

// ask reaches a member and speaks the conversation.
func (t *attempt) ask(ctx context.Context) error {
	target, err := t.way.target()
	if err != nil {
		return err
	}
	if t.app.opts.NoMDNS {
		target.MDNS = ""
	}
	searching, found := context.WithCancel(ctx)
	defer found()
	searched := make(chan struct{})
	go func() { // an answer by letter ends the search, and not a conversation with a member
		select {
		case <-t.answeredByLetter():
			found()
			t.letters.signal()
		case <-searched:
		}
	}()
	s, pub, err := t.net.host.DialJoin(searching, target, t.onSearch)
	close(searched)
	if err != nil {
		return err
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	return t.way.ask(ctx, t, s, pub)
}

// receiver does with what comes in what all ways into a team do.
func (t *attempt) receiver(ctx context.Context) join.Receiver {
	return join.Receiver{
		Identity: t.id,
		Begin:    func() error { return t.begin(ctx) },
		Take:     func(raw []byte) error { return t.team.replica.TakeOps(ctx, raw) },
		OnStep: func(step join.Step, done, total uint64) {
			t.app.setJoin(func(j *JoinDTO) {
				j.Step, j.Done, j.Total, j.Code, j.Params = string(step), int(done), int(total), "", map[string]string{}
			})
		},
	}
}

// onSearch shows that somebody was found: what announces itself on the local network is there, an address in a link may not
// be.
func (t *attempt) onSearch(e p2p.JoinEvent) {
	if e.Kind != p2p.JoinConnecting || e.Source != p2p.SourceMDNS {
		return
	}
	t.app.setJoin(func(j *JoinDTO) {
		if j.Step == "searching" {
			j.Step = "connecting"
		}
	})
}

// begin opens the replica once the team secret is known, on a database that was emptied for it.
func (t *attempt) begin(ctx context.Context) error {
	a := t.app
	if t.team != nil {
		return nil
	}
	if err := t.keep(); err != nil {
		return err
	}
	var mark *writeMark
	var err error
	if t.begun {
		mark, err = openMark(a.path(markFile))
	} else {
		if err := a.wipe(ctx, setupJoining); err != nil {
			return err
		}
		mark, err = newMark(a.path(markFile))
	}
	if err != nil {
		return err
	}
	t.begun = true
	t.team, err = a.newTeam(t.id, mark)
	return err
}

// admitted makes the team this device's. It is too late for ctx to stop it: the team counts this device a member.
func (t *attempt) admitted(ctx context.Context) error {
	a := t.app
	ctx = context.WithoutCancel(ctx)
	if t.profile != nil {
		if err := a.keepProfile(ctx, *t.profile); err != nil {
			return err
		}
	}
	if err := a.admitted(ctx, t.team); err != nil {
		return err
	}
	if t.way.transport() == nil {
		return nil
	}
	// From now on the network knows this device by its own key.
	if err := t.net.close(); err != nil {
		a.log.Warn("close the network", "err", err)
	}
	t.net = newNetwork(a, t.id)
	return nil
}

// counts tells whether the control log that came counts this device as one of the person's.
func (t *attempt) counts() bool {
	auth := t.team.replica.Authority()
	u, ok := auth.User(t.id.Root.ID)
	return ok && auth.ActiveDevice(t.id.Device.ID) && bytes.Equal(u.RootPub, t.id.Root.SignPub()) && bytes.Equal(u.RootBox, t.id.Root.BoxPub())
}

// follow runs the team and waits until what people look at first is here, or the person goes on without it. The rest of the
// history comes while they work.
func (t *attempt) follow(ctx context.Context) error {
	a := t.app
	usable := make(chan struct{})
	once := sync.OnceFunc(func() { close(usable) })
	t.net.watch(func(st session.Status) {
		a.setJoin(func(j *JoinDTO) {
			if j.Step == string(join.StepAdmitted) || j.Step == "history" {
				j.Step, j.Done, j.Total = "history", int(st.Stored), int(st.Wanted)
			}
		})
		if st.Usable || st.State == session.InSync {
			once()
		}
	}, once)
	t.team.run(t.net)
	a.bus.Publish("state", nil)
	select {
	case <-usable:
	case <-ctx.Done():
	}
	t.net.watch(nil, nil)
	left := a.introducePending(context.WithoutCancel(ctx))
	if leftOut(left) {
		a.setJoin(func(j *JoinDTO) { j.Code, j.Params = fault.Code(left), fault.Params(left) })
	} else if left != nil {
		a.log.Info("own profile is not written yet", "err", left)
	}
	return nil
}

func (t *attempt) closeTeam() error {
	if t.team == nil {
		return nil
	}
	team := t.team
	t.team = nil
	return team.discard()
}

// abandon removes what a failed attempt left. The identity it was made with is kept if a member may have let it in: then the
// same invitation works again for it and for nobody else.
func (t *attempt) abandon(refused bool) error {
	left := t.letters != nil && t.letters.isLeft()
	keep := (t.known || left) && !refused
	err := errors.Join(t.closeTeam(), t.net.close(), t.putBack(keep))
	if t.app.gaveUp() {
		err = errors.Join(err, t.app.dropRequest())
	}
	return err
}
