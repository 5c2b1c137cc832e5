package replica

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file says which ops are past keeping (SPEC H1 to H5).

// KeepRule is the house rule that says for how many days what people wrote is kept; 0 or unset: for ever.
const KeepRule = "history.keep_days"

// ripeAfter is how long what a new horizon covers stays, without effect, before it is pruned (SPEC H7): so long what the
// horizon rests on may still turn out otherwise.
const ripeAfter = 14 * 24 * time.Hour

// horizon is one that is stored here. It does not change.
type horizon struct {
	id    op.ID
	from  op.Ref
	at    hlc.Time // its clock
	known int64    // when it became known here, ms since 1970
	says  op.Horizon
}

// cover is what one horizon says of a feed.
type cover struct {
	seq   uint64
	until int64 // a week that is over by then is past keeping, ms since 1970
	ripe  int64 // from when on its ops may be pruned, ms since 1970
}

// covers is what the horizons that count say of the feeds of a scope.
type covers struct {
	counts map[op.ID]bool
	feeds  map[op.HorizonFeed][]cover // by feed, Seq zero
	newest int64                      // the latest until
}

// horizons holds those of every scope. Only the writer changes it.
type horizons struct {
	mu    sync.RWMutex
	byTag map[op.ScopeTag][]*horizon
	now   map[op.ScopeTag]*covers
}

func feedOf(k oplog.FeedKey) op.HorizonFeed {
	return op.HorizonFeed{Device: k.Device, Incarnation: k.Incarnation}
}

// load reads everything again from the database. What counts is worked out by reconsider.
func (h *horizons) load(r *Replica, q oplog.Querier) error {
	all := map[op.ScopeTag][]*horizon{}
	rows, err := q.Query(`SELECT at, data FROM horizon ORDER BY lseq`)
	if err != nil {
		return fmt.Errorf("read horizons: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var known int64
		var raw []byte
		if err := rows.Scan(&known, &raw); err != nil {
			return fmt.Errorf("read horizon: %w", err)
		}
		o, st := r.open(raw)
		if st != oplog.Applied {
			return fmt.Errorf("read horizon: status %d", st)
		}
		if x, ok := readHorizon(o, known); ok {
			all[o.sealed.Scope] = append(all[o.sealed.Scope], x)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read horizons: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byTag, h.now = all, map[op.ScopeTag]*covers{}
	return nil
}

// readHorizon decodes an epoch op; false for another one, or one that makes no sense, which is without effect everywhere.
func readHorizon(o *opened, known int64) (*horizon, bool) {
	if o.sealed.Kind != op.Epoch || o.body.Type != op.TypeHorizon {
		return nil, false
	}
	says, err := op.DecodeHorizon(o.body.Payload)
	return &horizon{id: o.opID(), from: o.ref(), at: o.body.HLC, known: known, says: says}, err == nil
}

// of is what is known of a scope; never nil.
func (h *horizons) of(tag op.ScopeTag) *covers {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if c := h.now[tag]; c != nil {
		return c
	}
	return &covers{}
}

func (h *horizons) all(tag op.ScopeTag) []*horizon {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byTag[tag]
}

// add keeps one more.
func (h *horizons) add(tag op.ScopeTag, x *horizon) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byTag[tag] = append(slices.Clip(h.byTag[tag]), x)
}

// reconsider works out again which horizons of a scope count. changed lists the feeds of which they say something else than
// before.
func (h *horizons) reconsider(w *world, tag op.ScopeTag) (changed []op.HorizonFeed) {
	list, before := h.all(tag), h.of(tag)
	now := &covers{counts: map[op.ID]bool{}, feeds: map[op.HorizonFeed][]cover{}}
	same := true
	for _, x := range list {
		counts := w.countsHorizon(tag, x)
		now.counts[x.id] = counts
		same = same && counts == before.counts[x.id]
	}
	if same && len(before.counts) == len(now.counts) {
		return nil
	}
	for _, x := range list {
		if !now.counts[x.id] {
			continue
		}
		c := cover{until: x.says.Until(x.at), ripe: x.known + ripeAfter.Milliseconds()}
		now.newest = max(now.newest, c.until)
		for _, f := range x.says.Feeds {
			c.seq, f.Seq = f.Seq, 0
			now.feeds[f] = append(now.feeds[f], c)
		}
	}
	for _, feeds := range []map[op.HorizonFeed][]cover{before.feeds, now.feeds} {
		for f := range feeds {
			if !slices.Equal(before.feeds[f], now.feeds[f]) {
				changed = append(changed, f)
			}
		}
	}
	slices.SortFunc(changed, op.HorizonFeed.Compare)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now[tag] = now
	return slices.Compact(changed)
}

// countsHorizon tells whether a horizon has effect (SPEC H3).
func (w *world) countsHorizon(tag op.ScopeTag, x *horizon) bool {
	s := w.scopes[tag]
	if s == nil || s.kind == ScopeUnknown || x.from.Seq > w.limit(s, x.from.Device, x.from.Incarnation) {
		return false
	}
	d, ok := w.auth.Device(x.from.Device)
	if !ok || !w.everLed(s, d.User) {
		return false
	}
	days := keptDays(w.auth, x.at)
	return days > 0 && x.says.Days >= days
}

// everLed tells whether somebody ever had the role in a scope that writes its horizons.
func (w *world) everLed(s *scope, u op.UserID) bool {
	switch s.kind {
	case ScopeGroup:
		role, ok := s.ever[u]
		return ok && role <= authority.Admin
	case ScopeDirect, ScopeSelf:
		return true // who is, or was, none of them is behind a cut of zero
	}
	return w.auth.Strongest(u) <= authority.Admin
}

// leads tells whether somebody has that role now.
func (w *world) leads(s *scope, u op.UserID) bool {
	role, member := s.members[u]
	return member && (role <= authority.Admin || s.kind == ScopeDirect || s.kind == ScopeSelf)
}

// keptDays is for how many days is kept, by the rule that was in force at a clock; 0: for ever. A value that makes no sense
// counts as if it were not there.
func keptDays(s *authority.State, at hlc.Time) int {
	days := 0
	for _, set := range s.RuleHistory(KeepRule) {
		if set.At > at {
			continue
		}
		n := 0
		if len(set.Value) > 0 && op.Unmarshal(set.Value, &n) != nil || n != 0 && (n < op.MinKeepDays || n > op.MaxKeepDays) {
			continue
		}
		days = n
	}
	return days
}

// at is what the covers say of the op of a feed at a seq that was written in a week that was over at a time: whether it is
// past keeping, and from when on it may be pruned.
func (c *covers) at(f op.HorizonFeed, seq uint64, over int64) (covered bool, ripe int64) {
	for _, x := range c.feeds[f] {
		if seq > x.seq || over > x.until {
			continue
		}
		if !covered || x.ripe < ripe {
			ripe = x.ripe
		}
		covered = true
	}
	return covered, ripe
}

// past tells whether a horizon covers an op, its feed's clock for it, and from when on it may be pruned. The header tells; an
// op from before headers did is told by its body, where that can be read, and is never pruned.
func (r *Replica) past(o *opened, st oplog.Status) (clock hlc.Time, ripe int64, covered bool) {
	if o.sealed.Kind != op.Content {
		return 0, 0, false
	}
	c := r.horizons.of(o.sealed.Scope)
	if len(c.feeds) == 0 {
		return 0, 0, false
	}
	h := o.sealed.Header
	if !h.Expires() {
		if red := r.reducers[o.body.Type]; st != oplog.Applied || red == nil || !red.kind.Expires {
			return 0, 0, false
		}
		h.Flags = op.ExpiryFlags(o.body.HLC)
	}
	from, over := h.Week()
	f := op.HorizonFeed{Device: h.Device, Incarnation: h.Incarnation}
	covered, ripe = c.at(f, h.Seq, over)
	return hlc.New(from, 0), ripe, covered
}

// explains tells whether a horizon covers a stub (SPEC H8).
func (r *Replica) explains(o *opened) bool {
	_, _, covered := r.past(o, oplog.Expired)
	return covered
}

// flagsOf are the flags of an own op.
func (r *Replica) flagsOf(kind op.Kind, typ string, at hlc.Time) uint16 {
	if red := r.reducers[typ]; kind == op.Content && red != nil && red.kind.Expires {
		return op.ExpiryFlags(at)
	}
	return 0
}

// honest tells whether what the header of an op says of its kind and age is so (SPEC H1). Ops of kinds that expire may say
// nothing: older programs wrote such.
func (o *opened) honest(k *Kind) bool {
	return !o.sealed.Expires() || k.Expires && o.sealed.Flags == op.ExpiryFlags(o.body.HLC)
}

// keptFrom is when the history of a scope that is still kept begins; zero where nothing was ever taken from it.
func (r *Replica) keptFrom(s *scope) time.Time {
	if from := op.WeekBefore(r.horizons.of(s.tag).newest); from > 0 {
		return time.UnixMilli(from).UTC()
	}
	return time.Time{}
}
