package p2p

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"testing"
	"time"

	"golang.org/x/net/ipv4"
)

// requireMulticast skips where the machine cannot do what mDNS needs at all,
// which is found out without this package: a datagram to the mDNS group must
// come back to this machine.
func requireMulticast(t *testing.T) {
	t.Helper()
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	receiver, err := net.ListenMulticastUDP("udp4", nil, group)
	if err != nil {
		t.Skipf("no multicast on this machine: join the group: %v", err)
	}
	defer receiver.Close()
	sender, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	if err := ipv4.NewPacketConn(sender).SetMulticastLoopback(true); err != nil {
		t.Skipf("no multicast on this machine: loop back: %v", err)
	}
	if _, err := sender.WriteTo([]byte("tongzhou test"), group); err != nil {
		t.Skipf("no multicast on this machine (in a fresh network namespace: ip link set lo multicast on; "+
			"ip route add 224.0.0.0/4 dev lo): send: %v", err)
	}
	receiver.SetReadDeadline(time.Now().Add(2 * time.Second))
	buf := make([]byte, 9000)
	for {
		n, _, err := receiver.ReadFrom(buf)
		if err != nil {
			t.Skipf("no multicast on this machine: nothing comes back: %v", err)
		}
		if string(buf[:n]) == "tongzhou test" {
			return
		}
	}
}

func serviceName() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func TestMatesMeetOnTheLocalNetwork(t *testing.T) {
	requireMulticast(t)
	a, b := newDevice(t), newDevice(t)
	name := serviceName()
	use := func(c *Config) { c.MDNSName = name }
	book := &memoryBook{}
	na := start(t, a, rosterOf(b), use, func(c *Config) { c.Book = book })
	nb := start(t, b, rosterOf(a), use)
	next(t, na.begun, "a's conversation")
	next(t, nb.begun, "b's conversation")
	na.stop(t)
	nb.stop(t)
}

func TestOtherTeamsOnTheLocalNetworkAreIgnored(t *testing.T) {
	requireMulticast(t)
	a, b := newDevice(t), newDevice(t)
	name := serviceName()
	na := start(t, a, rosterOf(), func(c *Config) { c.MDNSName = name })
	nb := start(t, b, rosterOf(a), func(c *Config) { c.MDNSName = name })
	// b hears a and tries; a does not know b and must not list or let it in.
	nb.until(t, "b is turned away", func() bool { return nb.peerInfo(a).Reason == ReasonRejected })
	if len(na.Peers()) != 0 || len(na.begun) != 0 {
		t.Errorf("a took in %+v", na.Peers())
	}
}

func TestAJoinerFindsTheTeamOnTheLocalNetwork(t *testing.T) {
	requireMulticast(t)
	member, joiner := newDevice(t), newDevice(t)
	name := serviceName()
	rm := rosterOf(member)
	start(t, member, rm, admitting(rm, joiner), func(c *Config) { c.MDNSName = name })
	nj := start(t, joiner, nil)
	var seen events
	// The invitation's addresses have all gone stale.
	s, pub, err := nj.DialJoin(t.Context(), JoinTarget{Addrs: []string{"/ip4/127.0.0.1/tcp/1/p2p/" + member.peerID(t).String()}, MDNS: name}, seen.add)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if string(pub) != string(member.pub()) || !seen.has(JoinFound, SourceMDNS, member) {
		t.Errorf("reported %+v", seen.all)
	}
}

// A link has no addresses that work any more: its device is found by its announcement, and no other one is asked.
func TestALinkFindsItsDeviceOnTheLocalNetwork(t *testing.T) {
	requireMulticast(t)
	wanted, other := newDevice(t), newDevice(t)
	name := serviceName()
	asked := make(chan struct{}, 8)
	open := func(c *Config) {
		c.MDNSName = name
		c.StrangersWelcome = func([]byte) bool { return true }
		c.OnJoin = func(_ context.Context, s Stream, _ []byte, _ func()) { s.Write([]byte{1}) }
	}
	start(t, other, rosterOf(wanted), open, func(c *Config) {
		c.OnJoin = func(context.Context, Stream, []byte, func()) { asked <- struct{}{} }
	})
	nj := start(t, newDevice(t), nil)
	start(t, wanted, rosterOf(other), open)
	var seen events
	s, pub, err := nj.DialJoin(t.Context(), JoinTarget{MDNS: name, Only: wanted.pub()}, seen.add)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	if string(pub) != string(wanted.pub()) || seen.has(JoinFound, SourceMDNS, other) || len(asked) > 0 {
		t.Errorf("reported %+v", seen.all)
	}
}

func TestUseTeamAnnouncesUnderTheNewName(t *testing.T) {
	requireMulticast(t)
	a, b := newDevice(t), newDevice(t)
	name := serviceName()
	na := start(t, a, nil)
	nb := start(t, b, rosterOf(a), func(c *Config) { c.MDNSName = name })
	na.UseTeam(rosterOf(b), name, a.id)
	next(t, na.begun, "conversation")
	next(t, nb.begun, "conversation at the other side")
}
