package p2p

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"
)

// memoryBook is an AddressBook like the one an application keeps.
type memoryBook struct {
	mu    sync.Mutex
	known map[string]Known
	saves int
}

func (b *memoryBook) Load() ([]Known, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Known
	for _, k := range b.known {
		all = append(all, k)
	}
	return all, nil
}

func (b *memoryBook) Save(k Known) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil {
		b.known = map[string]Known{}
	}
	b.known[string(k.PeerPub)+k.Addr] = k
	b.saves++
	return nil
}

func (b *memoryBook) only(t *testing.T) Known {
	t.Helper()
	all, _ := b.Load()
	if len(all) != 1 {
		t.Fatalf("remembered %+v, want one address", all)
	}
	return all[0]
}

type brokenBook struct{}

func (brokenBook) Load() ([]Known, error) { return nil, errors.New("disk") }
func (brokenBook) Save(Known) error       { return errors.New("disk") }

func TestBookKeepsTheNewestSuccessesFirst(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	store := &memoryBook{}
	pub := newDevice(t).pub()
	b := openBook(store, slog.New(slog.DiscardHandler), func() time.Time { return now })
	addr := func(i int) ma.Multiaddr { return ma.StringCast(fmt.Sprintf("/ip4/10.0.0.%d/tcp/4001", i)) }
	for i := 1; i <= maxAddrs+4; i++ {
		now = now.Add(time.Hour)
		b.worked(pub, addr(i), SourceMDNS)
	}
	now = now.Add(time.Hour)
	b.worked(pub, addr(10), SourceManual)
	got := b.addrs(pub)
	if len(got) != maxAddrs || !got[0].Equal(addr(10)) || !got[1].Equal(addr(maxAddrs+4)) {
		t.Errorf("addresses %v", got)
	}
	if k, _ := b.find(pub, addr(10).String()); k.Source != SourceMDNS {
		t.Errorf("source became %q; where an address came from first says more", k.Source)
	}

	saves := store.saves
	now = now.Add(time.Minute)
	b.worked(pub, addr(10), SourceManual)
	if store.saves != saves {
		t.Error("saved again a minute after the last time")
	}

	again := openBook(store, b.log, b.now)
	if list := again.addrs(pub); len(list) != maxAddrs || !list[0].Equal(addr(10)) {
		t.Errorf("loaded %v", list)
	}
}

func TestABrokenBookDoesNotStopTheHost(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a))
	ra := rosterOf()
	ra.set(b, nb.Addrs()...)
	na := start(t, a, ra, func(c *Config) { c.Book = brokenBook{} })
	next(t, na.begun, "conversation")
}

func TestRememberedAddressesAreTriedAtStart(t *testing.T) {
	a, b := newDevice(t), newDevice(t)
	nb := start(t, b, rosterOf(a))
	for name, known := range map[string]Known{
		"owner known":   {PeerPub: b.pub(), Addr: addressOf(t, nb, "no id"), Source: SourceMDNS},
		"owner unknown": {Addr: addressOf(t, nb, "no id quic"), Source: SourceInvite},
	} {
		t.Run(name, func(t *testing.T) {
			book := &memoryBook{}
			book.Save(known)
			na := start(t, a, rosterOf(b), func(c *Config) { c.Book = book })
			next(t, na.begun, "conversation")
			na.stop(t)
		})
	}
}
