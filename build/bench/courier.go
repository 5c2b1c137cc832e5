package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tongzhou/backend/apptest"
	"tongzhou/sync/courier"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// The week that somebody was away.
const (
	weekOps     = 20_000
	weekScopes  = 40
	weekDevices = 30
	weekAway    = 3
	pathOps     = 1000
	pathGap     = 5 * time.Millisecond
)

// stage is what package apptest reports to: a failure ends the figure.
type stage struct {
	ends []func()
}

type failure struct{ err error }

func (*stage) Helper()                          {}
func (*stage) Logf(string, ...any)              {}
func (*stage) Fatal(args ...any)                { panic(failure{errors.New(fmt.Sprint(args...))}) }
func (*stage) Fatalf(format string, a ...any)   { panic(failure{fmt.Errorf(format, a...)}) }
func (s *stage) Error(args ...any)              { s.Fatal(args...) }
func (s *stage) Errorf(format string, a ...any) { s.Fatalf(format, a...) }
func (s *stage) Cleanup(f func())               { s.ends = append(s.ends, f) }

// onStage runs fn on a stage and clears it away.
func onStage(fn func(t *stage)) (err error) {
	t := &stage{}
	defer func() {
		for i := len(t.ends) - 1; i >= 0; i-- {
			t.ends[i]()
		}
		if f, failed := recover().(failure); failed {
			err = f.err
		}
	}()
	fn(t)
	return nil
}

// onDisk moves a member's database from memory to where databases lie.
func (r *run) onDisk(m *apptest.Member, name string) {
	m.Close()
	dir := filepath.Join(r.tmp, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		m.T.Fatal(err)
	}
	if err := apptest.CopyDB(m.Dir, dir); err != nil {
		m.T.Fatal(err)
	}
	m.Dir = dir
	m.Open()
}

// diskRelay is a relay whose database lies where databases lie.
func (r *run) diskRelay(t *stage, name string) *apptest.Relay {
	spare := apptest.NewRelay(t)
	spare.Stop()
	spare.Dir = filepath.Join(r.tmp, name)
	if err := os.MkdirAll(spare.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	spare.Start()
	spare.Allow()
	return spare
}

// visit connects a member to the relay over TCP on loopback.
func visit(m *apptest.Member, spare *apptest.Relay) *apptest.Visit {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		m.T.Fatal(err)
	}
	defer ln.Close()
	mine, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		m.T.Fatal(err)
	}
	theirs, err := ln.Accept()
	if err != nil {
		m.T.Fatal(err)
	}
	return m.VisitOver(spare, mine, func(ctx context.Context) { _ = spare.R.Serve(ctx, theirs, m.TransportKey()) })
}

// relayPath: what one writes goes to the relay and from there to the other, who has no other way, and is in his tables.
func (r *run) relayPath() error {
	var p50, p99 []float64
	for round := range r.rounds {
		lags, err := r.relayPathRound(fmt.Sprintf("path%d", round))
		if err != nil {
			return err
		}
		p50, p99 = append(p50, median(lags)), append(p99, quantile(lags, 0.99))
	}
	r.add(Figure{Name: "relay_path_live_p50_ms", Value: median(p50), Unit: "ms", N: r.rounds * pathOps, Note: fmt.Sprintf("reach: ≤ 40 ms; three durable commits; p99 %.1f ms", median(p99))})
	return nil
}

func (r *run) relayPathRound(name string) (lags []float64, err error) {
	err = onStage(func(t *stage) {
		ann := apptest.Found(t, "ann")
		bob := ann.Join("bob")
		apptest.Exchange(ann, bob)
		r.onDisk(ann, name+"-a")
		r.onDisk(bob, name+"-b")
		spare := r.diskRelay(t, name+"-relay")
		call(t, ann, spare)
		va, vb := visit(ann, spare), visit(bob, spare)
		defer va.Stop()
		defer vb.Stop()
		va.InSync(t)
		vb.InSync(t)
		arrived := make(chan time.Time, pathOps)
		defer bob.R.Subscribe(func(e *replica.Event) {
			for i := range e.Feeds {
				for seq := e.Feeds[i].From; seq <= e.Feeds[i].Feed.Len && e.Feeds[i].Feed.Device == ann.Device(); seq++ {
					arrived <- time.Now()
				}
			}
		})()
		company := ann.R.CompanyScope()
		sent := make([]time.Time, 0, pathOps)
		tick := time.NewTicker(pathGap)
		defer tick.Stop()
		for i := range pathOps {
			<-tick.C
			sent = append(sent, time.Now())
			ann.Note(company, message(i))
		}
		for i := range sent {
			select {
			case at := <-arrived:
				lags = append(lags, float64(at.Sub(sent[i]).Nanoseconds())/1e6)
			case <-time.After(time.Minute):
				t.Fatal("ops do not come")
			}
		}
	})
	return lags, err
}

// weekOffline: somebody was away while 30 devices wrote 20,000 ops in 40 groups, and takes them from the relay alone.
func (r *run) weekOffline() error {
	var p paired
	for round := range r.rounds {
		if err := r.weekRound(fmt.Sprintf("week%d", round), &p); err != nil {
			return err
		}
	}
	r.add(p.time("week_offline_s", "reach: ratio ≤ 3; floor: the same ops into the op table alone"))
	return nil
}

// weekRound lets several be away for the same week: writing it takes longer than catching up.
func (r *run) weekRound(name string, p *paired) error {
	return onStage(func(t *stage) {
		ann := apptest.Found(t, "ann")
		team := []*apptest.Member{ann}
		for i := 1; i < weekDevices; i++ {
			team = append(team, ann.Join(fmt.Sprintf("m%d", i)))
		}
		var away []*apptest.Member
		for i := range weekAway {
			away = append(away, ann.Join(fmt.Sprintf("away%d", i)))
		}
		others := append(slices.Clone(team[1:]), away...)
		groups := make([]op.ScopeID, 0, weekScopes)
		for range weekScopes {
			groups = append(groups, ann.Group(others...))
		}
		for _, m := range others {
			ann.Copy(m)
		}
		spare := r.diskRelay(t, name+"-relay")
		ann.CallOn(spare)
		for i, m := range away {
			r.onDisk(m, fmt.Sprintf("%s-%d", name, i))
			call(t, m, spare)
		}
		r.write(team, groups)
		for _, m := range team[1:] {
			m.Copy(ann)
		}
		call(t, ann, spare)
		for _, m := range away {
			took, err := r.spend("week", func() error { call(t, m, spare); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if n := m.Rows("note"); n != weekOps {
				t.Fatalf("%d of %d ops are here", n, weekOps)
			}
			p.add(took, r.floorOf(t, m))
		}
	})
}

// write lets everybody write their part of the week in every group.
func (r *run) write(team []*apptest.Member, groups []op.ScopeID) {
	n := 0
	for i, m := range team {
		for j, g := range groups {
			cell := i*len(groups) + j
			for upTo := weekOps * (cell + 1) / (len(team) * len(groups)); n < upTo; n++ {
				m.Note(g, message(n))
			}
		}
	}
}

// call visits the relay until everything is here and projected.
func call(t *stage, m *apptest.Member, spare *apptest.Relay) {
	v := visit(m, spare)
	apptest.Eventually(t, "in sync with the relay", func() bool { return v.Status().State == courier.InSync && v.Status().Owed == 0 })
	_ = v.Stop()
}

// floorOf inserts the ops that the member got into a bare op table.
func (r *run) floorOf(t *stage, m *apptest.Member) cost {
	var raws [][]byte
	for _, f := range m.R.Feeds().Feeds() {
		err := oplog.Read(m.R.Reader(), f.No, 1, f.Len, func(s oplog.Stored) (bool, error) {
			if f.Device != m.Device() && s.HLC > 0 && len(raws) < weekOps {
				raws = append(raws, append([]byte(nil), s.Raw...))
			}
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	took, err := r.spend("floor-week", func() error {
		_, err := r.inserts(raws, false)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return took
}
