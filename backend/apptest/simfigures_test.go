//go:build unix

package apptest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/backend/store"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/simnet"
)

// This file measures what only a simulation can, at sizes that flags give: go run ./build bench -only members_200_converge_s.
var (
	simMembers = flag.Int("sim.members", 10, "members of TestMembersConverge")
	simWriters = flag.Int("sim.writers", 4, "members that write in TestMembersConverge")
	simFeeds   = flag.Int("sim.feeds", 1600, "feeds of TestOneChangeAmongManyFeeds")
)

// oneWay is the time that packets take in TestMembersConverge.
const oneWay = 20 * time.Millisecond

// crowd is a team of many, each with a database of their own that holds all there was.
type crowd struct {
	boss    *Member
	members []*Member // the founder among them
}

// newCrowd admits people as the founder's program would and gives each a copy of the founder's database.
func newCrowd(t *testing.T, size int) *crowd {
	t.Helper()
	c := &crowd{boss: Found(t, "boss")}
	var ids []*keys.Identity
	for i := 1; i < size; i++ {
		id := NewIdentity(t, fmt.Sprint(i), c.boss.ID.Team, c.boss.ID.TeamSecret)
		c.admit(t, id)
		ids = append(ids, id)
	}
	if err := c.boss.R.Rotate(context.Background(), c.boss.R.CompanyScope()); err != nil { // a key that all have
		t.Fatal(err)
	}
	if err := c.boss.R.Rotate(context.Background(), controlOf(c.boss)); err != nil {
		t.Fatal(err)
	}
	c.members = append(c.members, c.boss)
	for i, id := range ids {
		c.members = append(c.members, c.copyFor(t, fmt.Sprint(i+1), id))
	}
	return c
}

// admit writes somebody's admission in their name.
func (c *crowd) admit(t *testing.T, id *keys.Identity) {
	t.Helper()
	m := c.boss
	invite, key := m.Invite()
	cert, err := keys.Certify(id.Root, id.Device, id.DeviceName)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := authority.SignAdmission(key.Sign, id.Team, invite, id.Root.SignPub(), cert)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := op.Marshal(authority.Admit{Invite: invite, RootPub: id.Root.SignPub(), RootBox: id.Root.BoxPub(), Device: cert, InviteSig: sig})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := op.EncodeBody(op.Body{HLC: m.R.Clock().Now(), Type: authority.TypeAdmit, Payload: payload, Deps: m.R.Authority().Frontier()})
	if err != nil {
		t.Fatal(err)
	}
	tag := m.Tag(controlOf(m))
	boot, err := id.TeamSecret.BootstrapKey(tag)
	if err != nil {
		t.Fatal(err)
	}
	h := op.Header{Version: op.Version, Kind: op.Control, Scope: tag, Device: id.Device.ID, Incarnation: 1, Seq: 1}
	ct, err := op.SealBody(boot, h, plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Take(Raw(op.Sign(h, ct, id.Device.Sign))); err != nil {
		t.Fatal(err)
	}
}

// copyFor opens a member on a copy of the founder's database, under a store and incarnation of its own.
func (c *crowd) copyFor(t *testing.T, name string, id *keys.Identity) *Member {
	t.Helper()
	m := newMember(t, name, id, c.boss.genesis)
	m.Options = store.Options{CacheKiB: 512}
	if err := CopyDB(c.boss.Dir, m.Dir); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(filepath.Join(m.Dir, "team.db"), m.Options)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(context.Background(), func(tx replica.Tx) error {
		if err := oplog.SetMeta(tx, "store", id.Device.ID[:]); err != nil {
			return err
		}
		return oplog.SetMeta(tx, "incarnation", id.Device.ID[:4])
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	m.Open()
	return m
}

func cpuSeconds(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// figure says a figure so that build/bench finds it.
func figure(t *testing.T, name string, value float64, unit string, n int, note string) {
	t.Helper()
	_, _ = fmt.Fprintf(os.Stdout, "figure\t%s\t%g\t%s\t%d\t%s\n", name, value, unit, n, note)
}

// TestMembersConverge: many members, each in conversation with a few others, are parted into two halves in which some write at
// once; then the halves meet, and all come to hold everything. Packets take 20 ms one way.
func TestMembersConverge(t *testing.T) {
	size, writers := *simMembers, *simWriters
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, size)
		stats := simnet.NewStats()
		net := simnet.NewNet(stats)
		net.Free()
		src := simnet.NewSource(1)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{}, 2*8*size)
		talks := 0
		groups := map[simnet.NodeID]int{}
		for i, a := range c.members {
			groups[simnet.NodeID(i)] = i % 2
			for _, j := range append([]int{(i + 1) % size, (i + 2) % size}, src.IntN(size), src.IntN(size)) {
				if i == j {
					continue
				}
				b := c.members[j]
				_, ea, eb := net.Connect(simnet.NodeID(i), simnet.NodeID(j))
				go func() { _ = a.Converse(ctx, ea, b.Device()); done <- struct{}{} }()
				go func() { _ = b.Converse(ctx, eb, a.Device()); done <- struct{}{} }()
				talks += 2
			}
		}
		round := func() {
			for _, w := range net.Ways() {
				net.Deliver(w)
			}
			time.Sleep(oneWay)
			synctest.Wait()
		}
		company := c.boss.R.CompanyScope()
		equal := func() bool {
			first := c.boss.R.Feeds().Sum(c.boss.Tag(company))
			for _, m := range c.members {
				if m.R.Feeds().Sum(m.Tag(company)) != first {
					return false
				}
			}
			return true
		}
		for range int(5 * time.Second / oneWay) {
			round()
		}
		net.Split(groups)
		for n := range 4 {
			for i := range writers {
				c.members[i*(size/writers)].Note(company, fmt.Sprintf("%d/%d", i, n))
			}
			for range 20 {
				round()
			}
		}
		if equal() {
			t.Fatal("equal before the halves met")
		}
		net.Split(nil)
		begin, cpu := time.Now(), cpuSeconds(t)
		for !equal() {
			if time.Since(begin) > 10*time.Minute {
				t.Fatal("they do not converge")
			}
			round()
		}
		took, spent := time.Since(begin).Seconds(), cpuSeconds(t)-cpu
		for _, m := range c.members {
			if n := m.Rows("note"); n != 4*writers {
				t.Fatalf("%s shows %d of %d notes", m.Name, n, 4*writers)
			}
		}
		figure(t, fmt.Sprintf("members_%d_converge_s", size), took, "s", 4*writers, fmt.Sprintf("simulated, 20 ms one way; %d members, %d write; %.1f CPU seconds", size, writers, spent))
		cancel()
		for range talks {
			<-done
		}
	})
}

// TestOneChangeAmongManyFeeds: of two replicas that hold many feeds, one writes once while they are apart. What they say to be in
// sync again does not grow with the feeds.
func TestOneChangeAmongManyFeeds(t *testing.T) {
	const scopes, incarnations = 16, oplog.MaxIncarnations
	people := max(2, *simFeeds/(scopes*incarnations))
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 2)
		a := c.boss
		var ids []*keys.Identity
		for i := range people {
			id := NewIdentity(t, fmt.Sprint("p", i), a.ID.Team, a.ID.TeamSecret)
			c.admit(t, id)
			ids = append(ids, id)
		}
		var users []op.UserID
		for _, id := range append(ids, c.members[1].ID) {
			users = append(users, id.Root.ID)
		}
		where := []op.ScopeID{a.R.CompanyScope()}
		for range scopes - 1 {
			g, err := a.R.CreateGroup(context.Background(), users, nil)
			if err != nil {
				t.Fatal(err)
			}
			where = append(where, g)
		}
		for _, id := range ids {
			p := &Member{T: t, ID: id, DB: a.DB, R: a.R}
			for _, scope := range where {
				for inc := range uint32(incarnations) {
					if err := a.Take(Raw(p.Forge(scope, 100+inc).Note(a.R.Clock().Now(), "x"))); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		b := c.copyFor(t, "b2", c.members[1].ID)
		l := Connect(a, b)
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		<-time.After(time.Minute) // cursors are kept
		l.Stop()
		a.Note(where[0], "the one change")
		l, fromA, fromB := Tapped(a, b)
		Eventually(t, "in sync again", func() bool { return InSync(a, b) && a.Company() == b.Company() })
		bytes := len(fromA.Raw()) + len(fromB.Raw())
		l.Stop()
		feeds := len(a.R.Feeds().Feeds())
		if bytes > 5000 {
			t.Errorf("%d bytes for one change among %d feeds: %v %v", bytes, feeds, fromA.Sizes(), fromB.Sizes())
		}
		figure(t, "sync_1_change_in_100k_feeds_bytes", float64(bytes), "bytes", feeds, fmt.Sprintf("reach: ≤ 5000; both directions, from the first word to in sync; %d feeds", feeds))
	})
}
