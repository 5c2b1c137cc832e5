package apptest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tongzhou/backend/store"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/simnet"
)

// errNoRoom is a full disk of a simulation.
var errNoRoom = fmt.Errorf("simulated: %w", store.ErrFull)

// node is a member in a simulation.
type node struct {
	*Member
	w     *world
	no    simnet.NodeID
	clock *simnet.Clock
	skew  time.Duration
	disk  *simnet.Disk
	mark  *mark
	twin  bool // runs on a copy of another's database

	dead     bool      // its program does not run
	lies     *impostor // not nil: what it sends is not what its program says
	copy     string    // a folder with an older copy of the database; "": none
	losses   int       // how often its database was lost, or replaced by an older one
	hurt     bool      // its database was damaged and not replaced yet
	copyHurt bool      // so was the copy
	heals    uint64    // state of the draws of its replica
}

// talk is a conversation between two nodes.
type talk struct {
	link *simnet.Link
	a, b *node
	stop [2]context.CancelFunc
	done [2]sync.WaitGroup
	over [2]bool
	mu   sync.Mutex // guards over
}

// written is an op whose author was told that it is stored.
type written struct {
	by    *node
	scope op.ScopeID
	ref   op.Ref
	text  string
	left  map[*node]int // once its author's database was lost: who still had it, and how many databases they had lost by then
}

// world is a simulation. Everything in it is done by one goroutine, one step after the other.
type world struct {
	t       *testing.T
	src     *simnet.Source
	trace   *simnet.Trace
	stats   *simnet.Stats
	net     *simnet.Net
	nodes   []*node
	talks   []*talk
	groups  []op.ScopeID
	inside  map[op.ScopeID]map[op.UserID]bool // whom somebody ever took, or tried to take, into a group
	ledger  []*written
	texts   int
	jump    time.Duration // how far all wall clocks are ahead of the simulation's
	genesis op.ID
}

// newWorld starts the team of the template.
func newWorld(t *testing.T, seed uint64, tmpl *template, stats *simnet.Stats, lines int) *world {
	t.Helper()
	w := &world{
		t: t, src: simnet.NewSource(seed), trace: simnet.NewTrace(lines), stats: stats, net: simnet.NewNet(stats), genesis: tmpl.genesis,
	}
	w.groups, w.inside = append(w.groups, tmpl.groups...), map[op.ScopeID]map[op.UserID]bool{}
	for _, m := range tmpl.members[:3] {
		w.insiders(tmpl.groups[0], m.id.Root.ID)
	}
	<-time.After(time.Minute) // the template's ops are from before
	for i := range tmpl.members {
		m := &tmpl.members[i]
		n := w.node(newMember(t, m.name, m.id, tmpl.genesis))
		n.mark.n = m.own
		for name, b := range m.files {
			if err := os.WriteFile(filepath.Join(n.Dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.start(n)
	}
	return w
}

// insiders notes who may have been told what is said in a group.
func (w *world) insiders(group op.ScopeID, users ...op.UserID) {
	if w.inside[group] == nil {
		w.inside[group] = map[op.UserID]bool{}
	}
	for _, u := range users {
		w.inside[group][u] = true
	}
}

// node takes a member into the simulation, which is not started yet.
func (w *world) node(m *Member) *node {
	n := &node{Member: m, w: w, no: simnet.NodeID(len(w.nodes)), clock: &simnet.Clock{}, mark: &mark{}, heals: uint64(len(w.nodes))}
	n.clock.Set(w.jump)
	m.Now, m.Mark = n.clock.Now, n.mark
	m.Log = slog.New(slog.DiscardHandler)
	m.IntN = n.draw
	m.Wrap = n.wrap
	w.nodes = append(w.nodes, n)
	return n
}

func (n *node) wrap(db replica.DB) replica.DB {
	n.disk = simnet.NewDisk(db, n.w.stats, func() {
		n.w.net.Kill(n.no)
	})
	return n.disk
}

// draw is where the replica's own choices come from.
func (n *node) draw(most int) int {
	n.heals = n.heals*6364136223846793005 + 1442695040888963407
	return int(n.heals>>33) % most
}

// start starts the program of a node, again if it dies while it starts.
func (w *world) start(n *node) {
	for range 5 {
		w.sleep(w.src.Between(100*time.Microsecond, 3*time.Millisecond)) // so that no two nodes do things at one instant
		err := n.TryOpen()
		w.wait()
		if err == nil {
			n.dead = false
			return
		}
		w.trace.Add("%s does not start: %v", n.Name, err)
		if !errors.Is(err, simnet.ErrCrashed) {
			w.fail("%s does not start: %v", n.Name, err)
		}
	}
	w.fail("%s never starts", n.Name)
}

// end ends the program of a node, which has died already if it is not orderly.
func (w *world) end(n *node, orderly bool) {
	if !orderly {
		n.disk.Kill()
		w.net.Kill(n.no)
	}
	for _, k := range w.talks {
		for side, x := range []*node{k.a, k.b} {
			if x == n {
				k.stop[side]()
			}
		}
	}
	w.wait()
	for _, k := range w.talks {
		for side, x := range []*node{k.a, k.b} {
			if x == n {
				k.done[side].Wait()
			}
		}
	}
	if !orderly && w.src.Chance(30) { // what opens next are the files as they lie there
		old := n.Dir
		n.newDir()
		if err := CopyDB(old, n.Dir); err != nil {
			w.fail("%v", err)
		}
	}
	n.Close()
	n.dead = true
	w.reap()
}

// reap forgets conversations that both sides have ended.
func (w *world) reap() {
	kept := w.talks[:0]
	for _, k := range w.talks {
		k.mu.Lock()
		over := k.over[0] && k.over[1]
		k.mu.Unlock()
		if over {
			w.net.Leave(k.link)
		} else {
			kept = append(kept, k)
		}
	}
	clear(w.talks[len(kept):])
	w.talks = kept
}

// bury ends nodes that died in a write.
func (w *world) bury() {
	for _, n := range w.nodes {
		if !n.dead && n.disk.Dead() {
			w.trace.Add("%s is dead", n.Name)
			w.end(n, false)
		}
	}
}

// dial starts a conversation.
func (w *world) dial(a, b *node) *talk {
	w.sleep(w.src.Between(100*time.Microsecond, 3*time.Millisecond))
	l, ea, eb := w.net.Connect(a.no, b.no)
	k := &talk{link: l, a: a, b: b}
	w.talks = append(w.talks, k)
	for side, x := range []struct {
		n, peer *node
		end     *simnet.NetEnd
	}{{a, b, ea}, {b, a, eb}} {
		ctx, cancel := context.WithCancel(context.Background())
		k.stop[side] = cancel
		k.done[side].Go(func() {
			_ = x.n.Converse(ctx, x.end, x.peer.Device())
			cancel()
			k.mu.Lock()
			k.over[side] = true
			k.mu.Unlock()
		})
		w.wait()
		w.sleep(w.src.Between(10*time.Microsecond, 900*time.Microsecond))
	}
	if a.lies != nil {
		a.lies.speaksOn(l)
	}
	if b.lies != nil {
		b.lies.speaksOn(l)
	}
	return k
}

// talking is the conversations of two nodes.
func (w *world) talking(a, b *node) (out []*talk) {
	for _, k := range w.talks {
		if (k.a == a && k.b == b || k.a == b && k.b == a) && !k.link.Gone() {
			out = append(out, k)
		}
	}
	return out
}

// mayDial tells whether the networks of two nodes would connect them: each takes the other for a device of the team, or one
// that was.
func (w *world) mayDial(a, b *node) bool {
	if a == b || a.dead || b.dead || a.Device() == b.Device() || !w.net.Reaches(a.no, b.no) {
		return false
	}
	knows := func(x, y *node) bool { _, was := x.R.Device(y.Device()); return was || !x.R.HasAuthority() }
	return knows(a, b) && knows(b, a) && !(a.R.Former(b.Device()) && b.R.Former(a.Device()))
}

// user is the member's person.
func (n *node) person() op.UserID { return n.ID.Root.ID }

// alive are the nodes whose programs run.
func (w *world) alive() (out []*node) {
	for _, n := range w.nodes {
		if !n.dead {
			out = append(out, n)
		}
	}
	return out
}

func (w *world) fail(format string, args ...any) {
	w.debug()
	w.t.Helper()
	for _, line := range w.trace.Last() {
		w.t.Log(line)
	}
	w.t.Fatalf("seed %d: "+format, append([]any{w.src.Seed()}, args...)...)
}
