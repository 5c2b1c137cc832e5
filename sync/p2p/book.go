package p2p

import (
	"bytes"
	"log/slog"
	"slices"
	"sync"
	"time"

	ma "github.com/multiformats/go-multiaddr"
)

// resaveAfter spares the store: an address that worked again is only worth a
// write when the last one is old.
const resaveAfter = 10 * time.Minute

// book is the address book in memory, in front of the caller's store.
type book struct {
	store AddressBook // nil: memory only
	log   *slog.Logger
	now   func() time.Time

	saving sync.Mutex // orders calls to store.Save; taken before mu, never while holding it

	mu     sync.Mutex
	byPeer map[string][]Known // by raw key; the newest success first
}

// openBook loads what the store has. A store that cannot be read costs old
// addresses, not the start.
func openBook(store AddressBook, log *slog.Logger, now func() time.Time) *book {
	b := &book{store: store, log: log, now: now, byPeer: map[string][]Known{}}
	if store == nil {
		return b
	}
	known, err := store.Load()
	if err != nil {
		log.Warn("load address book", "err", err)
	}
	for _, k := range known {
		b.keep(k)
	}
	return b
}

// addrs lists the remembered addresses of a peer, best first.
func (b *book) addrs(pub []byte) []ma.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	var addrs []ma.Multiaddr
	for _, k := range b.byPeer[string(pub)] {
		if e, err := parseMultiaddr(k.Addr); err == nil {
			addrs = append(addrs, e.addrs...)
		}
	}
	return addrs
}

// has says whether any address of pub is remembered.
func (b *book) has(pub []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byPeer[string(pub)]) > 0
}

// nameless lists the addresses whose owner is not known yet.
func (b *book) nameless() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var addrs []string
	for _, k := range b.byPeer[""] {
		addrs = append(addrs, k.Addr)
	}
	return addrs
}

// worked remembers that pub answered at addr.
func (b *book) worked(pub []byte, addr ma.Multiaddr, source string) {
	b.saving.Lock()
	defer b.saving.Unlock()
	now := b.now()
	k := Known{PeerPub: bytes.Clone(pub), Addr: addr.String(), Source: source, LastOK: now}
	old, had := b.find(pub, k.Addr)
	if had && old.Source != SourceSeen {
		k.Source = old.Source // where it came from first says more
	}
	b.keep(k)
	if b.store == nil || had && now.Sub(old.LastOK) < resaveAfter {
		return
	}
	if err := b.store.Save(k); err != nil {
		b.log.Warn("save address", "err", err)
	}
}

// needs says whether an address that was merely seen to work is worth keeping:
// when nothing else worked so far, or to note that it worked again.
func (b *book) needs(pub []byte, addr ma.Multiaddr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.byPeer[string(pub)]
	known := slices.ContainsFunc(list, func(k Known) bool { return k.Addr == addr.String() })
	proven := slices.ContainsFunc(list, func(k Known) bool { return !k.LastOK.IsZero() })
	return known || !proven
}

func (b *book) find(pub []byte, addr string) (Known, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.byPeer[string(pub)] {
		if k.Addr == addr {
			return k, true
		}
	}
	return Known{}, false
}

// keep puts k in its place by LastOK and drops what is beyond maxAddrs.
func (b *book) keep(k Known) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.DeleteFunc(b.byPeer[string(k.PeerPub)], func(o Known) bool { return o.Addr == k.Addr })
	at, _ := slices.BinarySearchFunc(list, k.LastOK, func(o Known, t time.Time) int { return t.Compare(o.LastOK) })
	list = slices.Insert(list, at, k)
	b.byPeer[string(k.PeerPub)] = list[:min(len(list), maxAddrs)]
}
