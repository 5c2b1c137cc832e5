package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tongzhou/backend/app"
	"tongzhou/backend/features/chat"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
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
}

type reply struct {
	Err    string    `json:"err,omitempty"`
	Text   string    `json:"text,omitempty"`
	At     int64     `json:"at,omitempty"` // ns since 1970
	N      int64     `json:"n,omitempty"`
	Values []float64 `json:"values,omitempty"`
}

// member is the app inside a worker.
type member struct {
	clock pastClock
	a     *app.App
	api   *app.API
	chat  *chat.API
	echo  *echoHost

	mu      sync.Mutex // guards what follows
	watched *watch
}

// watch collects when messages became visible.
type watch struct {
	scope op.ScopeID
	want  int
	lags  []float64
	last  int64
	done  chan struct{}
	seen  int64 // greatest clock looked at
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
		return reply{}, m.start(q.Data, q.Plain)
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

// pastClock lets a history be written in seconds that looks like one of hours: messages of one millisecond would be no
// history that people write. It starts in the past and comes nearer with every message filled in.
type pastClock struct {
	behind  atomic.Int64 // ns
	filling atomic.Bool
	asked   atomic.Int64
}

// pastStep is the time between two messages of a history.
const pastStep = 40 * time.Millisecond

func (c *pastClock) now() time.Time {
	t := time.Now().Add(-time.Duration(c.behind.Load()))
	if c.filling.Load() { // asked a few times for each message
		t = t.Add(time.Duration(c.asked.Add(1)) * pastStep / 8)
	} else {
		c.asked.Store(0)
	}
	return t
}

// What every member unlocks with.
const (
	staffNo    = "1"
	passphrase = "kT7#mwzq"
)

func unlock() *app.Unlock { return &app.Unlock{StaffNo: staffNo, Passphrase: passphrase} }

func profile(name string) app.ProfileInput {
	return app.ProfileInput{Name: name, StaffNo: staffNo, Position: "测试", Kind: "regular"}
}

func (m *member) start(dir string, plain bool) error {
	a, err := app.New(app.Options{Data: dir, P2PListen: []string{"/ip4/127.0.0.1/tcp/0"}, NoMDNS: true, Now: m.clock.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "bench", Unlock: unlock()})
	if err != nil {
		return err
	}
	if plain {
		a.MeasurePlain()
	}
	m.a = a
	for _, b := range a.Bound() {
		switch b := b.(type) {
		case *app.API:
			m.api = b
		case *chat.API:
			m.chat = b
		}
	}
	return a.Start(context.Background())
}

func (m *member) join(q request) error {
	if err := m.api.Join(app.JoinInput{Link: q.Link, Profile: profile(q.Name), DeviceName: q.Name, Passphrase: passphrase}); err != nil {
		return err
	}
	return until(time.Minute, func() (bool, error) {
		j := m.api.JoinProgress()
		if j.Step == "failed" {
			return false, errors.New(j.Code)
		}
		return j.Step == "done", nil
	})
}

// until polls a condition; what it measures in between is not timed.
func until(limit time.Duration, cond func() (bool, error)) error {
	end := time.Now().Add(limit)
	t := time.NewTicker(time.Millisecond)
	defer t.Stop()
	for {
		ok, err := cond()
		if ok || err != nil {
			return err
		}
		if time.Now().After(end) {
			return errors.New("waited in vain")
		}
		<-t.C
	}
}

// payload is chat.message/1, written in bulk to make a history.
type payload struct {
	Text string `cbor:"1,keyasint"`
}

// fill writes q.N messages in large transactions.
func (m *member) fill(q request) (reply, error) {
	scope, err := op.ParseScopeID(q.Chat)
	if err != nil {
		return reply{}, err
	}
	r := m.a.Replica()
	m.clock.filling.Store(true)
	defer func() {
		m.clock.filling.Store(false)
		m.clock.behind.Store(max(0, m.clock.behind.Load()-int64(pastStep)*int64(q.N)))
	}()
	const chunk = 5000
	for done := 0; done < q.N; done += chunk {
		subs := make([]replica.Submission, 0, chunk)
		for i := done; i < min(q.N, done+chunk); i++ {
			subs = append(subs, replica.Submission{Scope: scope, Type: "chat.message/1", Payload: payload{message(q.From + i)}})
		}
		if _, err := r.Submit(context.Background(), subs, nil); err != nil {
			return reply{}, err
		}
	}
	return reply{N: int64(q.N)}, nil
}

// send sends q.N messages one after the other as a person would, and returns how long each took until it was durable and in
// the sender's own query, in ms. Each text begins with the time of sending.
func (m *member) send(q request) (reply, error) {
	out := reply{Values: make([]float64, 0, q.N)}
	var gap *time.Ticker
	if q.Gap > 0 {
		gap = time.NewTicker(time.Duration(q.Gap) * time.Microsecond)
		defer gap.Stop()
	}
	begin := time.Now()
	for i := range q.N {
		if gap != nil {
			<-gap.C
		}
		text := message(q.From + i)
		t := time.Now()
		if _, err := m.chat.Send(chat.SendInput{ChatID: q.Chat, Text: strconv.FormatInt(t.UnixNano(), 10) + " " + text, ClientID: strconv.FormatInt(t.UnixNano(), 36)}); err != nil {
			return out, err
		}
		out.Values = append(out.Values, float64(time.Since(t).Nanoseconds())/1e6)
	}
	out.N = begin.UnixNano()
	return out, nil
}

// watch begins to note when messages of a chat become visible, until q.N were.
func (m *member) watch(q request) error {
	scope, err := op.ParseScopeID(q.Chat)
	if err != nil {
		return err
	}
	r := m.a.Replica()
	info, ok := r.Scope(scope)
	if !ok {
		return errors.New("unknown chat")
	}
	w := &watch{scope: scope, want: q.N, done: make(chan struct{})}
	if err := r.Reader().QueryRow(`SELECT coalesce(max(hlc), 0) FROM chat_message WHERE chat = ?`, info.No).Scan(&w.seen); err != nil {
		return err
	}
	m.mu.Lock()
	m.watched = w
	m.mu.Unlock()
	tag := r.Self().ScopeTag(scope)
	r.Subscribe(func(e *replica.Event) {
		for i := range e.Feeds {
			if e.Feeds[i].Feed.Tag == tag {
				m.look(r, info.No)
				return
			}
		}
	})
	return nil
}

// look reads the rows that a commit added: only what a query shows counts as visible.
func (m *member) look(r *replica.Replica, chatNo int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.watched
	rows, err := r.Reader().Query(`SELECT hlc, text FROM chat_message WHERE chat = ? AND hlc > ? ORDER BY hlc`, chatNo, w.seen)
	if err != nil {
		return
	}
	defer rows.Close()
	now := time.Now().UnixNano()
	for rows.Next() {
		var text string
		if rows.Scan(&w.seen, &text) != nil {
			return
		}
		word, _, _ := strings.Cut(text, " ")
		if sent, err := strconv.ParseInt(word, 10, 64); err == nil && sent > 1e18 {
			w.lags = append(w.lags, float64(now-sent)/1e6)
		}
		w.last = now
		if w.want--; w.want == 0 {
			close(w.done)
		}
	}
}

// seen waits for the watched messages, and returns their lags in ms and when the last became visible.
func (m *member) seen() (reply, error) {
	m.mu.Lock()
	w := m.watched
	m.mu.Unlock()
	select {
	case <-w.done:
	case <-time.After(2 * time.Minute):
		return reply{}, errors.New("messages did not arrive")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return reply{Values: w.lags, N: w.last}, nil
}

func (m *member) count(chatID string) (int64, error) {
	scope, err := op.ParseScopeID(chatID)
	if err != nil {
		return 0, err
	}
	r := m.a.Replica()
	info, ok := r.Scope(scope)
	if !ok {
		return 0, nil
	}
	var n int64
	err = r.Reader().QueryRow(`SELECT count(*) FROM chat_message WHERE chat = ?`, info.No).Scan(&n)
	return n, err
}

// await waits until a chat holds q.N messages, looking at the lengths of feeds first: counting rows would slow the work down.
func (m *member) await(q request) error {
	scope, err := op.ParseScopeID(q.Chat)
	if err != nil {
		return err
	}
	r := m.a.Replica()
	tag := r.Self().ScopeTag(scope)
	return until(5*time.Minute, func() (bool, error) {
		var ops uint64
		for _, f := range r.Feeds().Scope(tag) {
			ops += f.Len
		}
		if ops < uint64(q.N) {
			return false, nil
		}
		n, err := m.count(q.Chat)
		return n >= int64(q.N), err
	})
}

func (m *member) searchable() error {
	return until(10*time.Minute, func() (bool, error) {
		s, err := m.chat.Search(chat.SearchQuery{Text: "会议", Limit: 1})
		return s.Indexing == 0, err
	})
}

func (m *member) page() error {
	list, err := m.chat.Chats()
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("no chats")
	}
	h, err := m.chat.History(chat.HistoryQuery{ChatID: list[0].ID, Limit: 50})
	if err == nil && len(h.Messages) == 0 {
		err = errors.New("empty page")
	}
	return err
}

func (m *member) histories(q request) (reply, error) {
	var out reply
	for i := range q.N {
		t := time.Now()
		h, err := m.chat.History(chat.HistoryQuery{ChatID: q.IDs[i%len(q.IDs)], Limit: 50})
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, float64(time.Since(t).Nanoseconds())/1e6)
		if len(h.Messages) != 50 {
			return out, fmt.Errorf("%d messages", len(h.Messages))
		}
	}
	return out, nil
}

func (m *member) searches(q request) (reply, error) {
	var out reply
	for i := range q.N {
		in := chat.SearchQuery{Text: words[i%len(words)], Limit: 50}
		if i%2 == 1 {
			in.ChatID = q.IDs[i%len(q.IDs)]
		}
		t := time.Now()
		s, err := m.chat.Search(in)
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, float64(time.Since(t).Nanoseconds())/1e6)
		if len(s.Hits) != 50 {
			return out, fmt.Errorf("%d hits for %s", len(s.Hits), in.Text)
		}
	}
	return out, nil
}

// peer tells since when the first colleague is connected and how many bytes came from it.
func (m *member) peer() (reply, error) {
	c, err := m.api.Connections()
	if err != nil || len(c.Peers) == 0 {
		return reply{}, err
	}
	p := c.Peers[0]
	since, err := time.Parse(time.RFC3339, p.Since)
	return reply{Text: p.State, N: since.UnixNano(), Values: []float64{float64(p.BytesIn), float64(p.BytesOut)}}, err
}

// residentMB is the process's resident memory.
func residentMB() (float64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}
