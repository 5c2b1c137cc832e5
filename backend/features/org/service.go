package org

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// Outside is what this room needs of the rest of the program. The app implements it.
type Outside interface {
	// Handovers says how every feature takes part in somebody's leaving, by the feature's name.
	Handovers() map[string]module.Handover
	// ScopeName is the name of a group, "" if it has none.
	ScopeName(scope op.ScopeID) string
	// Invite makes an invitation for one person, into a department or none.
	Invite(ctx context.Context, role access.Role, dept []byte, note string) (id op.ID, link string, err error)
}

type service struct {
	log     module.Log
	team    module.Team
	rules   rules.Rules
	db      module.DB
	blobs   module.Blobs
	shelf   *shelf
	outside Outside
}

func (s *service) self() op.UserID { return s.log.Self().User }

// in is a submission into the company scope.
func (s *service) in(typ string, entity []byte, payload any) module.Submission {
	return module.Submission{Scope: s.log.CompanyScope(), Type: typ, Entity: entity, Payload: payload}
}

// submit writes ops and forgets the cached directory.
func (s *service) submit(ctx context.Context, subs ...module.Submission) ([]module.Op, error) {
	ops, err := s.log.Submit(ctx, subs, nil)
	s.shelf.stale()
	return ops, err
}

func (s *service) manage() error {
	if err := s.log.Ready(); err != nil {
		return err
	}
	return allow(CanManage(s.log.View().Role(s.self())))
}

// SaveOwn writes this user's profile after it was filled in. Errors: those of saveOwn, and where the house rule asks for it
// those of Complete.
func (s *service) saveComplete(ctx context.Context, p Profile) error {
	if s.rules.Bool(rules.ProfileComplete) {
		if err := p.Tidy().Complete(); err != nil {
			return err
		}
	}
	return s.saveOwn(ctx, p)
}

// saveOwn writes this user's profile. A department that is only named is looked for in the tree and, where permitted, made at
// the top; otherwise the name is kept as it was written. Errors: those of Validate, "org.department_unknown",
// "org.staff_no_taken" {name}, "org.profile_review" where the change must be asked for (R19).
func (s *service) saveOwn(ctx context.Context, p Profile) error {
	b, p, err := s.tidied(ctx, p, s.self())
	if err != nil {
		return err
	}
	self := s.self()
	if s.manage() != nil {
		now, written := b.profiles[self]
		moved := len(s.team.DeptOf(self)) > 0 && !bytes.Equal(p.Department, []byte(b.dept[self]))
		if written && (moved || s.rules.Bool(rules.ProfileReview) && reviewedChange(now.Profile, p)) {
			return fault.New("org.profile_review")
		}
	} else if len(p.Department) > 0 && !bytes.Equal(s.team.DeptOf(self), p.Department) {
		if err := s.team.Place(ctx, self, p.Department); err != nil {
			return err
		}
	}
	_, err = s.submit(ctx, s.in(typeProfile, self[:], profile(p)))
	return err
}

// reviewedChange tells whether anything but the ways to reach somebody differs.
func reviewedChange(a, b Profile) bool {
	a.Phone, a.Email, b.Phone, b.Email = "", "", "", ""
	return len(changes(a, b)) > 0
}

// tidied checks a profile of a user and finds its department.
func (s *service) tidied(ctx context.Context, p Profile, user op.UserID) (*book, Profile, error) {
	p = p.Tidy()
	if err := p.Validate(); err != nil {
		return nil, p, err
	}
	b, err := s.shelf.book(ctx)
	if err != nil {
		return nil, p, err
	}
	if len(p.Department) > 0 && !b.tree.Has(crdt.NodeID(p.Department)) {
		return nil, p, fault.New("org.department_unknown")
	}
	if err := s.staffNoFree(b, p.StaffNo, user); err != nil {
		return nil, p, err
	}
	if len(p.Department) == 0 && p.DepartmentName != "" {
		if p.Department, err = s.departmentNamed(ctx, b, p.DepartmentName); err != nil {
			return nil, p, err
		}
	}
	if len(p.Department) > 0 {
		p.DepartmentName = ""
	}
	return b, p, nil
}

// staffNoFree refuses a staff number that another member is known to have. Two people who choose one while they are apart both
// keep it: nobody can tell who came first.
func (s *service) staffNoFree(b *book, staffNo string, except op.UserID) error {
	if staffNo == "" {
		return nil
	}
	for _, u := range s.log.Members() {
		if u != except && strings.EqualFold(b.profiles[u].StaffNo, staffNo) {
			return fault.New("org.staff_no_taken", "name", nameOf(b, u))
		}
	}
	return nil
}

// confirmProfiles writes again what people wrote of themselves and nobody reviewed, as the managing department. Errors:
// "denied".
func (s *service) confirmProfiles(ctx context.Context) error {
	if err := s.manage(); err != nil {
		return err
	}
	b, err := s.shelf.book(ctx)
	if err != nil {
		return err
	}
	var subs []module.Submission
	for _, u := range s.log.Members() {
		if e, ok := b.unheld[u]; ok && u != s.self() {
			subs = append(subs, s.in(typeProfile, u[:], profile(e.Profile)))
		}
	}
	for part := range slices.Chunk(subs, confirmAtOnce) {
		if _, err := s.submit(ctx, part...); err != nil {
			return err
		}
	}
	return nil
}

// confirmAtOnce bounds one transaction.
const confirmAtOnce = 500

// renameTeam changes the team's name. Errors: "denied", "org.team_empty", "org.team_too_long".
func (s *service) renameTeam(ctx context.Context, name string) error {
	name, err := checkTitle(name, "org.team", maxTeam)
	if err != nil {
		return err
	}
	if err := s.manage(); err != nil {
		return err
	}
	_, err = s.submit(ctx, s.in(typeTeam, []byte(teamEntity), team{Name: name}))
	return err
}

// stateDuty says what to ask a person or department about (R29). Errors: "denied", "org.note_too_long", "org.user_unknown",
// "org.department_unknown".
func (s *service) stateDuty(ctx context.Context, user op.UserID, dept []byte, text string) error {
	text = strings.TrimSpace(text)
	if err := checkNote(text, maxDuty); err != nil {
		return err
	}
	b, err := s.shelf.book(ctx)
	if err != nil {
		return err
	}
	entity, of := dutyOf('u', user[:]), s.team.DeptOf(user)
	switch {
	case len(dept) > 0 && !b.tree.Has(crdt.NodeID(dept)):
		return fault.New("org.department_unknown")
	case len(dept) > 0:
		entity, of = dutyOf('d', dept), dept
	case s.log.View().Role(user) == access.None:
		return fault.New("org.user_unknown")
	}
	if !CanState(s.log.View(), s.self(), of) {
		return fault.New("denied")
	}
	_, err = s.submit(ctx, s.in(typeDuty, entity, duty{Text: text}))
	return err
}
