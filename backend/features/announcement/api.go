package announcement

import (
	"context"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// listed is how many announcements List returns. Older ones are found by search once that covers announcements.
const listed = 200

// API is what the interface calls. Every error is a fault; see the service's functions for their codes.
type API struct{ s *service }

// AnnouncementDTO is one announcement.
type AnnouncementDTO struct {
	ID           string `json:"id"`
	Title        string `json:"title"`
	Text         string `json:"text"`
	AuthorID     string `json:"authorId"`
	AuthorName   string `json:"authorName"`
	At           string `json:"at"`
	Read         int    `json:"read"`  // members who acknowledged
	Total        int    `json:"total"` // members who are asked to: all but the author
	Acknowledged bool   `json:"acknowledged"`
	NeedAck      bool   `json:"needAck"`
}

// PublishInput is a new announcement.
type PublishInput struct {
	Title   string `json:"title"`
	Text    string `json:"text"`
	NeedAck bool   `json:"needAck"`
}

// PersonDTO is somebody who did or did not read.
type PersonDTO struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
}

// ReadersDTO says who has read an announcement.
type ReadersDTO struct {
	Read   []PersonDTO `json:"read"`
	Unread []PersonDTO `json:"unread"`
}

// List returns the 200 newest announcements, newest first.
func (a *API) List() ([]AnnouncementDTO, error) {
	list, err := a.s.newest(context.Background(), listed)
	if err != nil {
		return nil, err
	}
	name := a.s.people.Names()
	out := make([]AnnouncementDTO, 0, len(list))
	for _, x := range list {
		out = append(out, toDTO(x, name))
	}
	return out, nil
}

// CanPublish says whether this user may publish, for the interface to offer it.
func (a *API) CanPublish() bool { return CanPublish(a.s.log.View().Role(a.s.log.Self().User)) }

// Publish tells the company.
func (a *API) Publish(in PublishInput) (AnnouncementDTO, error) {
	x, err := a.s.publish(context.Background(), Draft(in))
	if err != nil {
		return AnnouncementDTO{}, err
	}
	return toDTO(x, a.s.people.Names()), nil
}

// Acknowledge says that this user has read an announcement.
func (a *API) Acknowledge(id string) error {
	parsed, err := ParseID(id)
	if err != nil {
		return err
	}
	return a.s.acknowledge(context.Background(), parsed)
}

// Readers says who has read an announcement and who has not.
func (a *API) Readers(id string) (ReadersDTO, error) {
	parsed, err := ParseID(id)
	if err != nil {
		return ReadersDTO{}, err
	}
	read, unread, err := a.s.audienceOf(context.Background(), parsed)
	if err != nil {
		return ReadersDTO{}, err
	}
	name := a.s.people.Names()
	return ReadersDTO{Read: persons(read, name), Unread: persons(unread, name)}, nil
}

func toDTO(a Announcement, name func(op.UserID) string) AnnouncementDTO {
	return AnnouncementDTO{
		ID: a.ID.String(), Title: a.Title, Text: a.Text, AuthorID: a.Author.String(), AuthorName: name(a.Author),
		At: module.Timestamp(a.At), Read: a.Read, Total: a.Total, Acknowledged: a.Acknowledged, NeedAck: a.NeedAck,
	}
}

func persons(users []op.UserID, name func(op.UserID) string) []PersonDTO {
	out := make([]PersonDTO, 0, len(users))
	for _, u := range users {
		out = append(out, PersonDTO{UserID: u.String(), Name: name(u)})
	}
	return out
}
