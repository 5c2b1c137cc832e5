package apptest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"tongzhou/sync/courier"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/simnet"
	"tongzhou/sync/wire"
)

// What happens to a relay, and what a malicious one does, in a simulation.
const (
	relayStopped  simnet.Kind = "relay restarted"
	relayLostDisk simnet.Kind = "relay lost its disk"
	relayRolled   simnet.Kind = "relay rolled back"
	relayWithhold simnet.Kind = "relay withholds"
	relayReplay   simnet.Kind = "relay replays"
	relayAlter    simnet.Kind = "relay alters"
	relayLength   simnet.Kind = "relay lies about lengths"
	relayRoster   simnet.Kind = "relay lies about the roster"
	relayForged   simnet.Kind = "relay makes up a roster"
	relayOlder    simnet.Kind = "relay hands out an older roster"
)

// simRelay is a blind relay as a node of a simulation.
type simRelay struct {
	*Relay
	w      *world
	no     simnet.NodeID
	lies   bool
	said   [][]byte
	visits []*simVisit
	copy   []byte // its database, earlier
	spoken bytes.Buffer

	rosters  [][]byte // that it handed out
	stranger *keys.Identity
}

// simVisit is a conversation of a node with the relay.
type simVisit struct {
	n    *node
	link *simnet.Link
	stop context.CancelFunc
	done sync.WaitGroup
	mu   sync.Mutex // guards what follows
	over int        // sides that have ended
	at   courier.Status
}

// newRelay is a relay that lets the team in.
func (w *world) newRelay() *simRelay {
	n := w.nodes[0]
	return &simRelay{Relay: NewRelay(w.t), w: w, no: 100, stranger: NewIdentity(w.t, "stranger", n.ID.Team, n.ID.TeamSecret)}
}

// call lets a node call on the relay.
func (r *simRelay) call(n *node) {
	w := r.w
	if n.dead || r.R == nil || !w.net.Reaches(n.no, r.no) || r.of(n) != nil {
		return
	}
	w.sleep(w.src.Between(100*time.Microsecond, 3*time.Millisecond))
	l, mine, theirs := w.net.Connect(n.no, r.no)
	ctx, cancel := context.WithCancel(context.Background())
	v := &simVisit{n: n, link: l, stop: cancel}
	r.visits = append(r.visits, v)
	ended := func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.over++
	}
	c := courier.New(courier.Config{
		Replica: n.R, Relay: r.Key, Token: r.Token[:], App: "sim", Now: n.Now, Log: n.Log, Claims: n.Claims, Patience: time.Second,
		OnStatus: func(st courier.Status) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.at = st
		},
	})
	server, key := r.R, n.TransportKey()
	v.done.Go(func() { _ = server.Serve(ctx, theirs, key); ended() })
	v.done.Go(func() { _ = c.Run(ctx, mine); ended() })
	l.Tamper(n.no, func(p []byte) [][]byte { r.spoken.Write(p); return [][]byte{p} })
	l.Tamper(r.no, r.lie)
	w.wait()
}

// of is the conversation of a node that goes on.
func (r *simRelay) of(n *node) *simVisit {
	for _, v := range r.visits {
		v.mu.Lock()
		on := v.n == n && v.over < 2 && !v.link.Gone()
		v.mu.Unlock()
		if on {
			return v
		}
	}
	return nil
}

// leave ends the conversations of a node, all where it is nil.
func (r *simRelay) leave(n *node) {
	kept := r.visits[:0]
	for _, v := range r.visits {
		if n != nil && v.n != n {
			kept = append(kept, v)
			continue
		}
		v.link.Cut(false)
		v.stop()
		v.done.Wait()
		r.w.net.Leave(v.link)
	}
	r.visits = kept
}

// lie is what a malicious relay says instead.
func (r *simRelay) lie(p []byte) [][]byte {
	w := r.w
	if len(r.said) < 200 {
		r.said = append(r.said, p)
	}
	if m, err := wire.Decode(wire.Type(p[4]), p[5:]); err == nil {
		if m, is := m.(*wire.RelayRoster); is && r.lies && w.src.Chance(70) {
			return [][]byte{r.lieRoster(m, p)}
		}
	}
	if !r.lies || !w.src.Chance(20) {
		return [][]byte{p}
	}
	w.stats.Add(simnet.FaultTampered)
	switch w.src.IntN(4) {
	case 0:
		w.stats.Add(relayWithhold)
		return nil
	case 1:
		w.stats.Add(relayReplay)
		return [][]byte{p, simnet.Pick(w.src, r.said)}
	case 2:
		w.stats.Add(relayAlter)
		q := bytes.Clone(p)
		q[4+w.src.IntN(len(q)-4)] ^= 1 << w.src.IntN(8)
		return [][]byte{q}
	}
	m, err := wire.Decode(wire.Type(p[4]), p[5:])
	if err != nil {
		return [][]byte{p}
	}
	switch m := m.(type) {
	case *wire.Delta:
		for i := range m.Feeds {
			m.Feeds[i].Len += uint64(w.src.IntN(4))
			m.Feeds[i].Head[0] ^= byte(w.src.IntN(2))
		}
		m.UpTo += int64(w.src.IntN(20))
		w.stats.Add(relayLength)
	case *wire.Ack:
		for i := range m.Feeds {
			m.Feeds[i].Len += uint64(w.src.IntN(4))
		}
		w.stats.Add(relayLength)
	case *wire.RelayWelcome:
		m.Gen += uint64(w.src.IntN(3))
		m.RosterHash[0] ^= 1
		w.stats.Add(relayRoster)
	default:
		return [][]byte{p}
	}
	out, err := wire.Encode(nil, m)
	if err != nil {
		return [][]byte{p}
	}
	return [][]byte{out}
}

// lieRoster hands out an older list of the team's devices, or one with a stranger for somebody of the team, signed by the stranger:
// who believes it writes another one, in which the stranger stays.
func (r *simRelay) lieRoster(m *wire.RelayRoster, p []byte) []byte {
	r.rosters = append(r.rosters, p)
	r.w.stats.Add(simnet.FaultTampered)
	roster, err := wire.ParseRoster(m.Raw)
	if err != nil || r.w.src.Chance(30) {
		r.w.stats.Add(relayOlder)
		return simnet.Pick(r.w.src, r.rosters)
	}
	r.w.stats.Add(relayForged)
	id := r.stranger.Device
	out := simnet.Pick(r.w.src, roster.Devices).Device
	roster.Devices = slices.DeleteFunc(roster.Devices, func(d wire.RosterDevice) bool { return d.Device == out })
	roster.Admins = slices.DeleteFunc(roster.Admins, func(a op.DeviceID) bool { return a == out })
	roster.Devices = append(roster.Devices, wire.RosterDevice{Device: id.ID, SignPub: [32]byte(id.Public("x").SignPub), PeerPub: [32]byte{1}})
	roster.Admins = append(roster.Admins, id.ID)
	raw, err := roster.Sign(id.Sign)
	if err != nil {
		r.w.fail("%v", err)
	}
	lie, err := wire.Encode(nil, &wire.RelayRoster{Raw: raw})
	if err != nil {
		r.w.fail("%v", err)
	}
	return lie
}

// happen lets something happen to the relay.
func (r *simRelay) happen() {
	w := r.w
	file := filepath.Join(r.Dir, "relay.db")
	switch w.src.IntN(6) {
	case 0, 1:
		r.lies = !r.lies
	case 2:
		w.stats.Add(relayStopped)
		r.leave(nil)
		r.Stop()
		r.Start()
	case 3:
		r.leave(nil)
		r.Stop()
		b, err := os.ReadFile(file)
		if err != nil {
			w.fail("%v", err)
		}
		r.copy = b
		r.Start()
	case 4:
		if r.copy == nil {
			return
		}
		w.stats.Add(relayRolled)
		r.leave(nil)
		r.Stop()
		r.replace(file, r.copy)
		r.Start()
	case 5:
		w.stats.Add(relayLostDisk)
		r.leave(nil)
		r.Stop()
		r.replace(file, nil)
		r.Start()
		r.Allow()
	}
}

func (r *simRelay) replace(file string, with []byte) {
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			r.w.fail("%v", err)
		}
	}
	if with == nil {
		return
	}
	if err := os.WriteFile(file, with, 0o600); err != nil {
		r.w.fail("%v", err)
	}
}

// TestSimulationWithRelay: members who meet each other rarely, and a relay, honest or not, to which nothing is more than bytes.
// While a relay lies nobody believes it; once it is honest, those who never meet come to hold the same by it alone; and nothing
// that was said can be read in what it was told or has stored. The order in which a courier and a relay do things is theirs: here
// a seed gives one schedule, not one trace.
func TestSimulationWithRelay(t *testing.T) {
	defer oneAtATime()()
	tmpl := newTemplate(t)
	stats := simnet.NewStats()
	for seed := *simFirst; seed < *simFirst+uint64(max(1, *simSeeds/8)); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, seed)
			synctest.Test(t, func(t *testing.T) { simulateRelay(t, seed, tmpl, stats) })
		})
		stats.Add("seeds")
	}
	report(t, "seeds with a relay", stats, []simnet.Kind{
		relayStopped, relayLostDisk, relayRolled, relayWithhold, relayReplay, relayAlter, relayLength, relayRoster, relayForged, relayOlder,
	})
}

func simulateRelay(t *testing.T, seed uint64, tmpl *template, stats *simnet.Stats) {
	w := newWorld(t, seed, tmpl, stats, *simLines)
	r := w.newRelay()
	defer func() { w.net.Free(); r.leave(nil); w.close() }()
	for range simSteps {
		ways := w.net.Ways()
		deliver := 0
		if len(ways) > 0 {
			deliver = 70
		}
		switch w.src.Weighted(deliver, 10, 10, 10, 3, 2) {
		case 0:
			w.deliver(ways)
		case 1:
			n := simnet.Pick(w.src, w.nodes)
			if err := w.note(n, w.where(n)); err != nil && !refused(err) {
				w.fail("%v", err)
			}
		case 2:
			w.pass()
		case 3:
			r.call(simnet.Pick(w.src, w.nodes))
		case 4:
			r.happen()
		case 5:
			w.dialSomebody()
		}
		w.wait()
		w.reap()
	}
	r.lies = false
	for _, k := range w.talks { // from here on they meet by the relay alone
		k.link.Cut(false)
	}
	r.leave(nil)
	w.jump += 26 * time.Hour // a relay that was put back and grew past a cursor is noticed within a day (B21)
	for _, n := range w.nodes {
		w.setClock(n)
	}
	for range 60 {
		for _, n := range w.nodes {
			r.call(n)
		}
		w.calm(2 * time.Second)
		if w.equalByRelay() {
			break
		}
	}
	if !w.equalByRelay() {
		for _, v := range r.visits {
			v.mu.Lock()
			t.Logf("%s: %+v", v.n.Name, v.at)
			v.mu.Unlock()
		}
		w.fail("those who meet by the relay alone do not come to hold the same")
	}
	w.check()
	r.leave(nil)
	r.Stop()
	stored, err := os.ReadFile(filepath.Join(r.Dir, "relay.db"))
	if err != nil {
		w.fail("%v", err)
	}
	if dev := w.nodes[0].Device(); !bytes.Contains(stored, dev[:]) || r.spoken.Len() == 0 {
		w.fail("the relay has stored nothing: that it holds no plaintext means nothing")
	}
	if bytes.Contains(r.spoken.Bytes(), r.stranger.Device.ID[:]) {
		w.fail("somebody put a stranger on the relay's list")
	}
	for _, n := range w.nodes {
		for _, place := range [][]byte{stored, r.spoken.Bytes()} {
			if bytes.Contains(place, []byte(plainMark)) || bytes.Contains(place, n.ID.TeamSecret[:]) || bytes.Contains(place, []byte("note/1")) {
				w.fail("the relay can read what was said")
			}
		}
	}
	r.Start()
}

// equalByRelay tells whether all hold the same in the company's scope.
func (w *world) equalByRelay() bool {
	a := w.nodes[0]
	tag := a.Tag(a.R.CompanyScope())
	for _, n := range w.nodes {
		if n.R.Feeds().Sum(tag) != a.R.Feeds().Sum(tag) || n.R.Authority().Digest() != a.R.Authority().Digest() || n.Company() != a.Company() {
			return false
		}
	}
	for _, g := range w.groups {
		tag := a.Tag(g)
		for _, n := range w.nodes {
			if info, in := n.R.Scope(g); in && info.Members[n.person()] != 0 && n.R.Feeds().Sum(tag) != a.R.Feeds().Sum(tag) {
				return false
			}
		}
	}
	return true
}
