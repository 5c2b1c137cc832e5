// Package bounds makes libp2p's limits for devices and relays, so that a flood from one address leaves room for others.
//
// The stock limits per address (8 connections, one new one in 5 s, our own dials included) do not fit an office behind one
// public address, so every host states its own. Loopback is not limited: tests and several programs on one machine share it.
package bounds

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	xrate "github.com/libp2p/go-libp2p/x/rate"
)

// Arrivals bound how many connections there are, and come.
type Arrivals struct {
	PerAddress  int     // connections of one address (IPv4) or network of 56 bits (IPv6); also its burst
	AddressRate float64 // new ones a second from one
	Rate        float64 // new ones a second in all
	Burst       int     // of all
}

// New makes a resource manager.
func New(limits rcmgr.ConcreteLimitConfig, a Arrivals) (network.ResourceManager, error) {
	subnet := func(bits int) []xrate.SubnetLimit {
		return []xrate.SubnetLimit{{PrefixLength: bits, Limit: xrate.Limit{RPS: a.AddressRate, Burst: a.PerAddress}}}
	}
	manager, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits),
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: a.PerAddress}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: a.PerAddress}}),
		rcmgr.WithConnRateLimiters(&xrate.Limiter{
			NetworkPrefixLimits: []xrate.PrefixLimit{
				{Prefix: netip.MustParsePrefix("127.0.0.0/8")},
				{Prefix: netip.MustParsePrefix("::1/128")},
			},
			GlobalLimit: xrate.Limit{RPS: a.Rate, Burst: a.Burst},
			SubnetRateLimiter: xrate.SubnetLimiter{
				IPv4SubnetLimits: subnet(32), IPv6SubnetLimits: subnet(56), GracePeriod: time.Minute,
			},
		}))
	if err != nil {
		return nil, fmt.Errorf("set limits: %w", err)
	}
	return manager, nil
}
