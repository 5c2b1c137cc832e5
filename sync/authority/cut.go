package authority

import (
	"maps"

	"tongzhou/sync/op"
)

// cutTable is what is known of how far somebody had written when one removal took effect.
type cutTable struct {
	taking  *taking
	vertex  int32
	mode    Mode
	by      op.UserID
	device  op.DeviceID // of a device.revoke: only its feeds are meant
	binding bool        // it is by this that the person or device has no access now, if it has none
	scopes  map[op.ScopeTag]map[Feed]uint64
}

// join adds statements about the removal: the highest of everybody's counts, but if a device was in foreign hands, the
// lowest of those by the one who revoked and by admins.
func (c *cutTable) join(sources []cutSource) {
	for _, s := range sources {
		if c.mode == Compromised && !s.self && s.by != c.by && s.class > Admin {
			continue
		}
		for _, x := range s.cuts {
			feed := Feed{x.Device, x.Incarnation}
			if !c.device.IsZero() && x.Device != c.device {
				continue
			}
			if c.scopes == nil {
				c.scopes = map[op.ScopeTag]map[Feed]uint64{}
			}
			if c.scopes[x.Scope] == nil {
				c.scopes[x.Scope] = map[Feed]uint64{}
			}
			have, known := c.scopes[x.Scope][feed]
			switch {
			case !known:
				have = x.Seq
			case c.mode == Compromised:
				have = min(have, x.Seq)
			default:
				have = max(have, x.Seq)
			}
			c.scopes[x.Scope][feed] = have
		}
	}
}

// with returns a table with more statements.
func (c *cutTable) with(sources []cutSource) cutTable {
	out := *c
	out.scopes = map[op.ScopeTag]map[Feed]uint64{}
	for tag, feeds := range c.scopes {
		out.scopes[tag] = maps.Clone(feeds)
	}
	out.join(sources)
	return out
}

// limit returns how far the feed counts by this removal. present tells that its person and device have access now: then
// only what was named stays cut.
func (c *cutTable) limit(scope op.ScopeTag, feed Feed, present bool) (uint64, bool) {
	if !c.device.IsZero() && c.device != feed.Device {
		return 0, false
	}
	feeds := c.scopes[scope]
	if seq, named := feeds[feed]; named {
		return seq, true
	}
	// Where nothing was said of the scope, nobody who knows has spoken yet.
	return 0, len(feeds) > 0 && c.binding && !present
}

// lowest joins the limits of several removals.
func lowest(tables []cutTable, scope op.ScopeTag, feed Feed, present bool) (seq uint64, cut bool) {
	for i := range tables {
		if n, ok := tables[i].limit(scope, feed, present); ok && (!cut || n < seq) {
			seq, cut = n, true
		}
	}
	return seq, cut
}

// Cut returns how far the feed of a device in a scope counts: ops with a higher seq have no effect. Without a limit the
// second result is false. For private scopes ask ScopeState.Cut, which also knows the scope's own log.
func (s *State) Cut(scope op.ScopeTag, dev op.DeviceID, inc uint32) (seq uint64, cut bool) {
	user, ok := s.devices.get(dev)
	if !ok {
		return 0, false
	}
	p := s.person(user)
	if len(p.takings) == 0 {
		return 0, false
	}
	return lowest(p.work(&s.view).tables, scope, Feed{dev, inc}, s.ActiveDevice(dev))
}

// Cut returns how far the feed of a device in this scope counts, by removals from the team and from the scope; see State.Cut.
func (s *ScopeState) Cut(dev op.DeviceID, inc uint32) (seq uint64, cut bool) {
	user, ok := s.team.devices.get(dev)
	if !ok {
		return 0, false
	}
	feed := Feed{dev, inc}
	if tables, wrote := s.limits[user]; wrote {
		seq, cut = lowest(tables, s.tag, feed, s.team.ActiveDevice(dev))
	} else {
		seq, cut = s.team.Cut(s.tag, dev, inc)
	}
	if p := s.people[user]; p != nil && len(p.takings) > 0 {
		if n, ok := lowest(p.work(&s.view).tables, s.tag, feed, s.Role(user) != None); ok && (!cut || n < seq) {
			seq, cut = n, true
		}
	}
	return seq, cut
}
