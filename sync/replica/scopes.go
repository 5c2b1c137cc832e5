package replica

import (
	"maps"
	"sort"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

func sortByRecency(feeds []oplog.Feed) {
	sort.Slice(feeds, func(i, j int) bool {
		if feeds[i].HLC != feeds[j].HLC {
			return feeds[i].HLC > feeds[j].HLC
		}
		return feeds[i].No < feeds[j].No
	})
}

func (r *Replica) info(s *scope) ScopeInfo {
	return ScopeInfo{
		ID: s.id, No: s.no, Kind: s.kind, Creator: s.creator, Created: s.created, Members: maps.Clone(s.members), KeptFrom: r.keptFrom(s),
	}
}

// Scope describes a scope; false while this device does not know what it is.
func (r *Replica) Scope(id op.ScopeID) (ScopeInfo, bool) {
	if s := r.world.Load().byID[id]; s != nil && s.kind != ScopeUnknown {
		return r.info(s), true
	}
	return ScopeInfo{}, false
}

// ScopeByNo is Scope by local number.
func (r *Replica) ScopeByNo(no int64) (ScopeInfo, bool) {
	if s := r.world.Load().byNo[no]; s != nil && s.kind != ScopeUnknown {
		return r.info(s), true
	}
	return ScopeInfo{}, false
}

// Scopes lists the scopes of the given kinds that this user is a member of.
func (r *Replica) Scopes(kinds ...ScopeKind) []ScopeInfo {
	var out []ScopeInfo
	for _, s := range r.world.Load().byID {
		for _, k := range kinds {
			if s.kind == k {
				if _, in := s.members[r.id.Root.ID]; in {
					out = append(out, r.info(s))
				}
			}
		}
	}
	return out
}

// CompanyScope is what every member shares.
func (r *Replica) CompanyScope() op.ScopeID { return keys.CompanyScope(r.id.Team) }

// DirectScope is the scope of the chat of two people.
func (r *Replica) DirectScope(a, b op.UserID) op.ScopeID { return keys.DirectScope(r.id.Team, a, b) }

// Members are the active users of the team, ordered by id.
func (r *Replica) Members() []op.UserID {
	s := r.world.Load().scopes[r.teamTag.control]
	out := make([]op.UserID, 0, len(s.members))
	for u := range s.members {
		out = append(out, u)
	}
	sort.Slice(out, func(i, j int) bool { return string(out[i][:]) < string(out[j][:]) })
	return out
}

// Arrived is when an op reached this database.
func (r *Replica) Arrived(key int64) (time.Time, bool) {
	var at int64
	if err := r.db.Read().QueryRow(`SELECT at FROM op WHERE id = ?`, key).Scan(&at); err != nil {
		return time.Time{}, false
	}
	return time.UnixMilli(at), true
}
