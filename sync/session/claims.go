package session

import (
	"sync"
	"time"

	"tongzhou/sync/oplog"
)

// claimLimit is how long a conversation keeps a feed to itself while nothing of it comes: a peer that promises and does not
// deliver must not keep others from it.
const claimLimit = 10 * time.Second

// Claims says which conversation fetches which feed. Another one that could have fetched it looks again when the feed grows
// or the claim falls.
type Claims struct {
	mu sync.Mutex
	by map[oplog.FeedKey]claim
}

type claim struct {
	s  *Session
	at time.Time // when it was made, or when ops of the feed last came
}

// NewClaims makes an empty set.
func NewClaims() *Claims { return &Claims{by: map[oplog.FeedKey]claim{}} }

// take claims the feed, or renews the claim.
func (c *Claims) take(k oplog.FeedKey, s *Session, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.by[k]; ok && o.s != s && now.Sub(o.at) < claimLimit {
		return false
	}
	c.by[k] = claim{s, now}
	return true
}

func (c *Claims) drop(k oplog.FeedKey, s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[k].s == s {
		delete(c.by, k)
	}
}

func (c *Claims) release(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, o := range c.by {
		if o.s == s {
			delete(c.by, k)
		}
	}
}
