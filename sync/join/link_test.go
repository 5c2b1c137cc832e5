package join

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/sync/op"
)

func sample() Invitation {
	return Invitation{
		Version: linkVersion, Team: op.TeamID{1}, Genesis: op.ID{2}, Invite: op.ID{3}, Secret: [16]byte{4}, Expires: 1_790_000_000_000,
		TeamName: "星海科技", Inviter: "周明轩", MDNS: "_tabc._udp",
		Peers: []Peer{{ID: "12D3KooWQ", Addrs: []string{"/ip4/192.168.1.5/tcp/4001", "/ip6/fd00::2/tcp/4001"}}},
	}
}

func linkOf(t testing.TB, i Invitation) string {
	t.Helper()
	l, err := i.Link()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// J1: a link gives back what was put into it, also out of the middle of a mail that broke it into lines.
func TestLinkSurvivesMail(t *testing.T) {
	want := sample()
	link := linkOf(t, want)
	for name, text := range map[string]string{
		"as it is":       link,
		"with a word":    "点这里加入：" + link + " 谢谢",
		"in two lines":   link[:len(link)/2] + "\r\n  " + link[len(link)/2:],
		"in brackets":    "<" + link + ">",
		"with a dot":     link + "。",
		"without scheme": strings.TrimPrefix(link, Scheme),
	} {
		got, err := Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got := want.Addrs(); got[0] != "/ip4/192.168.1.5/tcp/4001/p2p/12D3KooWQ" {
		t.Errorf("addresses: %v", got)
	}
}

// J1: damage of any single character is found, whatever it is.
func TestDamagedLinks(t *testing.T) {
	link := linkOf(t, sample())
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(len(Scheme), len(link)-1).Draw(t, "at")
		with := rapid.SampledFrom([]byte("AbZ09-_")).Draw(t, "with")
		if link[at] == with {
			return
		}
		damaged := link[:at] + string(with) + link[at+1:]
		i, err := Parse(damaged)
		if err == nil && !reflect.DeepEqual(i, sample()) || err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatalf("%q at %d: %+v, %v", with, at, i, err)
		}
	})
	for name, text := range map[string]string{
		"nothing": "", "scheme": Scheme, "a sentence": "请加入我们的团队", "cut off": link[:len(link)-7], "far too long": Scheme + strings.Repeat("A", 1<<20),
		"checksum of nothing": Scheme + base64.RawURLEncoding.EncodeToString(make([]byte, 8)),
	} {
		if _, err := Parse(text); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinksOfNewerProgramsAndOldOnes(t *testing.T) {
	i := sample()
	if i.Expired(time.UnixMilli(i.Expires)) || !i.Expired(time.UnixMilli(i.Expires+1)) {
		t.Error("the last moment of an invitation")
	}
	newer, err := op.Marshal(map[uint8]any{1: linkVersion + 1, 2: "whatever a later program writes"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(newer)
	if _, err := Parse(Scheme + base64.RawURLEncoding.EncodeToString(append(newer, sum[:4]...))); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer link: %v", err)
	}
	for name, spoil := range map[string]func(*Invitation){
		"no team": func(i *Invitation) { i.Team = op.TeamID{} }, "no genesis": func(i *Invitation) { i.Genesis = op.ID{} },
		"no secret": func(i *Invitation) { i.Secret = [16]byte{} }, "a long name": func(i *Invitation) { i.TeamName = strings.Repeat("长", 100) },
		"many peers": func(i *Invitation) { i.Peers = make([]Peer, maxPeers+1) },
	} {
		x := sample()
		spoil(&x)
		if _, err := Parse(linkOf(t, x)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Addresses that help others come first; loopback last.
func TestBestFirst(t *testing.T) {
	got := BestFirst([]string{"/ip4/127.0.0.1/tcp/1", "/ip6/fd00::1/udp/1/quic-v1", "/ip4/10.0.0.2/udp/1/quic-v1", "/ip6/fd00::1/tcp/1", "/ip4/10.0.0.2/tcp/1"})
	want := "/ip4/10.0.0.2/tcp/1 /ip6/fd00::1/tcp/1 /ip4/10.0.0.2/udp/1/quic-v1 /ip6/fd00::1/udp/1/quic-v1 /ip4/127.0.0.1/tcp/1"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v", got)
	}
}

// A newcomer in another network needs the way through a relay, however many direct addresses there are.
func TestALinkKeepsTheWayThroughARelay(t *testing.T) {
	addrs := []string{"/ip4/192.0.2.9/tcp/1/p2p/RELAY/p2p-circuit/p2p/ME", "/ip4/192.0.2.9/udp/1/quic-v1/p2p/RELAY/p2p-circuit/p2p/ME"}
	for i := range 9 {
		addrs = append(addrs, fmt.Sprintf("/ip4/10.0.0.%d/tcp/1/p2p/ME", i), "/ip4/192.0.2.9/tcp/1/p2p/OTHER/p2p-circuit/p2p/ME")
	}
	p, ok := NewPeer(addrs, 3)
	want := "/ip4/10.0.0.0/tcp/1 /ip4/10.0.0.1/tcp/1 /ip4/10.0.0.2/tcp/1 /ip4/192.0.2.9/tcp/1/p2p/RELAY/p2p-circuit /ip4/192.0.2.9/tcp/1/p2p/OTHER/p2p-circuit"
	if got := strings.Join(p.Addrs, " "); !ok || p.ID != "ME" || got != want {
		t.Errorf("got %v of %s", got, p.ID)
	}
}

// Whatever somebody pastes, reading it ends with an invitation within its bounds or with an error.
func FuzzParse(f *testing.F) {
	f.Add(linkOf(f, sample()))
	f.Add(Scheme)
	f.Add("tongzhou://join/AAAA 你好")
	f.Fuzz(func(t *testing.T, text string) {
		i, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(i.Peers) > maxPeers || len(i.TeamName) > maxName {
			t.Fatalf("beyond its bounds: %+v", i)
		}
	})
}
