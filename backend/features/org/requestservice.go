package org

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"tongzhou/backend/fault"
	"tongzhou/backend/rules"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

const (
	queryRequests = `SELECT id, hlc, author, device, payload, withdrawn FROM org_request ORDER BY hlc DESC, id DESC`
	queryReviews  = `SELECT request, hlc, author, device, payload FROM org_review ORDER BY request, pos`
)

// separate tells whether who asks for an account must not approve it (R8).
func (s *service) separate() bool { return s.rules.Bool(rules.AccountReview) }

// requests returns all requests, newest first.
func (s *service) requests(ctx context.Context) ([]*filed, error) {
	var out []*filed
	byID := map[string]*filed{}
	err := s.shelf.each(ctx, queryRequests, func(scan func(...any) error) error {
		f := &filed{}
		var at, author, withdrawn int64
		var device, payload []byte
		err := scan(&f.id, &at, &author, &device, &payload, &withdrawn)
		if err == nil {
			f.request, err = decode[request](payload)
		}
		if err != nil {
			return err
		}
		f.at, f.device = hlc.Time(at).Wall(), op.DeviceID(device)
		f.by, _ = s.log.UserByNo(author)
		if withdrawn > 0 {
			f.withdrawn = hlc.Time(withdrawn).Wall()
		}
		byID[string(f.id)] = f
		out = append(out, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, s.shelf.each(ctx, queryReviews, func(scan func(...any) error) error {
		var o opinion
		var at, author int64
		var id, device, payload []byte
		err := scan(&id, &at, &author, &device, &payload)
		if err == nil {
			o.review, err = decode[review](payload)
		}
		if err != nil {
			return err
		}
		o.at, o.device = hlc.Time(at).Wall(), op.DeviceID(device)
		o.by, _ = s.log.UserByNo(author)
		if f := byID[string(id)]; f != nil {
			f.opinions = append(f.opinions, o)
		}
		return nil
	})
}

// request returns one request that this user may see. Errors: fault "org.request_unknown".
func (s *service) request(ctx context.Context, id []byte) (*filed, error) {
	all, err := s.requests(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(f *filed) bool { return bytes.Equal(f.id, id) })
	if i < 0 || !s.maySee(all[i], all[i].settle(s.separate())) {
		return nil, fault.New("org.request_unknown")
	}
	return all[i], nil
}

// requestAccount asks for an account for somebody who is not in the team (R8). Errors: those of Validate and Complete,
// "denied", "org.staff_no_taken", "org.department_unknown", "org.note_too_long".
func (s *service) requestAccount(ctx context.Context, p Profile, note string) ([]byte, error) {
	if err := s.mayRequest(note); err != nil {
		return nil, err
	}
	_, p, err := s.tidied(ctx, p, op.UserID{})
	if err == nil && s.rules.Bool(rules.ProfileComplete) {
		err = p.Complete()
	}
	if err != nil {
		return nil, err
	}
	return s.file(ctx, request{Kind: requestAccount, From: profile{Kind: KindRegular}, To: profile(p), Note: strings.TrimSpace(note)})
}

// requestProfile asks for a change of one's own profile (R19). Errors: those of Validate and Complete, "denied",
// "org.staff_no_taken", "org.department_unknown", "org.no_change", "org.request_open", "org.note_too_long".
func (s *service) requestProfile(ctx context.Context, p Profile, note string) ([]byte, error) {
	if err := s.mayRequest(note); err != nil {
		return nil, err
	}
	self := s.self()
	b, p, err := s.tidied(ctx, p, self)
	if err == nil && s.rules.Bool(rules.ProfileComplete) {
		err = p.Complete()
	}
	if err != nil {
		return nil, err
	}
	now := s.present(b, self)
	if len(changes(now, p)) == 0 {
		return nil, fault.New("org.no_change")
	}
	all, err := s.requests(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(all, func(f *filed) bool {
		return f.by == self && f.request.Kind == requestProfile && f.settle(s.separate()).state == stateOpen
	}) {
		return nil, fault.New("org.request_open")
	}
	return s.file(ctx, request{Kind: requestProfile, Subject: self[:], From: profile(now), To: profile(p), Note: strings.TrimSpace(note)})
}

// present is the profile of a user with the department that they are in.
func (s *service) present(b *book, user op.UserID) Profile {
	p := b.profiles[user].Profile
	if dept := b.dept[user]; dept != "" {
		p.Department, p.DepartmentName = []byte(dept), ""
	}
	if p.Kind == "" {
		p.Kind = KindRegular
	}
	return p
}

func (s *service) mayRequest(note string) error {
	if err := s.log.Ready(); err != nil {
		return err
	}
	if !CanRequest(s.log.View().Role(s.self())) {
		return fault.New("denied")
	}
	return checkNote(note, maxNote)
}

func (s *service) file(ctx context.Context, r request) ([]byte, error) {
	ops, err := s.submit(ctx, s.in(typeRequest, nil, r))
	if err != nil {
		return nil, err
	}
	return ops[0].Entity, nil
}

// review takes the next step of a request. The last one, by the managing department, also does what was asked for; of an
// account it returns the link of the invitation. Errors: "denied", "org.request_unknown", "org.request_closed",
// "org.comment_required" for a refusal without a word, "org.note_too_long", those of the profile.
func (s *service) review(ctx context.Context, id []byte, approve bool, comment string) (link string, err error) {
	f, err := s.request(ctx, id)
	if err != nil {
		return "", err
	}
	comment = strings.TrimSpace(comment)
	p := f.settle(s.separate())
	switch {
	case p.state != stateOpen:
		return "", fault.New("org.request_closed")
	case !s.mayReview(f, p):
		return "", fault.New("denied")
	case !approve && comment == "":
		return "", fault.New("org.comment_required")
	}
	if err := checkNote(comment, maxNote); err != nil {
		return "", err
	}
	r := review{Step: s.due(f, p), Approve: approve, Comment: comment, Subject: f.request.Subject}
	if !approve || r.Step != stepManagement {
		_, err = s.submit(ctx, s.in(typeReview, f.id, r))
		return "", err
	}
	if f.request.Kind == requestAccount {
		return s.openAccount(ctx, f, r)
	}
	return "", s.changeProfile(ctx, f, r)
}

// openAccount makes the invitation of an approved account.
func (s *service) openAccount(ctx context.Context, f *filed, r review) (string, error) {
	to := f.request.To
	invite, link, err := s.outside.Invite(ctx, roleFor(to.Kind), to.Department, to.Name)
	if err != nil {
		return "", err
	}
	r.Invite = invite[:]
	_, err = s.submit(ctx, s.in(typeReview, f.id, r))
	return link, err
}

// changeProfile writes the approved change as the managing department's own word. Where the department changes, the placement
// comes first: if that is all that happens, the request stays open and can be approved again.
func (s *service) changeProfile(ctx context.Context, f *filed, r review) error {
	subject := op.UserID(f.request.Subject)
	b, err := s.shelf.book(ctx)
	if err != nil {
		return err
	}
	next := f.request.applied(s.present(b, subject))
	if err := next.Validate(); err != nil {
		return err
	}
	if err := s.staffNoFree(b, next.StaffNo, subject); err != nil {
		return err
	}
	if len(next.Department) > 0 && !bytes.Equal(s.team.DeptOf(subject), next.Department) {
		if err := s.place(ctx, subject, next.Department); err != nil {
			return fmt.Errorf("place: %w", err)
		}
	}
	_, err = s.submit(ctx, s.in(typeProfile, subject[:], profile(next)), s.in(typeReview, f.id, r))
	return err
}

// withdraw takes back an own request. Errors: "org.request_unknown", "org.request_closed", "denied".
func (s *service) withdraw(ctx context.Context, id []byte) error {
	f, err := s.request(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case f.by != s.self():
		return fault.New("denied")
	case f.settle(s.separate()).state != stateOpen:
		return fault.New("org.request_closed")
	}
	_, err = s.submit(ctx, s.in(typeWithdraw, f.id, withdraw{}))
	return err
}
