package main

import (
	"context"
	"errors"
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

func (m *member) start(q request) error {
	listen := []string{"/ip4/127.0.0.1/tcp/0"}
	if q.QUIC {
		listen = append(listen, "/ip4/127.0.0.1/udp/0/quic-v1")
	}
	a, err := app.New(app.Options{Data: q.Data, P2PListen: listen, NoMDNS: true, Now: m.clock.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "bench", Unlock: unlock()})
	if err != nil {
		return err
	}
	if q.Plain {
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
