package op_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// expiring writes a feed of ops that expire.
func (s signer) expiring(at time.Time, cts ...string) []op.Sealed {
	ops := make([]op.Sealed, len(cts))
	var prev op.ID
	for i, ct := range cts {
		h := s.header(uint64(i)+1, prev)
		h.Flags = op.ExpiryFlags(hlc.FromWall(at))
		ops[i] = op.Sign(h, []byte(ct), s.priv)
		prev = ops[i].ID()
	}
	return ops
}

func TestH1TheHeaderSaysInWhichWeekAnOpWasWritten(t *testing.T) {
	for _, at := range []time.Time{time.UnixMilli(0), time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)} {
		h := newSigner(1).expiring(at, "a")[0].Header
		from, over := h.Week()
		if !h.Expires() || from > at.UnixMilli() || at.UnixMilli() >= over || over-from != 7*24*3600*1000 {
			t.Errorf("%v: expires %v, week %d to %d", at, h.Expires(), from, over)
		}
	}
	if h := newSigner(1).chain("a")[0].Header; h.Expires() {
		t.Error("an op that does not say so expires")
	}
	h := newSigner(1).expiring(time.UnixMilli(1), "a")[0].Header
	for _, k := range []op.Kind{op.Control, op.Epoch, op.Snapshot} {
		if h.Kind = k; h.Expires() {
			t.Errorf("%s expires", k)
		}
	}
}

func TestH7AStubKeepsIDSignatureAndChain(t *testing.T) {
	dev := newSigner(1)
	ops := dev.expiring(time.UnixMilli(1e12), "one", "two", "", "four")
	mixed := slices.Clone(ops)
	for i := range mixed {
		if i == 1 {
			continue
		}
		mixed[i] = mixed[i].Pruned()
		if mixed[i].ID() != ops[i].ID() || !mixed[i].VerifySig(dev.pub) || mixed[i].CheckBody() != nil {
			t.Errorf("op %d is another one as a stub", i+1)
		}
	}
	if err := op.VerifyChain(op.ID{}, 1, mixed, dev.pub); err != nil {
		t.Errorf("chain with stubs: %v", err)
	}
	var wire []byte
	for i := range mixed {
		wire = mixed[i].AppendTo(wire)
	}
	rest := wire
	for i := range mixed {
		s, next, err := op.Parse(rest)
		if err != nil || s.Stub != mixed[i].Stub || s.ID() != ops[i].ID() || len(rest)-len(next) != s.Size() || !bytes.Equal(s.AppendTo(nil), rest[:s.Size()]) {
			t.Fatalf("op %d came back as %+v, %v", i+1, s, err)
		}
		rest = next
	}
	if len(rest) > 0 {
		t.Errorf("%d bytes are left", len(rest))
	}
	mixed[2].Flags++ // another week
	if err := op.VerifyChain(op.ID{}, 1, mixed, dev.pub); !errors.Is(err, op.ErrChain) {
		t.Errorf("a stub with another week: %v", err)
	}
}

// Whatever else a stranger leaves the body out of, it is no op.
func TestH7OnlyWhatExpiresHasAStub(t *testing.T) {
	dev := newSigner(1)
	stubOf := func(change func(h *op.Header)) []byte {
		h := dev.header(1, op.ID{})
		h.Flags = op.ExpiryFlags(hlc.New(1e12, 0))
		change(&h)
		s := op.Sign(h, []byte("a"), dev.priv).Pruned()
		return s.AppendTo(nil)
	}
	if _, _, err := op.Parse(stubOf(func(*op.Header) {})); err != nil {
		t.Fatalf("a stub: %v", err)
	}
	for name, change := range map[string]func(h *op.Header){
		"lasting": func(h *op.Header) { h.Flags &^= 1 << 15 },
		"control": func(h *op.Header) { h.Kind = op.Control },
		"epoch":   func(h *op.Header) { h.Kind = op.Epoch },
	} {
		if _, _, err := op.Parse(stubOf(change)); !errors.Is(err, op.ErrStub) {
			t.Errorf("%s: %v, want %v", name, err, op.ErrStub)
		}
	}
	raw := stubOf(func(*op.Header) {})
	if _, _, err := op.Parse(raw[:len(raw)-1]); !errors.Is(err, op.ErrTruncated) {
		t.Errorf("part of a stub: %v", err)
	}
	raw[0]++
	if _, _, err := op.Parse(raw); !errors.Is(err, op.ErrVersion) {
		t.Errorf("a stub of another version: %v", err)
	}
}

func TestH2HorizonsAreCheckedBeforeTheyAreBelieved(t *testing.T) {
	feed := func(n byte, seq uint64) op.HorizonFeed {
		return op.HorizonFeed{Device: op.DeviceID{n}, Incarnation: 7, Seq: seq}
	}
	good := op.Horizon{Days: 90, Feeds: []op.HorizonFeed{feed(1, 5), feed(2, 1)}}
	raw, err := op.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	const want = "a201185a0282835001000000000000000000000000000000070583500200000000000000000000000000000007" + "01"
	if hexOf(raw) != want {
		t.Errorf("a horizon is written as\n%x, not\n%s", raw, want)
	}
	if got, err := op.DecodeHorizon(raw); err != nil || got.Days != 90 || !slices.Equal(got.Feeds, good.Feeds) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, h := range map[string]op.Horizon{
		"too few days":  {Days: 89, Feeds: good.Feeds},
		"too many days": {Days: op.MaxKeepDays + 1, Feeds: good.Feeds},
		"no feeds":      {Days: 90},
		"out of order":  {Days: 90, Feeds: []op.HorizonFeed{feed(2, 1), feed(1, 5)}},
		"twice":         {Days: 90, Feeds: []op.HorizonFeed{feed(1, 5), feed(1, 6)}},
		"no op":         {Days: 90, Feeds: []op.HorizonFeed{feed(1, 0)}},
		"no such seq":   {Days: 90, Feeds: []op.HorizonFeed{feed(1, 1<<63)}},
		"too many":      {Days: 90, Feeds: make([]op.HorizonFeed, op.MaxHorizonFeeds+1)},
	} {
		raw, err := op.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := op.DecodeHorizon(raw); !errors.Is(err, op.ErrHorizon) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := op.Horizon{Days: op.MaxKeepDays}
	for i := range op.MaxHorizonFeeds {
		full.Feeds = append(full.Feeds, op.HorizonFeed{Device: op.DeviceID{byte(i >> 8), byte(i), 1}, Incarnation: 1<<32 - 1, Seq: op.MaxSeq})
	}
	if raw, err := op.Marshal(full); err != nil || len(raw) > op.MaxCiphertext-4096 {
		t.Errorf("the longest takes %d bytes, %v", len(raw), err)
	}
}

func FuzzDecodeHorizon(f *testing.F) {
	raw, err := op.Marshal(op.Horizon{Days: 90, Feeds: []op.HorizonFeed{{Seq: 1}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := op.DecodeHorizon(b); err == nil && (h.Days < op.MinKeepDays || len(h.Feeds) == 0 || len(h.Feeds) > op.MaxHorizonFeeds) {
			t.Errorf("accepted %+v", h)
		}
	})
}
