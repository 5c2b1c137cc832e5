package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"tongzhou/backend/app"
	"tongzhou/backend/features/chat"
)

// workerEnv marks a process as a member under the bench's command.
const workerEnv = "TONGZHOU_BENCH_WORKER"

// request is one line to a worker; reply one line from it.
type request struct {
	Cmd  string   `json:"cmd"`
	Data string   `json:"data,omitempty"`
	Link string   `json:"link,omitempty"`
	Name string   `json:"name,omitempty"`
	Chat string   `json:"chat,omitempty"`
	IDs  []string `json:"ids,omitempty"`
	N    int      `json:"n,omitempty"`
	From int      `json:"from,omitempty"`
	Gap  int      `json:"gap,omitempty"`  // microseconds
	Past int      `json:"past,omitempty"` // messages that will be filled in: the clock starts that far back
	// Plain leaves the database unencrypted.
	Plain bool `json:"plain,omitempty"`
	// QUIC listens for that as well; otherwise members speak TCP only.
	QUIC bool `json:"quic,omitempty"`
}

type reply struct {
	Err    string    `json:"err,omitempty"`
	Text   string    `json:"text,omitempty"`
	At     int64     `json:"at,omitempty"` // ns since 1970
	N      int64     `json:"n,omitempty"`
	Values []float64 `json:"values,omitempty"`
}

func serveWorker(in io.Reader, out io.Writer) {
	m := &member{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	enc := json.NewEncoder(out)
	for lines.Scan() {
		var q request
		var p reply
		err := json.Unmarshal(lines.Bytes(), &q)
		if err == nil {
			p, err = m.handle(q)
		}
		if err != nil {
			p.Err = err.Error()
		}
		p.At = time.Now().UnixNano()
		if enc.Encode(p) != nil {
			return
		}
	}
	if m.a != nil {
		_ = m.a.Close()
	}
}

func (m *member) handle(q request) (reply, error) {
	switch q.Cmd {
	case "start":
		m.clock.behind.Store(int64(q.Past) * int64(pastStep))
		return reply{}, m.start(q)
	case "stop":
		err := m.a.Close()
		m.a = nil
		return reply{}, err
	case "found":
		_, err := m.api.Found(app.FoundInput{TeamName: "基准测试", Profile: profile(q.Name), DeviceName: q.Name, Passphrase: passphrase})
		return reply{}, err
	case "invite":
		i, err := m.api.CreateInvitation(app.InvitationInput{})
		return reply{Text: i.Link}, err
	case "join":
		return reply{}, m.join(q)
	case "me":
		s, err := m.api.State()
		return reply{Text: s.Me.UserID}, err
	case "group":
		g, err := m.chat.CreateGroup(chat.GroupInput{Name: "基准群" + strconv.Itoa(q.N), Members: q.IDs})
		return reply{Text: g.ID}, err
	case "add":
		return reply{}, m.chat.AddMembers(q.Chat, q.IDs)
	case "fill":
		return m.fill(q)
	case "send":
		return m.send(q)
	case "watch":
		return reply{}, m.watch(q)
	case "seen":
		return m.seen()
	case "count":
		n, err := m.count(q.Chat)
		return reply{N: n}, err
	case "await":
		return reply{}, m.await(q)
	case "usable":
		return reply{}, m.usable(q)
	case "searchable":
		return reply{}, m.searchable()
	case "history":
		return m.histories(q)
	case "search":
		return m.searches(q)
	case "page":
		return reply{}, m.page()
	case "rss":
		n, err := residentMB()
		return reply{Values: []float64{n}}, err
	case "insync":
		return reply{}, m.inSync(q.N)
	case "cost":
		return m.cost()
	case "peer":
		return m.peer()
	case "echo":
		return m.serveEcho(q)
	case "ping":
		return m.ping(q)
	default:
		return reply{}, fmt.Errorf("unknown command %q", q.Cmd)
	}
}
