package app

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"time"
	"unicode"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/p2p"
	"tongzhou/sync/replica"
)

// joining is an attempt to join, as the interface sees it.
type joining struct {
	running  bool // until everything of the attempt is over, also what a failed one leaves
	cancel   context.CancelFunc
	done     chan struct{} // closed when running ends
	givenUp  bool          // by the person
	progress JoinDTO
}

func (a *App) setJoin(f func(*JoinDTO)) {
	a.joinMu.Lock()
	a.changeJoin(f)
	a.joinMu.Unlock()
	a.bus.Publish("join", nil)
}

// changeJoin changes the progress; joinMu is held.
func (a *App) changeJoin(f func(*JoinDTO)) {
	old := a.join.progress.Step
	f(&a.join.progress)
	if a.join.progress.Step != old {
		a.join.progress.Since = timestamp(a.opts.Now())
	}
}

// startJoin begins joining by an invitation.
func (a *App) startJoin(in JoinInput) error {
	inv, err := parseInvitation(in.Link, a.opts.Now())
	if err != nil {
		return err
	}
	if err := a.directory.CheckProfile(in.Profile); err != nil {
		return err
	}
	at := &attempt{app: a, way: byInvitation{inv}, profile: &in.Profile}
	if inv.Post != nil {
		at.letters = newByLetter(at, inv)
	}
	return a.beginAttempt(at, in.DeviceName, in.Passphrase)
}

// beginAttempt begins to get into a team in the background. Faults: vault.weak {problems}, team.exists, join.running, app.start,
// store.full.
func (a *App) beginAttempt(at *attempt, deviceName, passphrase string) error {
	var of vault.Person
	if at.profile != nil {
		of = vault.Person{StaffNo: at.profile.StaffNo, Name: at.profile.Name}
	}
	if err := a.strong(passphrase, of); err != nil {
		return err
	}
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if err := a.mayBegin(); err != nil {
		return err
	}
	at.passphrase, at.staffNo = passphrase, of.StaffNo
	if err := at.identify(deviceName); err != nil {
		if left := at.putBack(exists(a.path(joiningFile))); left != nil { // the next start or attempt does it
			a.log.Warn("tidy up after joining", "err", left)
		}
		return storeFault(err)
	}
	at.net = newNetwork(a, at.id)
	at.net.key = at.way.transport()
	ctx, cancel := context.WithCancel(context.Background())
	a.joinMu.Lock()
	a.join = joining{
		running: true, cancel: cancel, done: make(chan struct{}),
		progress: JoinDTO{Step: "searching", Params: map[string]string{}, Since: timestamp(a.opts.Now())},
	}
	a.joinMu.Unlock()
	a.bus.Publish("join", nil)
	go func() {
		defer cancel()
		a.joinOver(ctx, at.run(ctx))
	}()
	return nil
}

// joinOver tells the end of an attempt, of which nothing is left: the next one may begin.
func (a *App) joinOver(ctx context.Context, err error) {
	a.joinMu.Lock()
	a.changeJoin(func(j *JoinDTO) {
		switch {
		case err == nil:
			j.Step = "done"
		case ctx.Err() != nil:
			*j = JoinDTO{Step: "idle", Params: map[string]string{}}
		default:
			j.Step, j.Code, j.Params = "failed", joinCode(err), fault.Params(err)
		}
	})
	a.join.running = false
	close(a.join.done)
	a.joinMu.Unlock()
	if err != nil {
		a.log.Info("joining ended", "err", err)
	}
	a.bus.Publish("join", nil)
}

// giveUpJoin is CancelJoin when the person does not want it any more.
func (a *App) giveUpJoin() {
	a.joinMu.Lock()
	running := a.join.running
	a.join.givenUp = true
	a.joinMu.Unlock()
	if running {
		a.CancelJoin()
		return
	}
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if err := a.dropRequest(); err != nil {
		a.log.Warn("forget the request to join", "err", err)
	}
	a.setJoin(func(j *JoinDTO) {
		if j.Step == "paused" {
			*j = JoinDTO{Step: "idle", Params: map[string]string{}}
		}
	})
}

// gaveUp tells whether the person gave up the attempt.
func (a *App) gaveUp() bool {
	a.joinMu.Lock()
	defer a.joinMu.Unlock()
	return a.join.givenUp
}

// CancelJoin stops joining, if it is under way, and waits until everything of it is gone.
func (a *App) CancelJoin() {
	a.joinMu.Lock()
	running, cancel, done := a.join.running, a.join.cancel, a.join.done
	a.joinMu.Unlock()
	if running {
		cancel()
		<-done
	}
}

// newIdentity makes a person with one device, which is called as the machine is when it is given no name.
func newIdentity(deviceName string) (*keys.Identity, error) {
	id, err := newDevice(deviceName)
	if err != nil {
		return nil, err
	}
	id.Root, err = newRoot()
	return id, err
}

func newRoot() (keys.Root, error) {
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	return keys.NewRoot(seed)
}

// newDevice makes the device of an identity.
func newDevice(deviceName string) (*keys.Identity, error) {
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		return nil, err
	}
	name := printable(deviceName, keys.MaxDeviceName)
	if name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "device"
		}
		name = printable(host, keys.MaxDeviceName)
	}
	return &keys.Identity{Device: dev, DeviceName: name}, nil
}

// printable leaves out what a name of a device must not contain.
func printable(s string, limit int) string {
	return trimmed(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")), limit)
}

// discardHalfJoined removes what an attempt to found or join that was cut off left in the database. The identity of the
// attempt to join stays: the team may know it already.
func (a *App) discardHalfJoined(ctx context.Context) error {
	if a.setting(setupKey) == "" {
		return nil
	}
	return errors.Join(a.wipe(ctx, ""), a.forgetTeam())
}

// forgetTeam removes the files that say something of a team, except for identities.
func (a *App) forgetTeam() error {
	return errors.Join(durable.Remove(a.path(markFile)), durable.Remove(a.path(addressFile)), durable.Remove(a.path(mateFile)))
}

// parseInvitation reads a link and gives what is wrong with it a code.
func parseInvitation(link string, now time.Time) (join.Invitation, error) {
	inv, err := join.Parse(link)
	switch {
	case errors.Is(err, join.ErrNewer):
		return inv, fault.Wrap("join.newer", err)
	case errors.Is(err, join.ErrOther):
		return inv, fault.Wrap("join.other", err)
	case err != nil:
		return inv, fault.Wrap("join.damaged", err)
	case inv.Expired(now):
		return inv, fault.New("join.expired")
	}
	return inv, nil
}

// joinCode is what people are told about a failed attempt.
func joinCode(err error) string {
	var no *join.Refused
	switch {
	case errors.As(err, &no):
		return no.Code
	case errors.Is(err, join.ErrWrongDevice):
		return join.CodeLinkProof
	case errors.Is(err, join.ErrNotCounted):
		return join.CodeLinkAdd
	case errors.Is(err, replica.ErrDenied):
		return join.CodeAdmit
	case errors.Is(err, p2p.ErrUnreachable), errors.Is(err, p2p.ErrBadAddress):
		return "join.nobody_online"
	}
	if code := fault.Code(storeFault(err)); code != fault.Internal {
		return code
	}
	return "join.failed"
}
