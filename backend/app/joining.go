package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/p2p"
	"tongzhou/sync/replica"
	"tongzhou/sync/session"
)

// joining is an attempt to join, as the interface sees it.
type joining struct {
	progress JoinDTO
	cancel   context.CancelFunc
	done     chan struct{}
}

// How long joining waits for a member before it says what to do about it. It goes on trying.
const (
	joinHint  = 12 * time.Second
	joinRetry = 2 * time.Second
)

// attempt is one newcomer's way into a team.
type attempt struct {
	app     *App
	inv     join.Invitation
	id      *keys.Identity
	profile ProfileInput
	net     *network
	replica *replica.Replica
	mark    *writeMark
}

func (a *App) setJoin(f func(*JoinDTO)) {
	a.joinMu.Lock()
	old := a.join.progress.Step
	f(&a.join.progress)
	if a.join.progress.Step != old || a.join.progress.Since == "" {
		a.join.progress.Since = timestamp(a.opts.Now())
	}
	a.joinMu.Unlock()
	a.bus.Publish("join", nil)
}

// startJoin begins joining in the background.
func (a *App) startJoin(in JoinInput) error {
	inv, err := parseInvitation(in.Link, a.opts.Now())
	if err != nil {
		return err
	}
	if err := a.checkProfile(in.Profile); err != nil {
		return err
	}
	<-a.started
	a.mu.RLock()
	has := a.team != nil
	a.mu.RUnlock()
	if has {
		return fault.New("team.exists")
	}
	id, err := a.newcomer(inv, in.DeviceName)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.joinMu.Lock()
	if a.join.cancel != nil {
		a.joinMu.Unlock()
		cancel()
		return fault.New("join.running")
	}
	a.join = joining{cancel: cancel, done: make(chan struct{}), progress: JoinDTO{Step: "searching", Since: timestamp(a.opts.Now())}}
	done := a.join.done
	a.joinMu.Unlock()
	at := &attempt{app: a, inv: inv, id: id, profile: in.Profile, net: newNetwork(a, id)}
	go func() {
		defer close(done)
		err := at.run(ctx)
		a.joinMu.Lock()
		a.join.cancel = nil
		a.joinMu.Unlock()
		if err != nil {
			at.abandon()
			code, params := joinFault(ctx, err)
			a.log.Info("joining failed", "err", err)
			a.setJoin(func(j *JoinDTO) { j.Step, j.Code, j.Params = "failed", code, params })
			if errors.Is(err, context.Canceled) {
				a.setJoin(func(j *JoinDTO) { *j = JoinDTO{Step: "idle", Params: map[string]string{}} })
			}
		}
	}()
	return nil
}

// CancelJoin stops joining, if it is under way, and waits until everything of it is gone.
func (a *App) CancelJoin() {
	a.joinMu.Lock()
	cancel, done := a.join.cancel, a.join.done
	a.joinMu.Unlock()
	if cancel != nil {
		cancel()
		<-done
	}
}

// newcomer is the identity to join with: that of an earlier attempt with the same invitation, which the team may already
// know, or a new one.
func (a *App) newcomer(inv join.Invitation, deviceName string) (*keys.Identity, error) {
	if old, err := keys.Load(a.path("joining.key")); err == nil && old.Team == inv.Team {
		return &old, nil
	}
	id, err := newIdentity(deviceName)
	if err != nil {
		return nil, err
	}
	id.Team = inv.Team
	if err := id.Save(a.path("joining.key")); err != nil {
		return nil, fmt.Errorf("save identity: %w", err)
	}
	return id, nil
}

func newIdentity(deviceName string) (*keys.Identity, error) {
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	root, err := keys.NewRoot(seed)
	if err != nil {
		return nil, err
	}
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		return nil, err
	}
	deviceName = strings.TrimSpace(deviceName)
	if deviceName == "" {
		deviceName, _ = os.Hostname()
	}
	if len(deviceName) > keys.MaxDeviceName {
		deviceName = strings.ToValidUTF8(deviceName[:keys.MaxDeviceName], "")
	}
	return &keys.Identity{Root: root, Device: dev, DeviceName: deviceName}, nil
}

// run goes through all steps. It tries again while nobody is reachable, until it is cancelled.
func (t *attempt) run(ctx context.Context) error {
	a := t.app
	if err := t.net.listen(ctx); err != nil {
		return err
	}
	hint := time.AfterFunc(joinHint, func() {
		a.setJoin(func(j *JoinDTO) {
			if j.Step == "searching" || j.Step == "connecting" {
				j.Code, j.Params = "join.nobody_online", map[string]string{"inviter": t.inv.Inviter}
			}
		})
	})
	defer hint.Stop()
	for {
		member, pub, err := t.ask(ctx)
		if err == nil {
			return t.finish(ctx, member, pub)
		}
		var no *join.Refused
		if ctx.Err() != nil || errors.As(err, &no) && no.Code != join.CodeUnknown && no.Code != join.CodeBusy || errors.Is(err, replica.ErrDenied) {
			return err
		}
		a.log.Info("not let in yet", "err", err)
		t.closeReplica()
		a.setJoin(func(j *JoinDTO) { j.Step, j.Done, j.Total = "searching", 0, 0 })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(joinRetry):
		}
	}
}

// ask reaches a member and speaks the joining conversation.
func (t *attempt) ask(ctx context.Context) (op.DeviceID, []byte, error) {
	a := t.app
	mdns := t.inv.MDNS
	if a.opts.NoMDNS {
		mdns = ""
	}
	s, pub, err := t.net.host.DialJoin(ctx, t.inv.Addrs(), mdns, func(p2p.JoinEvent) {
		a.setJoin(func(j *JoinDTO) {
			if j.Step == "searching" {
				j.Step = "connecting"
			}
		})
	})
	if err != nil {
		return op.DeviceID{}, nil, err
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	n := &join.Newcomer{
		Invitation: t.inv, Identity: t.id,
		Begin: func() error { return t.openReplica(ctx) },
		Take:  func(raw []byte) error { return t.replica.TakeOps(ctx, raw) },
		Admit: func(invite op.ID, key keys.Invite) ([]byte, error) {
			if err := t.replica.Admit(ctx, invite, key); err != nil {
				return nil, err
			}
			return t.replica.OwnControlFeed()
		},
		OnStep: func(step join.Step, done, total uint64) {
			a.setJoin(func(j *JoinDTO) { j.Step, j.Done, j.Total, j.Code = string(step), int(done), int(total), "" })
		},
	}
	member, err := n.Ask(s, pub)
	return member, pub, err
}

// openReplica opens the replica on the empty database, once the team secret is known.
func (t *attempt) openReplica(ctx context.Context) error {
	if t.replica != nil {
		return nil
	}
	if err := t.id.Save(t.app.path("joining.key")); err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	mark, err := openMark(t.app.path("writes.mark"))
	if err != nil {
		return err
	}
	t.mark = mark
	if err := t.app.db.Write(ctx, func(tx replica.Tx) error { return oplog.SetMeta(tx, "genesis", t.inv.Genesis[:]) }); err != nil {
		return err
	}
	t.replica, err = t.app.openReplica(t.app.db, t.id, t.inv.Genesis, mark)
	return err
}

// finish makes the admitted device a member of the team, and follows the history until it is here.
func (t *attempt) finish(ctx context.Context, member op.DeviceID, pub []byte) error {
	a := t.app
	if err := t.id.Save(a.path("identity.key")); err != nil {
		return fmt.Errorf("save identity: %w", err)
	}
	_ = os.Remove(a.path("joining.key"))
	if err := a.keepProfile(t.profile); err != nil {
		return err
	}
	if err := a.upgradeProjections(ctx, t.replica); err != nil {
		return err
	}
	caughtUp := make(chan struct{})
	closed := false
	t.net.mu.Lock()
	t.net.inviter, t.net.memberID = pub, member
	t.net.progress = func(_ op.DeviceID, st session.Status) {
		a.setJoin(func(j *JoinDTO) {
			if j.Step == "admitted" || j.Step == "history" {
				j.Step, j.Done, j.Total = "history", int(st.Stored), int(st.Wanted)
			}
			if st.State == session.InSync && !closed {
				closed = true
				close(caughtUp)
			}
		})
	}
	t.net.mu.Unlock()
	r, mark := t.replica, t.mark
	t.replica, t.mark = nil, nil // they belong to the team now
	if err := a.run(ctx, t.id, r, mark, t.net); err != nil {
		return err
	}
	a.bus.Publish("state", nil)
	select {
	case <-caughtUp:
	case <-ctx.Done(): // the person went on; history arrives in the background
	}
	a.introducePending(ctx)
	t.net.mu.Lock()
	t.net.progress = nil
	t.net.mu.Unlock()
	a.setJoin(func(j *JoinDTO) { j.Step, j.Code = "done", "" })
	return nil
}

func (t *attempt) closeReplica() {
	if t.replica != nil {
		t.replica.Close()
		t.replica = nil
	}
	if t.mark != nil {
		_ = t.mark.close()
		t.mark = nil
	}
}

// abandon removes what a failed attempt left, except the identity it was made with.
func (t *attempt) abandon() {
	if t.app.hasTeam() {
		return
	}
	t.closeReplica()
	if err := t.net.close(); err != nil {
		t.app.log.Warn("close network", "err", err)
	}
	if err := t.app.emptyDB(); err != nil {
		t.app.log.Error("empty the database", "err", err)
	}
}

func (a *App) hasTeam() bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.team != nil
}

// emptyDB replaces the database by a new one, after an attempt to join that led nowhere.
func (a *App) emptyDB() error {
	a.mu.Lock()
	db := a.db
	a.mu.Unlock()
	if err := db.Close(); err != nil {
		a.log.Warn("close database", "err", err)
	}
	if err := a.removeDB(); err != nil {
		return err
	}
	return a.openDB()
}

// dbFiles are the database and what belongs to it.
var dbFiles = []string{"tongzhou.db", "tongzhou.db-wal", "tongzhou.db-shm", "writes.mark"}

func (a *App) removeDB() error {
	for _, name := range dbFiles {
		if err := os.Remove(a.path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", name, err)
		}
	}
	return nil
}

// discardHalfJoined makes room where there is a database and no identity: that of an attempt to join which was cut off is
// removed; any other is moved aside and kept, because somebody may put the identity back.
func (a *App) discardHalfJoined() error {
	if _, err := os.Stat(a.path("joining.key")); err == nil {
		return a.removeDB()
	}
	if _, err := os.Stat(a.path("writes.mark")); err != nil {
		return nil // never used
	}
	dir := a.path("kept-" + a.opts.Now().UTC().Format("20060102-150405"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep old database: %w", err)
	}
	for _, name := range dbFiles {
		if err := os.Rename(a.path(name), filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("keep old database: %w", err)
		}
	}
	a.log.Warn("a database without an identity was moved aside", "to", dir)
	return nil
}

// parseInvitation reads a link and gives what is wrong with it a code.
func parseInvitation(link string, now time.Time) (join.Invitation, error) {
	inv, err := join.Parse(link)
	switch {
	case errors.Is(err, join.ErrNewer):
		return inv, fault.Wrap("join.newer", err)
	case err != nil:
		return inv, fault.Wrap("join.damaged", err)
	case inv.Expired(now):
		return inv, fault.New("join.expired")
	}
	return inv, nil
}

// joinFault is what people are told about a failed attempt.
func joinFault(ctx context.Context, err error) (string, map[string]string) {
	var no *join.Refused
	switch {
	case errors.As(err, &no):
		return no.Code, map[string]string{}
	case errors.Is(err, replica.ErrDenied):
		return join.CodeAdmit, map[string]string{}
	case errors.Is(err, p2p.ErrUnreachable), errors.Is(err, p2p.ErrBadAddress):
		return "join.nobody_online", map[string]string{}
	case ctx.Err() != nil:
		return "join.cancelled", map[string]string{}
	}
	if code := fault.Code(storeFault(err)); code != "internal" {
		return code, map[string]string{}
	}
	return "join.failed", map[string]string{}
}
