package event

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Bus distributes events to its subscribers. The zero value is not usable; see NewBus.
type Bus struct {
	gap time.Duration // least time between two deliveries to one subscriber

	mu   sync.Mutex // guards subs
	subs map[*subscription]struct{}
}

// NewBus returns a bus that delivers an event at once when the subscriber has been quiet for gap, and otherwise
// together with everything else that was published within gap. 0 delivers as fast as the subscriber takes them.
func NewBus(gap time.Duration) *Bus {
	return &Bus{gap: gap, subs: map[*subscription]struct{}{}}
}

// Publish queues an event for every present subscriber. The payload may be nil; it is not copied and must not change
// afterwards. It panics when payload has no JSON form.
func (b *Bus) Publish(topic string, payload any) {
	enc, err := json.Marshal(payload)
	if err != nil {
		panic(fmt.Sprintf("event: payload of %s: %v", topic, err))
	}
	key := topic + "\x00" + string(enc)
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.subs {
		s.add(key, item{topic, payload})
	}
}

// Subscribe calls f for every event published from now on, one at a time, in the order of first publishing. After
// cancel returns no further call of f begins; a call already running may still be finishing. cancel may be called from
// f and more than once.
func (b *Bus) Subscribe(f func(topic string, payload any)) (cancel func()) {
	s := &subscription{pending: map[string]struct{}{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	b.mu.Lock()
	b.subs[s] = struct{}{}
	b.mu.Unlock()
	go s.run(f, b.gap)
	return sync.OnceFunc(func() {
		b.mu.Lock()
		delete(b.subs, s)
		b.mu.Unlock()
		s.close()
	})
}

type item struct {
	topic   string
	payload any
}

// subscription is one subscriber's queue. Lock order: Bus.mu before subscription.mu.
type subscription struct {
	wake chan struct{} // capacity 1: something is queued
	done chan struct{} // closed by close

	mu      sync.Mutex // guards the fields below
	queue   []item
	pending map[string]struct{} // keys in queue
	closed  bool
}

func (s *subscription) add(key string, it item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.pending[key]; ok || s.closed {
		return
	}
	s.pending[key] = struct{}{}
	s.queue = append(s.queue, it)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take empties the queue. From here on the same events count as new again: the subscriber may read before the change.
func (s *subscription) take() []item {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queue
	s.queue = nil
	clear(s.pending)
	return q
}

func (s *subscription) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	close(s.done)
}

func (s *subscription) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *subscription) run(f func(topic string, payload any), gap time.Duration) {
	for {
		select {
		case <-s.wake:
		case <-s.done:
			return
		}
		for _, it := range s.take() {
			if s.isClosed() {
				return
			}
			f(it.topic, it.payload)
		}
		if gap <= 0 {
			continue
		}
		rest := time.NewTimer(gap)
		select {
		case <-rest.C:
		case <-s.done:
			rest.Stop()
			return
		}
	}
}
