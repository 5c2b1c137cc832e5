package rules_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tongzhou/backend/fault"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

func TestValuesAreChecked(t *testing.T) {
	number := rules.Setting{Kind: rules.Int, Default: 5, Min: 0, Max: 50}
	words := rules.Setting{Kind: rules.List, Default: []string{}, Min: 0, Max: 3}
	days := rules.Setting{Kind: rules.List, Default: []string{"mon"}, Options: []string{"mon", "tue"}, Min: 1, Max: 2}
	clock := rules.Setting{Kind: rules.Text, Default: "09:00", Unit: rules.Clock, Min: 5, Max: 5}
	line := rules.Setting{Kind: rules.Text, Default: "", Min: 0, Max: 4}
	choice := rules.Setting{Kind: rules.Enum, Default: "a", Options: []string{"a", "b"}}
	flag := rules.Setting{Kind: rules.Bool, Default: true}
	gap := rules.Setting{Kind: rules.Int, Default: 0, Min: 0, Least: 90, Max: 1000}
	for _, c := range []struct {
		setting rules.Setting
		value   any
		code    string
	}{
		{number, 0, ""},
		{number, 50, ""},
		{number, float64(7), ""},
		{number, uint64(7), ""},
		{number, int64(7), ""},
		{number, -1, "rules.range"},
		{gap, 0, ""},
		{gap, 90, ""},
		{gap, 89, "rules.least"},
		{gap, 1001, "rules.range"},
		{number, 51, "rules.range"},
		{number, 7.5, "rules.type"},
		{number, "7", "rules.type"},
		{number, uint64(1) << 63, "rules.type"},
		{number, 1e300, "rules.type"},
		{number, nil, "rules.type"},
		{flag, false, ""},
		{flag, 0, "rules.type"},
		{choice, "b", ""},
		{choice, "c", "rules.option"},
		{choice, 1, "rules.type"},
		{clock, "23:59", ""},
		{clock, "24:00", "rules.text"},
		{clock, "9:00", "rules.text"},
		{line, "转 88", ""},
		{line, "12345", "rules.range"},
		{line, "a\nb", "rules.text"},
		{line, "\xff", "rules.text"},
		{words, []any{"甲", "乙"}, ""},
		{words, []string{}, ""},
		{words, []any{"甲", 1}, "rules.type"},
		{words, []any{"甲", "甲"}, "rules.text"},
		{words, []any{""}, "rules.text"},
		{words, []any{strings.Repeat("长", 41)}, "rules.text"},
		{words, []any{"a", "b", "c", "d"}, "rules.range"},
		{days, []any{}, "rules.range"},
		{days, []any{"wed"}, "rules.option"},
		{days, []any{"tue", "mon"}, ""},
	} {
		if _, err := c.setting.Check(c.value); fault.Code(err) != c.code {
			t.Errorf("%s %v (%T): %v, want %q", c.setting.Kind, c.value, c.value, err, c.code)
		}
	}
	if _, err := (rules.Setting{Kind: rules.List, Max: 100}).Encode(long()); fault.Code(err) != "rules.too_long" {
		t.Errorf("a value of more than %d bytes: %v", rules.MaxValue, err)
	}
}

func long() []string {
	var out []string
	for i := range 60 {
		out = append(out, strings.Repeat("词", 38)+string(rune(0x4e00+i)))
	}
	return out
}

func TestValuesSurviveTheOp(t *testing.T) {
	for _, s := range rules.All() {
		enc, err := s.Encode(s.Default)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := s.Decode(enc); err != nil || !same(v, s.Default) {
			t.Errorf("%s: %v came back as %v, %v", s.Key, s.Default, v, err)
		}
	}
}

func TestDecodeIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(rules.All()).Draw(t, "setting")
		raw := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "raw")
		v, err := s.Decode(raw)
		if err != nil {
			return
		}
		if again, err := s.Encode(v); err != nil || len(again) > rules.MaxValue {
			t.Fatalf("%s: %x was read as %v, which cannot be written: %v", s.Key, raw, v, err)
		}
	})
	s, _ := rules.Find("chat.sensitive_words")
	if _, err := s.Decode(bytes.Repeat([]byte{0x80}, rules.MaxValue+1)); fault.Code(err) != "rules.too_long" {
		t.Errorf("an oversized value: %v", err)
	}
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	enc, err := op.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

func TestTheNewestDecisionThatCountsIsInForce(t *testing.T) {
	decisions := map[rules.Key][]rules.Set{}
	house := rules.NewHouse(func(key rules.Key) []rules.Set { return decisions[key] })
	if house.Int(rules.BurstSame) != 5 || !house.Bool(rules.ProfileReview) || house.Text(rules.AuditRoles) != "admin" || !slices.Equal(house.List("reports.kinds"), []string{"daily", "weekly", "monthly", "special"}) {
		t.Error("without decisions the defaults are in force")
	}
	decisions[rules.BurstSame] = []rules.Set{{Value: encoded(t, 3)}, {Value: encoded(t, 8)}}
	if got := house.Int(rules.BurstSame); got != 8 {
		t.Errorf("in force: %d", got)
	}
	// A newer program's value, or a hostile one's, is passed over.
	for _, bad := range [][]byte{encoded(t, 51), encoded(t, "x"), {0xff}, encoded(t, -1)} {
		decisions[rules.BurstSame] = []rules.Set{{Value: encoded(t, 8)}, {Value: bad}}
		if got := house.Int(rules.BurstSame); got != 8 {
			t.Errorf("after %x: %d", bad, got)
		}
	}
	decisions[rules.BurstSame] = []rules.Set{{Value: encoded(t, 8)}, {}}
	if got := house.Int(rules.BurstSame); got != 5 {
		t.Errorf("set back: %d", got)
	}
}

func TestWhatOnlyOwnersMayChange(t *testing.T) {
	decisions := map[rules.Key][]rules.Set{rules.PassphraseDays: {{Value: encoded(t, 60), ByOwner: true}, {Value: encoded(t, 365)}}}
	house := rules.NewHouse(func(key rules.Key) []rules.Set { return decisions[key] })
	if got := house.Int(rules.PassphraseDays); got != 60 {
		t.Errorf("an admin's op changed what only owners may: %d", got)
	}
}

func TestAskingForWhatIsNotThereIsAMistakeOfTheCaller(t *testing.T) {
	house := rules.NewHouse(func(rules.Key) []rules.Set { return nil })
	for name, ask := range map[string]func(){
		"unknown key": func() { house.Int("chat.no_such") },
		"wrong kind":  func() { house.Bool(rules.BurstSame) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			ask()
		}()
	}
}
