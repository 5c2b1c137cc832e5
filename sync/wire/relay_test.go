package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"

	"tongzhou/sync/op"
)

func seedKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32))
}

func entry(n byte) RosterDevice {
	pub := seedKey(n).Public().(ed25519.PublicKey)
	return RosterDevice{Device: op.DeviceIDOf(pub), SignPub: [32]byte(pub), PeerPub: [32]byte{n, 1}}
}

// sampleRoster is signed by the device of seed 1, its admin.
func sampleRoster(t testing.TB) []byte {
	t.Helper()
	r := Roster{Team: TeamTag{9}, Gen: 1, Admins: []op.DeviceID{entry(1).Device}, Devices: []RosterDevice{entry(1), entry(2), entry(3)}}
	raw, err := r.Sign(seedKey(1))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func relaySamples(t testing.TB) map[string]Message {
	pub := entry(4).SignPub
	vouch := &RelayVouch{Team: TeamTag{9}, Gen: 3, Device: entry(4)}
	vouch.Sign(seedKey(1))
	tag, dev := op.ScopeTag{1, 2}, op.DeviceID{3, 4}
	return map[string]Message{
		"hello":            &RelayHello{Version: 1, Team: TeamTag{9}, Device: dev, Token: []byte{1, 2}, App: "0.1"},
		"welcome":          &RelayWelcome{Version: 1, Store: [16]byte{2}, Nonce: [32]byte{3}, ClockMS: 1_790_000_000_000, Gen: 4, RosterHash: [32]byte{5}, State: RelayOK, LSeq: 6},
		"roster":           &RelayRoster{Raw: sampleRoster(t)},
		"ask roster":       &RelayAskRoster{},
		"roster is":        &RelayRosterIs{Gen: 4, Hash: [32]byte{5}, State: RelayNotOnRoster},
		"refused":          &RelayRefused{What: TRelayVouch, Code: RelayTooMany, Text: "enough"},
		"vouch":            vouch,
		"caps":             &RelayCaps{Caps: []RelayCap{{Tag: tag, Ref: op.EpochRef{7}, Pub: pub, Parents: []RelayParent{{Pub: [32]byte{8}, Sig: [64]byte{9}}}, Proof: [64]byte{10}}}},
		"scopes":           &RelayScopes{Scopes: []RelayScope{{Tag: tag, State: ScopeFull}, {Tag: op.ScopeTag{2}, State: ScopeEpochs}}},
		"ask epochs":       &RelayAskEpochs{Tag: tag, After: 11},
		"epochs":           &RelayEpochs{Tag: tag, UpTo: 12, More: true},
		"feeds refused":    &RelayFeedsRefused{Feeds: []RefusedFeed{{Tag: tag, Device: dev, Incarnation: 5, Code: RelayNotChained, From: 7}}},
		"registers stored": &RelayRegistersStored{Stored: 3, Refused: 1},
		"cursor":           &RelayCursor{LSeq: 13},
		"gone":             &RelayGone{Tag: tag, Device: dev, Incarnation: 5, From: 100},
		"mail open":        &RelayMailOpen{Pub: pub, Proof: [64]byte{14}},
		"mail put":         &RelayMailPut{Box: BoxOf(pub), Body: []byte{1, 2, 3}, TTL: 3600},
		"mail stored":      &RelayMailStored{Box: BoxOf(pub), No: 15},
		"mail get":         &RelayMailGet{Box: BoxOf(pub), After: 16},
		"mail":             &RelayMail{Box: BoxOf(pub), Mails: []Mail{{No: 17, AtMS: 18, Body: []byte{1}}}, More: true},
		"mail drop":        &RelayMailDrop{Box: BoxOf(pub), Nos: []uint64{19, 20}},
		"blob has":         &RelayBlobHas{Tag: tag, IDs: [][32]byte{{21}, {22}}},
		"blob held":        &RelayBlobHeld{Tag: tag, Copies: []RelayCopy{{ID: [32]byte{21}, Sum: [32]byte{23}, Size: 24}}, New: true},
		"blob put":         &RelayBlobPut{Tag: tag, Copy: RelayCopy{ID: [32]byte{21}, Sum: [32]byte{23}, Size: MaxChunkPart + 3}, From: MaxChunkPart, Part: []byte{1, 2, 3}},
		"blob stored":      &RelayBlobStored{Tag: tag, Copy: RelayCopy{ID: [32]byte{21}, Sum: [32]byte{23}, Size: 24}, Code: RelayQuota},
		"blob get":         &RelayBlobGet{Tag: tag, Copy: RelayCopy{ID: [32]byte{21}, Sum: [32]byte{23}, Size: 24}},
		"blob part":        &RelayBlobPart{Tag: tag, Copy: RelayCopy{ID: [32]byte{21}, Sum: [32]byte{23}, Size: 3}, Part: []byte{1, 2, 3}},
	}
}

// The bytes of every message of a relay are for good.
func TestGoldenRelayMessages(t *testing.T) {
	samples := relaySamples(t)
	golden(t, "testdata/relay.json", samples)
	for name, m := range samples {
		b, err := Encode(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		back, n, err := NewReader(bytes.NewReader(b)).Next()
		if err != nil || n != len(b) || fmt.Sprintf("%+v", back) != fmt.Sprintf("%+v", m) {
			t.Errorf("%s:\n got %+v\nwant %+v (%v)", name, back, m, err)
		}
	}
	for typ := TRelayHello; typ <= TRelayBlobPart; typ++ {
		m := newRelay(typ)
		if m == nil || m.wireType() != typ {
			t.Errorf("type %d makes %T", typ, m)
		}
	}
}

// B2: every list and number in the conversation with a relay has an end.
func TestRelayBounds(t *testing.T) {
	tooManyParents := []RelayCap{{Parents: make([]RelayParent, MaxRelayParents+1)}}
	small := RelayCopy{Size: 3}
	stranger := entry(4)
	stranger.SignPub = entry(5).SignPub
	for name, m := range map[string]Message{
		"hello without a version": &RelayHello{},
		"long token":              &RelayHello{Version: 1, Token: make([]byte, MaxRelayToken+1)},
		"long program name":       &RelayHello{Version: 1, App: string(make([]byte, 100))},
		"welcome in no state":     &RelayWelcome{Version: 1},
		"welcome in a new state":  &RelayWelcome{Version: 1, State: lastRelayState + 1},
		"welcome before zero":     &RelayWelcome{Version: 1, State: RelayOK, LSeq: -1},
		"roster is in no state":   &RelayRosterIs{},
		"refused without a code":  &RelayRefused{},
		"refused at length":       &RelayRefused{Code: RelayQuota, Text: string(make([]byte, maxRefusalText+1))},
		"vouch for other keys":    &RelayVouch{Device: stranger},
		"caps":                    &RelayCaps{Caps: make([]RelayCap, MaxRelayCaps+1)},
		"parents":                 &RelayCaps{Caps: tooManyParents},
		"scopes":                  &RelayScopes{Scopes: make([]RelayScope, MaxRelayTags+1)},
		"scope in no state":       &RelayScopes{Scopes: make([]RelayScope, 1)},
		"epochs before zero":      &RelayAskEpochs{After: -1},
		"epochs up to nothing":    &RelayEpochs{UpTo: -1},
		"refused feeds":           &RelayFeedsRefused{Feeds: make([]RefusedFeed, MaxRefusedFeeds+1)},
		"refused feed, no code":   &RelayFeedsRefused{Feeds: make([]RefusedFeed, 1)},
		"cursor before zero":      &RelayCursor{LSeq: -1},
		"empty mail":              &RelayMailPut{TTL: 1},
		"long mail":               &RelayMailPut{TTL: 1, Body: make([]byte, MaxMailBody+1)},
		"mail without end":        &RelayMailPut{TTL: maxMailTTL + 1, Body: []byte{1}},
		"mail that is over":       &RelayMailPut{Body: []byte{1}},
		"many mails":              &RelayMail{Mails: make([]Mail, MaxMails+1)},
		"a long mail among mails": &RelayMail{Mails: []Mail{{Body: make([]byte, MaxMailBody+1)}}},
		"many mails dropped":      &RelayMailDrop{Nos: make([]uint64, MaxMails+1)},
		"no chunk asked for":      &RelayBlobHas{},
		"many chunks asked for":   &RelayBlobHas{IDs: make([][32]byte, MaxChunkAsk+1)},
		"many copies":             &RelayBlobHeld{Copies: slices.Repeat([]RelayCopy{small}, MaxChunkAsk*MaxChunkCopies+1)},
		"an empty copy":           &RelayBlobHeld{Copies: make([]RelayCopy, 1)},
		"a part too short":        &RelayBlobPut{Copy: small, Part: []byte{1, 2}},
		"a part too long":         &RelayBlobPut{Copy: small, Part: []byte{1, 2, 3, 4}},
		"a part behind the end":   &RelayBlobPut{Copy: small, From: MaxChunkPart, Part: []byte{1, 2, 3}},
		"a part in between":       &RelayBlobPart{Copy: small, From: 1, Part: []byte{1, 2}},
		"a chunk too long":        &RelayBlobPut{Copy: RelayCopy{Size: MaxRelayChunk + 1}, Part: make([]byte, MaxChunkPart)},
		"a chunk too long to get": &RelayBlobGet{Copy: RelayCopy{Size: MaxRelayChunk + 1}},
		"stored with a new code":  &RelayBlobStored{Copy: small, Code: lastRelayCode + 1},
	} {
		b, err := Encode(nil, m)
		if err != nil {
			t.Errorf("%s does not fit a packet: the bound is not tried", name)
			continue
		}
		if _, err := Decode(Type(b[4]), b[5:]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s was accepted: %v", name, err)
		}
	}
}

// B2: whatever a relay or a device sends, decoding ends, and what it accepts is read as the same again.
func FuzzRelayDecode(f *testing.F) {
	for _, m := range relaySamples(f) {
		b, err := Encode(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[4], b[5:])
	}
	f.Fuzz(func(t *testing.T, typ byte, body []byte) {
		m, err := Decode(Type(typ), body)
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) {
			t.Fatal(err)
		}
		if err != nil || m == nil {
			return
		}
		b, err := Encode(nil, m)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", m, err)
		}
		again, err := Decode(Type(b[4]), b[5:])
		if err != nil || fmt.Sprintf("%+v", m) != fmt.Sprintf("%+v", again) {
			t.Fatalf("%+v is read again as %+v, %v", m, again, err)
		}
	})
}
