package authority

import "tongzhou/sync/op"

// Cut returns how far the feed of a device in a scope counts: ops with a higher seq have no effect. Without a limit the
// second result is false. For private scopes ask ScopeState.Cut, which also knows the scope's own log.
func (s *State) Cut(scope op.ScopeTag, dev op.DeviceID, inc uint32) (seq uint64, cut bool) {
	return 0, false
}

// Cut returns how far the feed of a device in this scope counts; see State.Cut.
func (s *ScopeState) Cut(dev op.DeviceID, inc uint32) (seq uint64, cut bool) {
	return 0, false
}
