package app

import (
	"context"
	"runtime"
	"strings"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/authority"
)

// API is what the interface may call that belongs to no feature.
type API struct{ a *App }

// StateDTO says how far this device is.
type StateDTO struct {
	// "none": no team yet; "locked"; "ready"; "damaged": the data cannot be opened; "frozen", "removed", "signed_out": this person
	// or device may do nothing any more, account says since when and by whom
	Phase    string      `json:"phase"`
	TeamID   string      `json:"teamId"`
	TeamName string      `json:"teamName"`
	Me       MeDTO       `json:"me"`
	Role     string      `json:"role"`
	Version  string      `json:"version"`
	OS       string      `json:"os"`
	Settings SettingsDTO `json:"settings"`
	Account  AccountDTO  `json:"account"`
	Damage   string      `json:"damage"` // "": none; "damaged": what is wrong; else where a damaged database was kept
}

// MeDTO is the person and device in front of the screen.
type MeDTO struct {
	UserID   string `json:"userId"`
	DeviceID string `json:"deviceId"`
	Name     string `json:"name"`
}

// ProfileInput is what a person says of themselves.
type ProfileInput struct {
	Name           string `json:"name"`
	StaffNo        string `json:"staffNo"`
	DepartmentID   string `json:"departmentId"`
	DepartmentName string `json:"departmentName"` // a new or existing department by name, when there is no id
	Position       string `json:"position"`
	Phone          string `json:"phone"`
	Email          string `json:"email"`
	Kind           string `json:"kind"` // "regular", "probation", "external"
}

// FoundInput founds a team.
type FoundInput struct {
	TeamName   string       `json:"teamName"`
	Profile    ProfileInput `json:"profile"`
	DeviceName string       `json:"deviceName"`
	Passphrase string       `json:"passphrase"` // R10; required
	Council    int          `json:"council"`    // keys of a recovery council, 0: none; see CouncilWords
}

// InvitationPreviewDTO is what a link says before anything is done with it.
type InvitationPreviewDTO struct {
	TeamName  string `json:"teamName"`
	Inviter   string `json:"inviter"`
	ExpiresAt string `json:"expiresAt"`
	Addresses int    `json:"addresses"`
}

// JoinInput joins a team.
type JoinInput struct {
	Link       string       `json:"link"`
	Profile    ProfileInput `json:"profile"`
	DeviceName string       `json:"deviceName"`
	Passphrase string       `json:"passphrase"` // R10; required
}

// JoinDTO is how joining, linking or returning gets on. At step "paused" ResumeJoin goes on. Code, if not empty, says why it stalls (it goes on trying) or, at step
// "failed", why it ended; at step "compare" it is the six digits that both screens must show.
type JoinDTO struct {
	Step   string            `json:"step"` // idle, paused, searching, connecting, proving, compare, admitted, history, done, failed
	Done   int               `json:"done"`
	Total  int               `json:"total"`
	Code   string            `json:"code"`
	Params map[string]string `json:"params"`
	Since  string            `json:"since"`
	// Relay is what became of the request that is left at a relay for colleagues who are away: "" where there is no relay, trying,
	// no_box: no colleague was there since the invitation was made, left.
	Relay string `json:"relay"`
}

func timestamp(t time.Time) string { return module.Timestamp(t) }

// State says how far this device is.
func (p *API) State() (StateDTO, error) {
	a := p.a
	<-a.started
	a.mu.RLock()
	t, damage, startErr, locked, end := a.team, a.damage, a.startErr, a.locked, a.ended
	a.mu.RUnlock()
	s := StateDTO{
		Phase: "none", Version: a.opts.Version, OS: runtime.GOOS, Settings: a.settings(), Damage: damage,
		Role: authority.None.String(), Account: a.account(),
	}
	if startErr != nil {
		s.Phase, s.Damage = "damaged", fault.Code(startErr)
		if s.Damage == fault.Internal {
			s.Damage = startErr.Error()
		}
		return s, nil
	}
	switch {
	case locked:
		s.Phase = "locked"
		return s, nil
	case t == nil:
		return s, nil
	case end.phase != "":
		s.Phase, s.TeamID, s.TeamName, s.Account.Name = end.phase, t.id.Team.String(), end.team, end.name
		s.Me = MeDTO{UserID: t.id.Root.ID.String(), DeviceID: t.id.Device.ID.String(), Name: end.name}
		return s, nil
	}
	s.Phase, s.TeamID, s.TeamName = "ready", t.id.Team.String(), a.directory.TeamName()
	s.Me = MeDTO{UserID: t.id.Root.ID.String(), DeviceID: t.id.Device.ID.String(), Name: a.directory.Names()(t.id.Root.ID)}
	s.Role = t.replica.Authority().Role(t.id.Root.ID).String()
	return s, nil
}

// Found founds a team with this person as its owner.
func (p *API) Found(in FoundInput) (StateDTO, error) {
	if err := p.a.found(context.Background(), in); err != nil {
		return StateDTO{}, err
	}
	return p.State()
}

// PreviewInvitation reads a link. Faults: join.damaged, join.newer, join.expired.
func (p *API) PreviewInvitation(link string) (InvitationPreviewDTO, error) {
	inv, err := parseInvitation(link, p.a.opts.Now())
	if err != nil {
		return InvitationPreviewDTO{}, err
	}
	return InvitationPreviewDTO{TeamName: inv.TeamName, Inviter: inv.Inviter, ExpiresAt: timestamp(time.UnixMilli(inv.Expires)), Addresses: len(inv.Addrs())}, nil
}

// Join begins joining; JoinProgress tells how it gets on. Faults: those of PreviewInvitation and of the profile, team.exists,
// join.running, store.full.
func (p *API) Join(in JoinInput) error { return p.a.startJoin(in) }

// JoinProgress tells how joining gets on.
func (p *API) JoinProgress() JoinDTO {
	p.a.joinMu.Lock()
	defer p.a.joinMu.Unlock()
	j := p.a.join.progress
	if j.Step == "" {
		j.Step = "idle"
	}
	if j.Params == nil {
		j.Params = map[string]string{}
	}
	return j
}

// CancelJoin stops joining for good: a request that lies at a relay is taken back, and a later start does not go on.
func (p *API) CancelJoin() { p.a.giveUpJoin() }

func trimmed(s string, limit int) string {
	s = strings.TrimSpace(s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	return s
}
