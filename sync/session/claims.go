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
	by any       // the conversation
	at time.Time // when it was made, or when ops of the feed last came
}

// NewClaims makes an empty set.
func NewClaims() *Claims { return &Claims{by: map[oplog.FeedKey]claim{}} }

// Take claims the feed for a conversation, or renews the claim.
func (c *Claims) Take(k oplog.FeedKey, by any, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.by[k]; ok && o.by != by && now.Sub(o.at) < claimLimit {
		return false
	}
	c.by[k] = claim{by, now}
	return true
}

// Drop gives a claim up.
func (c *Claims) Drop(k oplog.FeedKey, by any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[k].by == by {
		delete(c.by, k)
	}
}

// Release gives up every claim of a conversation.
func (c *Claims) Release(by any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, o := range c.by {
		if o.by == by {
			delete(c.by, k)
		}
	}
}
