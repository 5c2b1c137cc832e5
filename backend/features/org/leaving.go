package org

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

const (
	queryCases = `SELECT id, hlc, author, device, payload FROM org_case ORDER BY hlc DESC, id DESC`
	querySteps = `SELECT leaving, key, done, detail FROM org_step ORDER BY leaving, pos`
)

// Steps of every leaving; those of things handed over are the things' keys.
const (
	stepAccess   = "access"   // every role is gone (R20)
	stepDevices  = "devices"  // which stop at their next contact
	stepData     = "data"     // what they wrote stays (R21)
	stepRequests = "requests" // requests of theirs that are open
)

// belonging is something of somebody's, with the feature it is in.
type belonging struct {
	key     string // "chat:…"
	feature string
	module.HandoverItem
}

// belongings lists what somebody has, as far as this device knows, features in the order of their names.
func (s *service) belongings(ctx context.Context, user op.UserID) ([]belonging, error) {
	var out []belonging
	for feature, h := range s.outside.Handovers() {
		if h.Items == nil {
			continue
		}
		items, err := h.Items(ctx, user)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			out = append(out, belonging{feature + ":" + i.ID, feature, i})
		}
	}
	slices.SortStableFunc(out, func(a, b belonging) int { return cmp.Compare(a.feature, b.feature) })
	return out, nil
}

// offices is what this room itself hands over: departments that somebody heads or administers.
func (s *service) offices(ctx context.Context, user op.UserID) ([]module.HandoverItem, error) {
	b, err := s.shelf.book(ctx)
	if err != nil {
		return nil, err
	}
	var out []module.HandoverItem
	for _, h := range s.team.Grants(user) {
		if h.Role == access.Head || h.Role == access.DeptAdmin {
			out = append(out, module.HandoverItem{ID: h.Role.String() + " " + hex.EncodeToString(h.Dept), Kind: h.Role.String(), Title: b.tree.Name(crdt.NodeID(h.Dept))})
		}
	}
	return out, nil
}

func (s *service) giveOffice(ctx context.Context, _ op.UserID, item string, heir op.UserID) error {
	word, id, _ := strings.Cut(item, " ")
	dept, err := nodeID(id)
	if err != nil {
		return err
	}
	if role, ok := access.ParseRole(word); !ok || role < s.log.View().Role(heir) {
		return s.setRole(ctx, heir, word, dept)
	}
	return nil // they are more already
}

// offboarding says how somebody leaves.
type offboarding struct {
	user  op.UserID
	mode  string // left, removed, compromised
	heirs map[string]op.UserID
	note  string
}

// offboard ends somebody's access and hands over what is theirs, in one action: for others the access goes first, for oneself
// last, because nothing can be done afterwards. What this device may not hand over remains open, as does what has no heir. For
// somebody who has left already it goes on with what is open. Errors: "denied", "org.user_unknown", "org.mode", "org.last_owner",
// "org.heir" for an heir who is not a member, "org.note_too_long".
func (s *service) offboard(ctx context.Context, o offboarding) (id []byte, err error) {
	if err := s.mayOffboard(&o); err != nil {
		return nil, err
	}
	own, standing := o.user == s.self(), s.team.Standing(o.user)
	things, err := s.belongings(ctx, o.user) // before the roles are gone
	if err != nil {
		return nil, err
	}
	mode := module.ModeRemoved
	if o.mode == "compromised" {
		mode = module.ModeCompromised
	}
	devices := strconv.Itoa(len(activeDevices(s.team.UserDevices(o.user))))
	if !own && standing == module.StandingActive {
		if err := s.team.Remove(ctx, o.user, mode); err != nil {
			return nil, err
		}
		s.shelf.stale()
	}
	id, said, err := s.leavingCase(ctx, o, mode, own)
	if err != nil {
		return nil, err
	}
	var steps []step
	if said == nil {
		steps = []step{{Key: stepAccess, Done: true}, {Key: stepDevices, Done: true, Detail: devices}, {Key: stepData, Done: true}}
	}
	steps = append(steps, s.handOver(ctx, o, things, said)...)
	open, err := s.openRequests(ctx, o.user)
	if err != nil {
		return nil, err
	}
	steps = append(steps, step{Key: stepRequests, Done: open == 0, Detail: strconv.Itoa(open)})
	subs := make([]module.Submission, 0, len(steps))
	for _, x := range steps {
		x.Subject = o.user
		subs = append(subs, s.in(typeStep, id, x))
	}
	if _, err := s.submit(ctx, subs...); err != nil {
		return nil, err
	}
	if own && standing == module.StandingActive {
		return id, s.team.Leave(ctx)
	}
	return id, nil
}

func (s *service) mayOffboard(o *offboarding) error {
	o.note = strings.TrimSpace(o.note)
	if err := checkNote(o.note, maxNote); err != nil {
		return err
	}
	if !slices.Contains([]string{"left", "removed", "compromised"}, o.mode) {
		return fault.New("org.mode")
	}
	if err := s.log.Ready(); err != nil {
		return err
	}
	for _, heir := range o.heirs {
		if s.log.View().Role(heir) == access.None || heir == o.user {
			return fault.New("org.heir")
		}
	}
	switch standing := s.team.Standing(o.user); {
	case standing == module.StandingUnknown:
		return fault.New("org.user_unknown")
	case standing == module.StandingActive && o.user == s.self() && s.lastOwner():
		return fault.New("org.last_owner")
	case standing == module.StandingActive && (o.user == s.self() || s.team.MayRemove(o.user)):
		return nil
	case standing != module.StandingActive && s.manage() == nil:
		return nil
	}
	return fault.New("denied")
}

// lastOwner tells whether nobody else owns the team: without an owner nobody could ever make one again.
func (s *service) lastOwner() bool {
	view := s.log.View()
	return view.Role(s.self()) == access.Owner && !slices.ContainsFunc(s.log.Members(), func(u op.UserID) bool {
		return u != s.self() && view.Role(u) == access.Owner
	})
}

// leavingCase returns the record of somebody's leaving: a new one, or where they have left before the one that there is, with
// the steps that were said then.
func (s *service) leavingCase(ctx context.Context, o offboarding, mode module.Mode, own bool) (id []byte, said []step, err error) {
	all, err := s.cases(ctx)
	if err != nil {
		return nil, nil, err
	}
	if r, gone := s.team.Removal(o.user); gone {
		for _, c := range all {
			if c.record.Act == caseLeaving && c.record.Subject == o.user && !c.at.Before(r.At.Wall()) {
				return c.id, c.steps, nil
			}
		}
	}
	ops, err := s.submit(ctx, s.in(typeCase, nil, record{Act: caseLeaving, Subject: o.user, Mode: mode, Left: own, Note: o.note}))
	if err != nil {
		return nil, nil, err
	}
	return ops[0].Entity, nil, nil
}

// handOver gives everything to its heir, and says of each thing whether it is done, unless that was said before.
func (s *service) handOver(ctx context.Context, o offboarding, things []belonging, said []step) []step {
	var out []step
	handovers := s.outside.Handovers()
	for _, t := range things {
		x := step{Key: cut(t.key, maxStepKey), Detail: t.Title}
		if slices.ContainsFunc(said, func(s step) bool { return s.Key == x.Key && s.Done }) {
			continue
		}
		if heir, ok := o.heirs[t.key]; ok && handovers[t.feature].To != nil {
			x.Done = handovers[t.feature].To(ctx, o.user, t.ID, heir) == nil
		}
		out = append(out, x)
	}
	return out
}

func cut(s string, limit int) string { return strings.ToValidUTF8(s[:min(len(s), limit)], "") }

func activeDevices(all []module.Device) []module.Device {
	return slices.DeleteFunc(slices.Clone(all), func(d module.Device) bool { return d.Revoked })
}

func (s *service) openRequests(ctx context.Context, user op.UserID) (int, error) {
	all, err := s.requests(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, f := range all {
		if f.by == user && f.settle(s.separate()).state == stateOpen {
			n++
		}
	}
	return n, nil
}

// account is what was done to somebody's account.
type account struct {
	id     []byte
	by     op.UserID
	device op.DeviceID
	at     time.Time
	record record
	steps  []step
}

// cases returns what was done to accounts, newest first.
func (s *service) cases(ctx context.Context) ([]*account, error) {
	var out []*account
	byID := map[string]*account{}
	err := s.shelf.each(ctx, queryCases, func(scan func(...any) error) error {
		c := &account{}
		var at, author int64
		var device, payload []byte
		err := scan(&c.id, &at, &author, &device, &payload)
		if err == nil {
			c.record, err = decode[record](payload)
		}
		if err != nil {
			return err
		}
		c.at, c.device = hlc.Time(at).Wall(), op.DeviceID(device)
		c.by, _ = s.log.UserByNo(author)
		byID[string(c.id)] = c
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.shelf.each(ctx, querySteps, func(scan func(...any) error) error {
		var id []byte
		var x step
		if err := scan(&id, &x.Key, &x.Done, &x.Detail); err != nil {
			return err
		}
		if c := byID[string(id)]; c != nil {
			c.steps = append(c.steps, x)
		}
		return nil
	})
}
