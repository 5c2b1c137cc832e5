package link

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func sample() Link {
	return Link{Version: version, Key: [32]byte{1, 2, 3}, Addrs: []string{"/ip4/192.0.2.7/tcp/4711", "/ip4/192.0.2.7/udp/4711/quic-v1"}, Token: []byte{9, 8, 7}}
}

func TestLinksSurvive(t *testing.T) {
	l := sample()
	text := l.String()
	for name, given := range map[string]string{
		"as written":      text,
		"in a sentence":   "请用这个中继：" + text + "，谢谢",
		"quoted":          "> \"" + text + "\"",
		"broken in lines": text[:40] + "\r\n" + text[40:90] + "\n  " + text[90:] + "\nbye",
	} {
		got, err := Parse(given)
		if err != nil || !reflect.DeepEqual(got, l) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// The text of a link is for good.
func TestGoldenLink(t *testing.T) {
	const golden = "tongzhou:relay?hAFYIAECAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgncvaXA0LzE5Mi4wLjIuNy90Y3AvNDcxMXgfL2lwNC8xOTIuMC4yLjcvdWRwLzQ3MTEvcXVpYy12MUMJCAePlcrD"
	if got := sample().String(); got != golden {
		t.Errorf("got %s", got)
	}
}

func TestDamagedLinks(t *testing.T) {
	text := sample().String()
	for at := len(Scheme); at < len(text); at++ {
		other := byte('A')
		if text[at] == other {
			other = 'B'
		}
		if _, err := Parse(text[:at] + string(other) + text[at+1:]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("changed at %d: %v", at, err)
		}
		if _, err := Parse(text[:at]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut off at %d: %v", at, err)
		}
	}
	if _, err := Parse("tongzhou://join/abc"); !errors.Is(err, ErrOther) {
		t.Errorf("an invitation: %v", err)
	}
	if _, err := Parse(Scheme + strings.Repeat("A", 3*maxText)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a very long one: %v", err)
	}
	for name, body := range map[string][]byte{
		"higher version":         {0x84, 2, 0x40, 0x80, 0x40},
		"higher, other fields":   {0x85, 7, 1, 1, 1, 1},
		"this version, no key":   {0x84, 1, 0x40, 0x80, 0x40},
		"this version, too much": {0x85, 1, 1, 1, 1, 1},
	} {
		sum := sha256.Sum256(body)
		_, err := Parse(Scheme + base64.RawURLEncoding.EncodeToString(append(body, sum[:sumLength]...)))
		want := ErrDamaged
		if strings.HasPrefix(name, "higher") {
			want = ErrNewer
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinksThatCannotBe(t *testing.T) {
	for name, l := range map[string]Link{
		"no key":         {},
		"many addresses": {Key: [32]byte{1}, Addrs: make([]string, maxAddrs+1)},
		"no multiaddr":   {Key: [32]byte{1}, Addrs: []string{"example.org"}},
		"long address":   {Key: [32]byte{1}, Addrs: []string{"/" + strings.Repeat("x", maxAddr)}},
		"long token":     {Key: [32]byte{1}, Token: make([]byte, maxToken+1)},
	} {
		if text := l.String(); text != "" {
			t.Errorf("%s was written: %s", name, text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample().String())
	f.Add("tongzhou:relay?AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(l.String())
		if err != nil || !reflect.DeepEqual(l, again) {
			t.Fatalf("%+v is read again as %+v, %v", l, again, err)
		}
	})
}
