package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sort"

	"tongzhou/sync/oplog"
	"tongzhou/sync/wire"
)

// Range reconciliation (SPEC S9): split into fanout parts until a part is equal, or small enough to list.
const (
	fanout   = 16
	listUpTo = 32
)

// compare sends the fingerprint of what both share.
func (s *Session) compare(ctx context.Context) error {
	s.lastCompare = s.cfg.Now()
	upTo := s.r.Feeds().LSeq() // before the sum, which may cover more
	sum := s.r.SharedSum(s.cfg.Peer)
	s.told = sum.Fingerprint()
	if _, err := s.noteEqual(ctx, sum); err != nil {
		return err
	}
	s.mu.Lock()
	if s.dropped || len(s.regs) > 0 {
		upTo = 0 // the cursor must not pass what is not sent yet
	}
	s.mu.Unlock()
	return s.send(&wire.Fingerprint{Sum: s.told, Count: sum.Count(), AuthDigest: s.r.AuthDigest(), UpTo: upTo})
}

// noteEqual says "in sync" when the peer's last fingerprint is this one and nothing is under way.
func (s *Session) noteEqual(ctx context.Context, sum oplog.Sum) (bool, error) {
	equal := s.heard != nil && s.heard.Sum == sum.Fingerprint() && s.heard.Count == sum.Count()
	if !equal || len(s.want) > 0 || s.askedSince || !s.controlDone {
		return equal, nil
	}
	s.mismatches = 0
	s.setStatus(func(st *Status) { st.State, st.SyncedAt, st.Behind = InSync, s.cfg.Now(), 0 })
	if s.heard.UpTo <= s.followed || s.skipped || s.registers > 0 {
		return true, nil
	}
	s.followed = s.heard.UpTo // everything the peer had then is here: the next conversation begins there
	return true, s.r.SaveCursor(ctx, s.peer.Store, s.cfg.Peer, s.followed)
}

// onFingerprint proves that the two are in sync, or starts to find out where they differ.
func (s *Session) onFingerprint(ctx context.Context, m *wire.Fingerprint) error {
	s.heard = m
	sum := s.r.SharedSum(s.cfg.Peer)
	equal, err := s.noteEqual(ctx, sum)
	if err != nil {
		return err
	}
	if equal {
		if s.told != m.Sum {
			return s.compare(ctx) // the peer has last seen something else: let it see that they are equal now
		}
		return nil
	}
	// While ops are under way the two differ for a moment; only a difference between two that are at rest is looked into.
	busy := len(s.want) > 0 || s.askedSince || !s.controlDone
	s.setStatus(func(st *Status) {
		if st.State == InSync {
			st.State = Syncing
		}
	})
	if busy {
		return nil
	}
	s.mismatches++
	if s.mismatches == 1 {
		s.compareSoon()
		return nil
	}
	s.mismatches = 0
	if m.AuthDigest != s.r.AuthDigest() {
		s.controlDone = false
		return s.ask()
	}
	return s.sendRanges()
}

// compareSoon compares again at the next tick.
func (s *Session) compareSoon() { s.lastCompare = s.cfg.Now().Add(tickEvery - compareGap) }

// item is a feed at its place in the key space.
type item struct {
	key  [16]byte
	feed oplog.Feed
}

func (s *Session) items() []item {
	feeds := s.r.SharedFeeds(s.cfg.Peer)
	out := make([]item, 0, len(feeds))
	for _, f := range feeds {
		out = append(out, item{place(&f), f})
	}
	sort.Slice(out, func(i, j int) bool { return bytes.Compare(out[i].key[:], out[j].key[:]) < 0 })
	return out
}

// place spreads feeds evenly over the key space.
func place(f *oplog.Feed) [16]byte {
	b := make([]byte, 0, 36)
	b = append(b, f.Tag[:]...)
	b = append(b, f.Device[:]...)
	b = binary.BigEndian.AppendUint32(b, f.Incarnation)
	h := sha256.Sum256(b)
	return [16]byte(h[:16])
}

var top = [16]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}

func (s *Session) sendRanges() error {
	return s.send(&wire.Ranges{Ranges: split(s.items(), top)})
}

// split describes the items of a range that ends with upper in parts: as a list when they are few, else as fanout fingerprints.
func split(items []item, upper [16]byte) []wire.Range {
	if len(items) <= listUpTo {
		r := wire.Range{Upper: upper, List: true}
		for i := range items {
			r.Items = append(r.Items, wire.State(&items[i].feed))
		}
		return []wire.Range{r}
	}
	var out []wire.Range
	for i := range fanout {
		part := items[len(items)*i/fanout : len(items)*(i+1)/fanout]
		r := wire.Range{Upper: part[len(part)-1].key}
		if i == fanout-1 {
			r.Upper = upper
		}
		r.Sum, r.Count = digest(part)
		out = append(out, r)
	}
	return out
}

func digest(items []item) ([16]byte, uint64) {
	var sum oplog.Sum
	for i := range items {
		sum.AddFeed(&items[i].feed)
	}
	return sum.Fingerprint(), sum.Count()
}

// onRanges answers the peer's view of the key space: nothing for equal parts, a finer view of unequal ones, and for listed
// parts what is missing on either side.
func (s *Session) onRanges(m *wire.Ranges) error {
	items := s.items()
	lower := m.Lower
	first := lower == [16]byte{}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if bytes.Compare(r.Upper[:], lower[:]) < 0 {
			return fmt.Errorf("%w: ranges out of order", ErrPeer)
		}
		from := 0
		if !first {
			from = sort.Search(len(items), func(i int) bool { return bytes.Compare(items[i].key[:], lower[:]) > 0 })
		}
		to := sort.Search(len(items), func(i int) bool { return bytes.Compare(items[i].key[:], r.Upper[:]) > 0 })
		if err := s.compareRange(r, items[from:max(from, to)], lower); err != nil {
			return err
		}
		lower, first = r.Upper, false
	}
	return nil
}

func (s *Session) compareRange(r *wire.Range, mine []item, lower [16]byte) error {
	if !r.List {
		if sum, n := digest(mine); sum == r.Sum && n == r.Count {
			return nil
		}
		return s.send(&wire.Ranges{Lower: lower, Ranges: split(mine, r.Upper)})
	}
	theirs := map[oplog.FeedKey]uint64{}
	for i := range r.Items {
		theirs[r.Items[i].Key()] = r.Items[i].Len
		if err := s.consider(&r.Items[i], false); err != nil {
			return err
		}
	}
	var lacks []wire.FeedState
	for i := range mine {
		if theirs[mine[i].feed.FeedKey] < mine[i].feed.Len {
			lacks = append(lacks, wire.State(&mine[i].feed))
		}
	}
	return s.sendHaves(lacks)
}
