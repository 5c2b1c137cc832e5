package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// API is what the interface calls. Every error is a fault; see the service's functions for their codes.
type API struct{ s *service }

// Limits of one page.
const (
	pageDefault = 100
	pageMost    = 500
)

// Query asks for a page of entries, newest first. Empty fields ask for nothing in particular.
type Query struct {
	UserID string `json:"userId"` // who acted, or to whom it was done
	Kind   string `json:"kind"`   // one of Kinds
	From   string `json:"from"`   // RFC 3339, inclusive
	To     string `json:"to"`     // exclusive
	Text   string `json:"text"`
	Before string `json:"before"` // id of the last entry of the page before
	Limit  int    `json:"limit"`
}

// EntryDTO is one act.
type EntryDTO struct {
	ID         string            `json:"id"`
	At         string            `json:"at"` // by the clock of the device
	UserID     string            `json:"userId"`
	UserName   string            `json:"userName"`
	DeviceID   string            `json:"deviceId"`
	DeviceName string            `json:"deviceName"`
	Action     string            `json:"action"`
	Params     map[string]string `json:"params"`
	Kind       string            `json:"kind"`
	State      string            `json:"state"`  // valid, refused, pending
	Reason     string            `json:"reason"` // of a refusal
}

// PageDTO is a page of entries.
type PageDTO struct {
	Entries []EntryDTO `json:"entries"`
	More    bool       `json:"more"`
}

// ExportDTO is an export.
type ExportDTO struct {
	Path    string `json:"path"`
	Entries int    `json:"entries"`
	Digest  string `json:"digest"` // hex
}

// Kinds are what entries can be filtered by.
func (a *API) Kinds() []string {
	return append(module.ActKinds(), "request", "account", "handover", "export")
}

// CanExport says whether this user may export, for the interface to offer it.
func (a *API) CanExport() bool { return a.s.canExport() }

// List returns a page. Faults: "denied", "audit.query".
func (a *API) List(q Query) (PageDTO, error) {
	f, err := q.filter()
	if err != nil {
		return PageDTO{}, err
	}
	if f, err = a.s.visible(f); err != nil {
		return PageDTO{}, err
	}
	all, err := a.s.entries(context.Background())
	if err != nil {
		return PageDTO{}, err
	}
	if q.Before != "" {
		all = all[slices.IndexFunc(all, func(e entry) bool { return e.id == q.Before })+1:]
	}
	limit := q.Limit
	if limit <= 0 {
		limit = pageDefault
	}
	limit = min(limit, pageMost)
	p := PageDTO{Entries: []EntryDTO{}}
	show := a.shower()
	for i := range all {
		if !f.passes(&all[i], func(e *entry) []string { return show(e).words() }) {
			continue
		}
		if len(p.Entries) == limit {
			p.More = true
			break
		}
		p.Entries = append(p.Entries, show(&all[i]))
	}
	return p, nil
}

// Export writes the log as a file that proves itself. Faults: "denied", "audit.save", "store.full".
func (a *API) Export() (ExportDTO, error) {
	x, err := a.s.export(context.Background())
	if err != nil {
		return ExportDTO{}, err
	}
	return ExportDTO{Path: x.path, Entries: x.entries, Digest: fmt.Sprintf("%x", x.digest)}, nil
}

func (q Query) filter() (f filter, err error) {
	f = filter{kind: q.Kind, text: strings.ToLower(strings.TrimSpace(q.Text))}
	if q.UserID != "" {
		if f.user, err = op.ParseUserID(q.UserID); err != nil {
			return f, fault.Wrap("audit.query", err)
		}
	}
	for _, x := range []struct {
		text string
		to   *time.Time
	}{{q.From, &f.from}, {q.To, &f.to}} {
		if x.text == "" {
			continue
		}
		if *x.to, err = time.Parse(time.RFC3339, x.text); err != nil {
			return f, fault.Wrap("audit.query", err)
		}
	}
	return f, nil
}

// shower returns what turns entries of one moment into DTOs.
func (a *API) shower() func(*entry) EntryDTO {
	name, dept := a.s.directory.Names(), a.s.directory.DepartmentNames()
	devices := map[op.DeviceID]string{}
	asked := map[op.UserID]bool{}
	return func(e *entry) EntryDTO {
		if !asked[e.user] {
			asked[e.user] = true
			for _, d := range a.s.team.UserDevices(e.user) {
				devices[d.ID] = d.Name
			}
		}
		d := EntryDTO{
			ID: e.id, At: module.Timestamp(e.at), DeviceID: e.device.String(), DeviceName: devices[e.device], Action: e.act.Action,
			Params: map[string]string{}, Kind: e.act.Kind, State: e.state, Reason: e.reason,
		}
		if e.user != (op.UserID{}) {
			d.UserID, d.UserName = e.user.String(), name(e.user)
		}
		maps.Copy(d.Params, e.act.Params)
		for param, u := range e.act.Users {
			d.Params[param] = name(u)
		}
		for param, id := range e.act.Depts {
			d.Params[param] = dept(id)
		}
		return d
	}
}

// words are what an entry is found by.
func (d EntryDTO) words() []string {
	words := []string{d.UserName, d.DeviceName, d.Action, d.Reason}
	for _, v := range d.Params {
		words = append(words, v)
	}
	return words
}
