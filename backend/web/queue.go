package web

import "sync"

// maxQueue is how many events a browser may be behind. Past it, fetching everything again is cheaper than catching up.
const maxQueue = 256

// message is what the browser receives for one event.
type message struct {
	Topic   string `json:"topic"`
	Payload any    `json:"payload"`
}

// topicResync tells the browser that events were lost and everything shown must be fetched again.
const topicResync = "resync"

// queue holds the events one browser has not been sent yet. Publishers never wait for it.
type queue struct {
	ready chan struct{} // holds one token while there is something to take

	mu       sync.Mutex
	messages []message // guarded by mu; at most maxQueue
	lost     bool      // guarded by mu; the rest was dropped, only a resync is due
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1)}
}

// push never blocks. When the queue is full it drops all of it: partial news is worth nothing to a browser that refetches.
func (q *queue) push(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lost {
		return
	}
	if len(q.messages) == maxQueue {
		q.messages, q.lost = nil, true
		return // ready already holds its token
	}
	q.messages = append(q.messages, m)
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take empties the queue. After a loss the only message is a resync, and the queue fills anew.
func (q *queue) take() []message {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lost {
		q.lost = false
		return []message{{Topic: topicResync}}
	}
	messages := q.messages
	q.messages = nil
	return messages
}
