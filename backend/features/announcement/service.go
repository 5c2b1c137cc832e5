package announcement

import (
	"context"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// People names members. The app adapts the directory to it.
type People interface {
	// Names returns a lookup over one moment of the directory, for one answer.
	Names() func(user op.UserID) string
}

type service struct {
	log    module.Log
	db     module.DB
	people People
}

// publish tells the company. Errors: those of Validate, fault "denied".
func (s *service) publish(ctx context.Context, d Draft) (Announcement, error) {
	d = d.Tidy()
	if err := d.Validate(); err != nil {
		return Announcement{}, err
	}
	if err := s.log.Ready(); err != nil {
		return Announcement{}, err
	}
	if !CanPublish(s.log.View().Role(s.log.Self().User)) {
		return Announcement{}, fault.New("denied")
	}
	ops, err := s.log.Submit(ctx, []module.Submission{{Scope: s.log.CompanyScope(), Type: typePublish, Payload: publish(d)}}, nil)
	if err != nil {
		return Announcement{}, err
	}
	return s.one(ctx, ID{ops[0].Ref})
}

// acknowledge says that this user has read the announcement. Saying it again changes nothing. Errors: fault
// "announcement.unknown".
func (s *service) acknowledge(ctx context.Context, id ID) error {
	a, err := s.one(ctx, id)
	if err != nil || a.Acknowledged {
		return err
	}
	_, err = s.log.Submit(ctx, []module.Submission{{Scope: s.log.CompanyScope(), Type: typeAcknowledge, Entity: id.Bytes(), Payload: acknowledge{}}}, nil)
	return err
}

// audienceOf splits the members who are asked to read into those who did and those who did not, in the order of the member
// list. Errors: fault "announcement.unknown".
func (s *service) audienceOf(ctx context.Context, id ID) (read, unread []op.UserID, err error) {
	a, err := s.one(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	readers, err := s.readers(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	did := map[op.UserID]bool{}
	for _, u := range readers {
		did[u] = true
	}
	for _, u := range s.log.Members() {
		switch {
		case u == a.Author:
		case did[u]:
			read = append(read, u)
		default:
			unread = append(unread, u)
		}
	}
	return read, unread, nil
}
