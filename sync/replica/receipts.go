package replica

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// haveKey is the register in which a device tells a scope's other members how much of each feed it has stored, so that the
// author learns it also when the two never meet.
const haveKey = "have"

type have struct {
	_           struct{} `cbor:",toarray"`
	Device      op.DeviceID
	Incarnation uint32
	Len         uint64
	Head        [8]byte // first bytes of the id of op Len: of two versions of a feed, this one
}

// maxHave is how many feeds the register names, those that changed last: about what fits into one. What it named before stays
// with those who read it.
const maxHave = 380

// receipts: how much of each feed other devices have acknowledged as stored.
type receipts struct {
	mu   sync.RWMutex
	byNo map[int64]map[op.DeviceID]uint64
}

func (x *receipts) load(q oplog.Querier) error {
	rows, err := q.Query(`SELECT feed, device, len FROM receipt`)
	if err != nil {
		return fmt.Errorf("read receipts: %w", err)
	}
	defer rows.Close()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.byNo = map[int64]map[op.DeviceID]uint64{}
	for rows.Next() {
		var no, n int64
		var dev []byte
		if err := rows.Scan(&no, &dev, &n); err != nil {
			return fmt.Errorf("read receipt: %w", err)
		}
		x.put(no, op.DeviceID(dev), uint64(n))
	}
	return rows.Err()
}

func (x *receipts) get(no int64, d op.DeviceID) uint64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.byNo[no][d]
}

// put keeps the larger number; the caller holds mu or owns x.
func (x *receipts) put(no int64, d op.DeviceID, n uint64) {
	m := x.byNo[no]
	if m == nil {
		m = map[op.DeviceID]uint64{}
		x.byNo[no] = m
	}
	m[d] = max(m[d], n)
}

// Received is the seq up to which dev has acknowledged the feed.
func (r *Replica) Received(feedNo int64, dev op.DeviceID) uint64 {
	return r.receipts.get(feedNo, dev)
}

// Ack is a peer's own word that it has stored a feed up to Len, and which op is there.
type Ack struct {
	Feed oplog.FeedKey
	Len  uint64
	Head [8]byte
}

// Acknowledge records what the device behind a conversation says it has stored.
func (r *Replica) Acknowledge(ctx context.Context, dev op.DeviceID, acks []Ack) error {
	acks = slices.DeleteFunc(slices.Clone(acks), func(a Ack) bool {
		f := r.feeds.Feed(a.Feed)
		return f.Len < a.Len || r.receipts.get(f.No, dev) >= a.Len
	})
	if len(acks) == 0 {
		return nil
	}
	return r.write(ctx, func(p *projector) error {
		for i := range acks {
			if err := r.learnReceipt(p, dev, &acks[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// learnReceipt believes a device about ops that are here too, if it means the same ones.
func (r *Replica) learnReceipt(p *projector, dev op.DeviceID, a *Ack) error {
	f := p.b.Feed(a.Feed)
	if f == nil || dev == r.id.Device.ID || a.Len == 0 || a.Len > f.Len || r.receipts.get(f.No, dev) >= a.Len {
		return nil
	}
	head := f.Head
	if a.Len < f.Len {
		var err error
		if head, err = oplog.HeadAt(p.tx, f.No, a.Len); err != nil {
			return err
		}
	}
	if [8]byte(head[:8]) != a.Head {
		return nil
	}
	r.receipts.mu.Lock()
	r.receipts.put(f.No, dev, a.Len)
	r.receipts.mu.Unlock()
	p.event.Receipts, p.memory = true, true
	if f.Device == r.id.Device.ID {
		if sc := r.world.Load().scopes[f.Tag]; sc != nil {
			p.tx.Changed("receipt", sc.id.String())
		}
	}
	if _, err := p.tx.Exec(`INSERT INTO receipt (feed, device, len) VALUES (?, ?, ?) ON CONFLICT (feed, device) DO UPDATE SET len = max(len, excluded.len)`, f.No, dev[:], int64(a.Len)); err != nil {
		return fmt.Errorf("store receipt: %w", err)
	}
	return nil
}

// learnHave reads a member's register of what it has.
func (r *Replica) learnHave(p *projector, sc *scope, dev op.DeviceID, plain []byte) error {
	var list []have
	if err := op.Unmarshal(plain, &list); err != nil {
		return nil // nonsense of a member: without effect
	}
	for _, h := range list {
		a := Ack{Feed: oplog.FeedKey{Tag: sc.tag, Device: h.Device, Incarnation: h.Incarnation}, Len: h.Len, Head: h.Head}
		if err := r.learnReceipt(p, dev, &a); err != nil {
			return err
		}
	}
	return nil
}

func (r *Replica) tellHave(ctx context.Context, tag op.ScopeTag) error {
	sc := r.world.Load().scopes[tag]
	if sc == nil || sc.id.IsZero() || r.mayWrite(sc) != nil || !r.holdsKey(tag) {
		return nil
	}
	feeds := slices.DeleteFunc(r.feeds.Scope(tag), func(f oplog.Feed) bool { return f.Device == r.id.Device.ID || f.Len == 0 })
	if len(feeds) == 0 {
		return nil
	}
	slices.SortFunc(feeds, func(a, b oplog.Feed) int { return cmp.Compare(b.LSeq, a.LSeq) })
	list := make([]have, 0, maxHave)
	for _, f := range feeds[:min(len(feeds), maxHave)] {
		list = append(list, have{Device: f.Device, Incarnation: f.Incarnation, Len: f.Len, Head: [8]byte(f.Head[:8])})
	}
	return r.write(ctx, func(p *projector) error {
		sc := r.world.Load().scopes[tag]
		if r.mayWrite(sc) != nil {
			return nil
		}
		// Nobody decided to write this: when a new key is due it waits until somebody does, or all members would make one.
		x, err := r.current(p.tx, sc, line{tag, false})
		if x == nil && err == nil {
			x, _, err = r.picture(r.world.Load(), sc, line{tag, false}).best(p.tx, true)
		}
		if x == nil || err != nil {
			return err
		}
		plain, err := op.Marshal(list)
		if err != nil {
			return fmt.Errorf("encode register %s: %w", haveKey, err)
		}
		return r.putRegister(p, sc, haveKey, x, plain)
	})
}

// Delivery tells which members of the scope hold an op: proven by an acknowledgement of one of their devices.
func (r *Replica) Delivery(id op.ScopeID, ref op.Ref) Delivery {
	w := r.world.Load()
	d := Delivery{Received: map[op.UserID]bool{}}
	sc := w.byID[id]
	if sc == nil {
		return d
	}
	author, _ := w.auth.Device(ref.Device)
	f := r.feeds.Feed(oplog.FeedKey{Tag: sc.tag, Device: ref.Device, Incarnation: ref.Incarnation})
	for u := range sc.members {
		if u != author.User {
			d.Total = append(d.Total, u)
		}
	}
	d.OnRelay = ref.Seq > 0 && f.No != 0 && r.OnRelay(f.No) >= ref.Seq
	r.receipts.mu.RLock()
	defer r.receipts.mu.RUnlock()
	for dev, n := range r.receipts.byNo[f.No] {
		if n < ref.Seq {
			continue
		}
		x, ok := w.auth.Device(dev)
		if !ok || x.User == author.User {
			continue
		}
		if _, member := sc.members[x.User]; member {
			d.Received[x.User] = true
		}
	}
	return d
}

// Unsent counts own ops that no other device has acknowledged.
func (r *Replica) Unsent() uint64 {
	var n uint64
	r.receipts.mu.RLock()
	defer r.receipts.mu.RUnlock()
	w := r.world.Load()
	for _, sc := range w.scopes {
		if len(sc.readers) <= 1 {
			continue // nobody else to send to
		}
		f := r.feeds.Feed(oplog.FeedKey{Tag: sc.tag, Device: r.id.Device.ID, Incarnation: r.feeds.Incarnation()})
		var best uint64
		for _, l := range r.receipts.byNo[f.No] {
			best = max(best, l)
		}
		if f.No != 0 && best < f.Len {
			n += f.Len - best
		}
	}
	return n
}
