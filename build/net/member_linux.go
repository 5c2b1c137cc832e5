package nettest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// What the stories call things, and what everybody unlocks with.
const (
	teamName   = "远帆协作"
	groupName  = "码头项目"
	passphrase = "lake-Tiger#41"
)

// lookEvery is how often a condition is asked for. Every wait is for a condition, with a limit.
const lookEvery = 100 * time.Millisecond

// member is a person with the app on a machine. Data stay when the program is stopped or killed.
type member struct {
	*machine
	binary, dir string
	person      string
	staffNo     string
	program     *program
	api         *api
}

// start starts the app, and unlocks what is there.
func (m *member) start(ctx context.Context) error {
	p, err := launch(m.machine, filepath.Join(m.dir, m.name+".log"), m.binary, m.env(), "serve", "--data", m.data(), "--verbose")
	if err != nil {
		return err
	}
	m.program = p
	address, err := p.says(ctx, "/#token=")
	if err != nil {
		return err
	}
	m.api, err = newAPI(m.machine, address)
	return err
}

func (m *member) data() string { return filepath.Join(m.dir, m.name) }

func (m *member) env() []string {
	return []string{"HOME=" + m.dir, "TONGZHOU_STAFF_NO=" + m.staffNo, "TONGZHOU_PASSPHRASE=" + passphrase}
}

// verify rebuilds everything from the ops and compares. The program must not run.
func (m *member) verify(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, m.binary, "verify", "--data", m.data())
	cmd.Env = append(cmd.Environ(), m.env()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("verify the data of %s: %w: %s", m.person, err, out)
	}
	return nil
}

type profile struct {
	Name    string `json:"name"`
	StaffNo string `json:"staffNo"`
	Kind    string `json:"kind"`
}

func (m *member) profile() profile {
	return profile{Name: m.person, StaffNo: m.staffNo, Kind: "regular"}
}

func (m *member) found(ctx context.Context, team string) error {
	return m.api.call(ctx, "app/Found", nil, struct {
		TeamName   string  `json:"teamName"`
		Profile    profile `json:"profile"`
		DeviceName string  `json:"deviceName"`
		Passphrase string  `json:"passphrase"`
	}{team, m.profile(), m.name, passphrase})
}

func (m *member) invite(ctx context.Context) (string, error) {
	var made struct {
		Link string `json:"link"`
	}
	err := m.api.call(ctx, "app/CreateInvitation", &made, map[string]string{"note": ""})
	return made.Link, err
}

// join joins and waits until the app is there.
func (m *member) join(ctx context.Context, link string) error {
	err := m.api.call(ctx, "app/Join", nil, struct {
		Link       string  `json:"link"`
		Profile    profile `json:"profile"`
		DeviceName string  `json:"deviceName"`
		Passphrase string  `json:"passphrase"`
	}{link, m.profile(), m.name, passphrase})
	if err != nil {
		return err
	}
	var at struct {
		Step, Code string
	}
	return until(ctx, joinLimit, func() (bool, error) {
		if err := m.api.call(ctx, "app/JoinProgress", &at); err != nil {
			return false, err
		}
		if at.Step == "failed" {
			return false, fmt.Errorf("joining failed: %s", at.Code)
		}
		return at.Step == "done", nil
	}, func() string { return fmt.Sprintf("%s joins: at %q %s", m.person, at.Step, at.Code) })
}

// me is the person's own user id.
func (m *member) me(ctx context.Context) (string, error) {
	var state struct {
		Me struct{ UserID string }
	}
	err := m.api.call(ctx, "app/State", &state)
	return state.Me.UserID, err
}

// link is what the connection panel says of a colleague.
type link struct {
	UserName string `json:"userName"`
	Path     string `json:"path"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Address  string `json:"address"`
}

func (l link) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", l.State, l.Path, l.Reason, l.Address))
}

// to is what m's connection panel says of o.
func (m *member) to(ctx context.Context, o *member) (link, error) {
	var panel struct {
		Peers []link `json:"peers"`
	}
	if err := m.api.call(ctx, "app/Connections", &panel); err != nil {
		return link{}, err
	}
	for _, l := range panel.Peers {
		if l.UserName == o.person {
			return l, nil
		}
	}
	return link{}, nil
}

// reaches waits until m's panel says that o is reached in the given way.
func (m *member) reaches(ctx context.Context, o *member, limit time.Duration, want func(link) bool) (link, error) {
	var l link
	err := until(ctx, limit, func() (ok bool, err error) {
		l, err = m.to(ctx, o)
		return err == nil && want(l), err
	}, func() string { return fmt.Sprintf("%s sees %s: %s", m.person, o.person, l) })
	return l, err
}

// group makes a group of m and others.
func (m *member) group(ctx context.Context, name string, others ...*member) (string, error) {
	var ids []string
	for _, o := range others {
		id, err := o.me(ctx)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	var made struct{ ID string }
	err := m.api.call(ctx, "chat/CreateGroup", &made, struct {
		Name    string   `json:"name"`
		Members []string `json:"members"`
	}{name, ids})
	return made.ID, err
}

// send writes a message; nil means that the app has said it is saved.
func (m *member) send(ctx context.Context, chat, text string) error {
	return m.api.call(ctx, "chat/Send", nil, map[string]string{"chatId": chat, "text": text, "clientId": text})
}

type message struct {
	ID   string
	Text string
}

// history lists the messages of a chat, oldest first. A chat that is not here yet has none.
func (m *member) history(ctx context.Context, chat string) ([]message, error) {
	var all []message
	query := map[string]any{"chatId": chat, "limit": 200, "before": ""}
	for {
		var page struct {
			Messages []message
			HasOlder bool
		}
		if err := m.api.call(ctx, "chat/History", &page, query); err != nil {
			if strings.Contains(err.Error(), "chat.unknown") {
				return nil, nil
			}
			return nil, err
		}
		all = append(page.Messages, all...)
		if !page.HasOlder || len(page.Messages) == 0 {
			return all, nil
		}
		query["before"] = page.Messages[0].ID
	}
}

// holds waits until m has every one of texts in a chat.
func (m *member) holds(ctx context.Context, chat string, texts []string, limit time.Duration) error {
	missing := ""
	return until(ctx, limit, func() (bool, error) {
		list, err := m.history(ctx, chat)
		if err != nil {
			return false, err
		}
		here := map[string]bool{}
		for _, x := range list {
			here[x.Text] = true
		}
		missing = ""
		for _, text := range texts {
			if !here[text] {
				missing = text
				return false, nil
			}
		}
		return true, nil
	}, func() string { return fmt.Sprintf("%s lacks %q", m.person, missing) })
}

var errLate = errors.New("not in time")

// until asks for a condition again and again; what says how things stand when it did not come.
func until(ctx context.Context, limit time.Duration, ok func() (bool, error), what func() string) error {
	end := time.Now().Add(limit)
	for {
		done, err := ok()
		switch {
		case err != nil:
			return err
		case done:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("%w (%v): %s", errLate, limit, what())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookEvery):
		}
	}
}
