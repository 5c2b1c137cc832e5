package session

import (
	"sync"

	"tongzhou/sync/oplog"
)

// Claims says which conversation fetches which feed. Another one that could have fetched it looks again when the feed grows
// or the claim falls.
type Claims struct {
	mu sync.Mutex
	by map[oplog.FeedKey]*Session
}

// NewClaims makes an empty set.
func NewClaims() *Claims { return &Claims{by: map[oplog.FeedKey]*Session{}} }

func (c *Claims) take(k oplog.FeedKey, s *Session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.by[k]; o != nil && o != s {
		return false
	}
	c.by[k] = s
	return true
}

func (c *Claims) drop(k oplog.FeedKey, s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[k] == s {
		delete(c.by, k)
	}
}

func (c *Claims) release(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, o := range c.by {
		if o == s {
			delete(c.by, k)
		}
	}
}
