package rules

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/module/moduletest"
	"tongzhou/backend/rules"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

type people struct{}

func (people) Names() func(op.UserID) string {
	return func(u op.UserID) string { return u.String()[:4] }
}

func build(deps module.Deps) []module.Module { return []module.Module{New(deps, people{}, nil)} }

func api(p *moduletest.Peer) *API { return p.Modules[0].API.(*API) }

func find1(t *testing.T, p *moduletest.Peer, key rules.Key) RuleDTO {
	t.Helper()
	list, err := api(p).List()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(r RuleDTO) bool { return r.Key == string(key) })
	if i < 0 {
		t.Fatalf("%s is not listed", key)
	}
	return list[i]
}

func TestR143R144RulesAreListedSetAndReset(t *testing.T) {
	w := moduletest.NewWorld(t)
	boss, ann := w.User("boss", access.Owner), w.User("ann", access.Member)
	bossPeer, annPeer := w.Peer(boss, 1, build), w.Peer(ann, 1, build)
	if got := find1(t, annPeer, rules.BurstSame); got.Value != 5 || got.Changed || got.CanChange || got.By != "" || got.Group != "chat" || !slices.Equal(got.Serves, []string{"R45"}) {
		t.Errorf("at first %+v", got)
	}
	w.Advance(time.Hour)
	got, err := api(bossPeer).Set(SetInput{Key: string(rules.BurstSame), Value: float64(3)}) // a number as JSON gives it
	if err != nil || got.Value != 3 || !got.Changed || !got.CanChange || got.By != boss.String()[:4] || got.At != "2026-11-10T11:00:00.000Z" {
		t.Fatalf("%v, %+v", err, got)
	}
	if got := find1(t, annPeer, rules.BurstSame); got.Value != 3 {
		t.Errorf("ann sees %+v", got)
	}
	if annPeer.Deps().Rules.Int(rules.BurstSame) != 3 {
		t.Error("features read another value than the one shown")
	}
	w.Advance(time.Hour)
	if got, err = api(bossPeer).Reset(string(rules.BurstSame)); err != nil || got.Value != 5 || got.Changed {
		t.Fatalf("%v, %+v", err, got)
	}
	if _, err := api(bossPeer).Reset(string(rules.BurstSame)); err != nil { // nothing to do
		t.Fatal(err)
	}
	history, err := api(annPeer).History(string(rules.BurstSame))
	if err != nil || len(history) != 2 {
		t.Fatalf("%v, %+v", err, history)
	}
	if h := history[0]; h.From != 3 || h.To != 5 || h.ByID != boss.String() || h.Device != "laptop" || h.At != "2026-11-10T12:00:00.000Z" {
		t.Errorf("newest %+v", h)
	}
	if h := history[1]; h.From != 5 || h.To != 3 {
		t.Errorf("oldest %+v", h)
	}
}

func TestWhoMayChangeRules(t *testing.T) {
	w := moduletest.NewWorld(t)
	admin, head := w.User("admin", access.Admin), w.User("head", access.Member)
	w.SetOffice(head, access.Head, []byte("d"))
	adminPeer, headPeer := w.Peer(admin, 1, build), w.Peer(head, 1, build)
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"a head":                     {set(headPeer, rules.BurstSame, 3), "denied"},
		"a head's reset":             {reset(headPeer, rules.BurstSame), "denied"},
		"an admin":                   {set(adminPeer, rules.BurstSame, 3), ""},
		"an admin, an owner's rule":  {set(adminPeer, rules.PassphraseDays, 60), "denied"},
		"out of range":               {set(adminPeer, rules.BurstSame, 1000), "rules.range"},
		"of another type":            {set(adminPeer, rules.BurstSame, "3"), "rules.type"},
		"a rule that does not exist": {set(adminPeer, "chat.no_such", 3), "rules.unknown"},
	} {
		if fault.Code(c.err) != c.code {
			t.Errorf("%s: %v, want %q", name, c.err, c.code)
		}
	}
	if _, err := api(adminPeer).History("chat.no_such"); fault.Code(err) != "rules.unknown" {
		t.Errorf("history of nothing: %v", err)
	}
}

func set(p *moduletest.Peer, key rules.Key, value any) error {
	_, err := api(p).Set(SetInput{Key: string(key), Value: value})
	return err
}

func reset(p *moduletest.Peer, key rules.Key) error {
	_, err := api(p).Reset(string(key))
	return err
}

// TestHostileDecisionsHaveNoEffect: a modified program of an admin writes rule ops that its own checks would have refused.
func TestHostileDecisionsHaveNoEffect(t *testing.T) {
	w := moduletest.NewWorld(t)
	boss, admin := w.User("boss", access.Owner), w.User("admin", access.Admin)
	p := w.Peer(boss, 1, build)
	value := func(v any) []byte {
		enc, err := op.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return enc
	}
	w.SetRuleAs(boss, access.Owner, string(rules.PassphraseDays), value(60))
	w.SetRuleAs(admin, access.Admin, string(rules.PassphraseDays), value(365)) // for owners alone
	w.SetRuleAs(admin, access.Admin, string(rules.BurstSame), value(1_000_000))
	w.SetRuleAs(admin, access.Admin, string(rules.BurstSame), value([]string{"x"}))
	w.SetRuleAs(admin, access.Admin, string(rules.BurstSame), []byte{0xff, 0xff})
	if got := find1(t, p, rules.PassphraseDays); got.Value != 60 || got.By != boss.String()[:4] {
		t.Errorf("an owner's rule: %+v", got)
	}
	if got := find1(t, p, rules.BurstSame); got.Value != 5 || got.Changed || got.At != "" {
		t.Errorf("values that are none: %+v", got)
	}
	if h, err := api(p).History(string(rules.BurstSame)); err != nil || len(h) != 0 {
		t.Errorf("%v, %+v", err, h)
	}
}

func TestWhatHappensBeforeASettingChanges(t *testing.T) {
	w := moduletest.NewWorld(t)
	boss := w.User("boss", access.Owner)
	var asked []any
	fail := errors.New("not now")
	p := w.Peer(boss, 1, func(deps module.Deps) []module.Module {
		return []module.Module{New(deps, people{}, Before{rules.ProfileReview: func(_ context.Context, v any) error {
			asked = append(asked, v)
			return fail
		}})}
	})
	if err := set(p, rules.ProfileReview, false); !errors.Is(err, fail) || find1(t, p, rules.ProfileReview).Value != true {
		t.Errorf("%v: the setting changed although its preparation failed", err)
	}
	fail = nil
	if err := set(p, rules.ProfileReview, false); err != nil || len(asked) != 2 || asked[1] != false {
		t.Errorf("%v, %v", err, asked)
	}
}

// TestTheOpIsTheOneOfTheControlLog pins the encoding that this room relies on.
func TestTheOpIsTheOneOfTheControlLog(t *testing.T) {
	data, err := os.ReadFile("testdata/ops/rule.set-1.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Type, CBOR string }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	five, err := op.Marshal(5)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := op.Marshal(authority.Rule{Key: string(rules.BurstSame), Value: five, Proof: op.ID{1}})
	if err != nil {
		t.Fatal(err)
	}
	if golden.Type != typeSet || typeSet != authority.TypeRule || hex.EncodeToString(enc) != golden.CBOR {
		t.Errorf("%s is now encoded as %x, but ops in the world are %s", typeSet, enc, golden.CBOR)
	}
}
