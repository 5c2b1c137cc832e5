package app

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"

	"tongzhou/backend/fault"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// The team's relays are a house rule, so that every member and newcomer learns them, and nobody but owners and admins names
// one. It is not among the settings of the screen of rules: package rules holds values, this is a list of machines.

// relayRule is the key of the house rule. It stands in signed ops.
const relayRule = "relay.list"

// Bounds of the list, which stands in one control op.
const (
	maxTeamRelays   = 4
	maxRelayAddrs   = 4
	maxRelayAddr    = 128 // bytes
	maxRelayName    = 60  // bytes
	maxRelayRuleLen = authority.MaxRuleValue
)

// relayEntry is one relay of the team.
type relayEntry struct {
	_     struct{} `cbor:",toarray"`
	Key   []byte   // transport key
	Name  string   // what people call it, may be empty
	Addrs []string // multiaddrs, best first
}

func (e *relayEntry) check() bool {
	if len(e.Key) != 32 || len(e.Name) > maxRelayName || len(e.Addrs) > maxRelayAddrs {
		return false
	}
	return !slices.ContainsFunc(e.Addrs, func(a string) bool { return a == "" || len(a) > maxRelayAddr })
}

// teamRelays reads the list in force. What makes no sense in it is left out, the same on every device.
func teamRelays(s *authority.State) []relayEntry {
	set, ok := s.Rule(relayRule)
	if !ok || len(set.Value) == 0 {
		return nil
	}
	var list []relayEntry
	if op.Unmarshal(set.Value, &list) != nil || len(list) > maxTeamRelays {
		return nil
	}
	return slices.DeleteFunc(list, func(e relayEntry) bool { return !e.check() })
}

// mayChangeRelays tells whether this person is an owner or admin.
func (t *team) mayChangeRelays() bool {
	_, may := t.replica.Authority().Proof(t.id.Root.ID, authority.Admin)
	return may
}

// changeRelays replaces the list by what change makes of it. Faults: relay.denied, relay.too_many {max}.
func (t *team) changeRelays(ctx context.Context, change func([]relayEntry) []relayEntry) error {
	before := teamRelays(t.replica.Authority())
	list := change(before)
	if !t.mayChangeRelays() {
		return fault.New("relay.denied")
	}
	if reflect.DeepEqual(list, before) {
		return nil
	}
	if len(list) > maxTeamRelays {
		return fault.New("relay.too_many", "max", maxTeamRelays)
	}
	var value any
	if len(list) > 0 {
		enc, err := op.Marshal(list)
		if err != nil {
			return fmt.Errorf("encode relays: %w", err)
		}
		if len(enc) > maxRelayRuleLen {
			return fault.New("relay.too_many", "max", len(list)-1)
		}
		value = list
	}
	return storeFault(t.replica.SetRule(ctx, relayRule, value))
}

// withRelay puts an entry into a list, in place of the one with its key.
func withRelay(list []relayEntry, e relayEntry) []relayEntry {
	i := slices.IndexFunc(list, func(x relayEntry) bool { return bytes.Equal(x.Key, e.Key) })
	if i < 0 {
		return append(slices.Clone(list), e)
	}
	if e.Name == "" {
		e.Name = list[i].Name
	}
	out := slices.Clone(list)
	out[i] = e
	return out
}

func withoutRelay(list []relayEntry, key []byte) []relayEntry {
	return slices.DeleteFunc(slices.Clone(list), func(x relayEntry) bool { return bytes.Equal(x.Key, key) })
}

// relayAddrs is the list as the network takes it.
func relayAddrs(list []relayEntry) []p2p.RelayAddr {
	out := make([]p2p.RelayAddr, 0, len(list))
	for i := range list {
		out = append(out, p2p.RelayAddr{PeerPub: [32]byte(list[i].Key), Addrs: list[i].Addrs})
	}
	return out
}
