package replica

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// haveKey is the register in which a device tells a scope's other members how much of each feed it has stored, so that the
// author learns it also when the two never meet.
const haveKey = "have"

// haveDelay collects changes before the register is written: receipts are for people, not for the protocol.
const haveDelay = time.Second

type have struct {
	_           struct{} `cbor:",toarray"`
	Device      op.DeviceID
	Incarnation uint32
	Len         uint64
}

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

func (x *receipts) put(no int64, d op.DeviceID, n uint64) bool {
	m := x.byNo[no]
	if m == nil {
		m = map[op.DeviceID]uint64{}
		x.byNo[no] = m
	}
	if m[d] >= n {
		return false
	}
	m[d] = n
	return true
}

// Received is the seq up to which dev has acknowledged the feed.
func (r *Replica) Received(feedNo int64, dev op.DeviceID) uint64 {
	r.receipts.mu.RLock()
	defer r.receipts.mu.RUnlock()
	return r.receipts.byNo[feedNo][dev]
}

// Ack is a peer's own word that it has stored a feed up to Len.
type Ack struct {
	Feed oplog.FeedKey
	Len  uint64
}

// Acknowledge records what the device behind a conversation says it has stored.
func (r *Replica) Acknowledge(ctx context.Context, dev op.DeviceID, acks []Ack) error {
	return r.write(ctx, func(p *projector) error {
		for _, a := range acks {
			if err := r.learnReceipt(p, dev, a.Feed, a.Len); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Replica) learnReceipt(p *projector, dev op.DeviceID, k oplog.FeedKey, n uint64) error {
	f := p.b.Feed(k)
	if f == nil || dev == r.id.Device.ID {
		return nil
	}
	n = min(n, f.Len) // nobody can have proven to hold what is not here
	r.receipts.mu.Lock()
	grew := r.receipts.put(f.No, dev, n)
	r.receipts.mu.Unlock()
	if !grew {
		return nil
	}
	p.event.Receipts = true
	if k.Device == r.id.Device.ID {
		if sc := r.world.Load().scopes[k.Tag]; sc != nil {
			p.tx.Changed("receipt", sc.id.String())
		}
	}
	if _, err := p.tx.Exec(`INSERT INTO receipt (feed, device, len) VALUES (?, ?, ?) ON CONFLICT (feed, device) DO UPDATE SET len = max(len, excluded.len)`, f.No, dev[:], int64(n)); err != nil {
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
		if err := r.learnReceipt(p, dev, oplog.FeedKey{Tag: sc.tag, Device: h.Device, Incarnation: h.Incarnation}, h.Len); err != nil {
			return err
		}
	}
	return nil
}

// wantHave asks the background loop to tell a scope what is stored here. When its queue is full the scope is told with the
// next change.
func (r *Replica) wantHave(tag op.ScopeTag) {
	select {
	case r.haveCh <- tag:
	default:
	}
}

// haveLoop writes "have" registers, each scope at most once per haveDelay.
func (r *Replica) haveLoop(ctx context.Context) {
	defer r.done.Done()
	pending := map[op.ScopeTag]bool{}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case tag := <-r.haveCh:
			if tag == r.teamTag.control {
				continue
			}
			if len(pending) == 0 {
				timer.Reset(haveDelay)
			}
			pending[tag] = true
		case <-timer.C:
			for tag := range pending {
				if err := r.tellHave(ctx, tag); err != nil && ctx.Err() == nil {
					r.log.Warn("could not tell what is stored", "err", err)
				}
			}
			clear(pending)
		}
	}
}

func (r *Replica) tellHave(ctx context.Context, tag op.ScopeTag) error {
	sc := r.world.Load().scopes[tag]
	if sc == nil || sc.id.IsZero() || r.currentEpoch(sc) == nil {
		return nil
	}
	var list []have
	for _, f := range r.feeds.Scope(tag) {
		if f.Device != r.id.Device.ID && f.Len > 0 {
			list = append(list, have{Device: f.Device, Incarnation: f.Incarnation, Len: f.Len})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return r.write(ctx, func(p *projector) error { return r.putOwnRegister(p, sc, haveKey, list) })
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
