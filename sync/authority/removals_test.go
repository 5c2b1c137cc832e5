package authority_test

import (
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

func (o *office) revokeAs(by, subject *person, mode authority.Mode, cuts ...authority.Cut) op.ID {
	o.t.Helper()
	proof, _ := o.eval().Proof(by.id(), authority.Guest)
	return o.do(by, authority.TypeRevoke, authority.Revoke{Subject: subject.id(), Mode: mode, Proof: proof, Cuts: cuts})
}

func (o *office) standing(p *person, want authority.Standing) authority.Removal {
	o.t.Helper()
	st := o.eval()
	if got := st.Standing(p.id()); got != want {
		o.t.Fatalf("%s is %v, want %v", p.name, got, want)
	}
	r, ok := st.Removal(p.id())
	if ok != (want > authority.StandingActive) {
		o.t.Fatalf("removal of %s: %v", p.name, ok)
	}
	return r
}

func TestStandingAndFormerRole(t *testing.T) { // R16, R20
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.standing(b, authority.StandingUnknown)
	o.join(b)
	o.grant(a, b, authority.Admin, "")
	o.standing(b, authority.StandingActive)
	o.revokeAs(a, b, authority.Removed) // lowered: a removal and a grant
	o.grant(a, b, authority.DeptAdmin, "it")
	o.standing(b, authority.StandingActive)
	freeze := o.revokeAs(a, b, authority.Frozen)
	r := o.standing(b, authority.StandingFrozen)
	if r.Op != freeze || r.By != a.id() || r.ByDevice != a.devices[0].ID || r.Subject != b.id() || r.Mode != authority.Frozen ||
		r.FormerRole != authority.DeptAdmin || string(r.FormerDept) != "it" || r.Left || r.At == 0 {
		t.Fatalf("freeze %+v", r)
	}
	o.grant(a, b, r.FormerRole, string(r.FormerDept))
	o.standing(b, authority.StandingActive)
	if _, ok := o.eval().Removal(b.id()); ok {
		t.Fatal("somebody active was removed")
	}
	o.revokeAs(a, b, authority.Frozen)
	gone := o.revokeAs(a, b, authority.Compromised)
	o.revokeAs(a, b, authority.Frozen)
	if r := o.standing(b, authority.StandingRemoved); r.Op != gone || r.FormerRole != authority.DeptAdmin {
		t.Fatalf("removal after a freeze %+v", r)
	}
	o.grant(a, b, authority.Guest, "")
	left := o.do(b, authority.TypeLeave, nil)
	if r := o.standing(b, authority.StandingLeft); r.Op != left || !r.Left || r.By != b.id() || r.FormerRole != authority.Guest {
		t.Fatalf("leave %+v", r)
	}
	var seen []op.ID
	for _, r := range o.eval().Removals() {
		if r.Subject != b.id() {
			t.Fatalf("removal %+v", r)
		}
		seen = append(seen, r.Op)
	}
	if len(seen) != 6 || seen[1] != freeze || seen[5] != left {
		t.Fatalf("%d removals", len(seen))
	}
	o.revokeAs(a, people()[5], authority.Removed) // of nobody
	if got := o.eval().Removals(); len(got) != 6 {
		t.Fatalf("%d removals", len(got))
	}
	for s, want := range []string{"unknown", "active", "frozen", "removed", "left"} {
		if authority.Standing(s).String() != want {
			t.Fatalf("standing %d is %s", s, authority.Standing(s))
		}
	}
	o.stepwise()
}

func TestEntriesTellEverything(t *testing.T) { // R139, R140
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	refused := o.do(b, authority.TypeRule, authority.Rule{Key: "x", Proof: o.genesis})
	unknown := o.do(people()[5], "x/1", nil)
	later := o.write(a.devices[0], 1, "x/1", nil, op.ID{1})
	sooner := o.write(a.devices[0], 2, "x/1", nil, op.ID{2})
	o.ops[len(o.ops)-1].HLC = hlc.Time(1)
	got := o.eval().Entries()
	if len(got) != len(o.ops) {
		t.Fatalf("%d entries of %d ops", len(got), len(o.ops))
	}
	for i, x := range got[:len(got)-2] {
		if want := o.ops[i]; x.Op != want.ID || x.Ref != want.Ref || x.Device != want.Device || x.At != want.HLC || x.Type != want.Type || string(x.Payload) != string(want.Payload) {
			t.Fatalf("entry %d: %+v", i, x)
		}
		switch x.Op {
		case refused:
			if x.User != b.id() || x.Verdict != authority.Invalid || x.Reason != authority.ReasonAuthor {
				t.Fatalf("refused %+v", x)
			}
		case unknown:
			if !x.User.IsZero() || x.Verdict != authority.Ignored {
				t.Fatalf("of a stranger %+v", x)
			}
		default:
			if x.Verdict != authority.Valid || x.User.IsZero() {
				t.Fatalf("valid %+v", x)
			}
		}
	}
	if x := got[len(got)-2]; x.Op != sooner.ID || x.Verdict != authority.Pending {
		t.Fatalf("pending %+v", x)
	}
	if x := got[len(got)-1]; x.Op != later.ID {
		t.Fatalf("pending %+v", x)
	}
}

// What a removed device may be told: the past of its removal (R20).
func TestPastOf(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	past := o.eval().Frontier()
	r := o.write(a.devices[0], 1, authority.TypeRevoke, revocation(b, o.genesis), past...)
	o.write(people()[2].devices[0], 3, "x/1", nil, past...)
	o.write(a.devices[0], 1, "x/1", nil, r.ID)
	got := o.eval().PastOf(r.ID)
	want := map[authority.Feed]uint64{{Device: a.devices[0].ID, Incarnation: 1}: r.Ref.Seq, {Device: b.devices[0].ID, Incarnation: 1}: 1}
	if len(got) != len(want) {
		t.Fatalf("past %v, want %v", got, want)
	}
	for f, seq := range want {
		if got[f] != seq {
			t.Fatalf("past %v, want %v", got, want)
		}
	}
	if o.eval().PastOf(op.ID{1}) != nil {
		t.Fatal("an op that is not there has a past")
	}
}

func TestHouseRules(t *testing.T) { // R143, R144
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	proof := o.grant(a, b, authority.Admin, "")
	set := func(p *person, value string, proof op.ID) op.ID {
		return o.do(p, authority.TypeRule, authority.Rule{Key: "chat.recall", Value: []byte(value), Proof: proof})
	}
	if _, ok := o.eval().Rule("chat.recall"); ok {
		t.Fatal("a rule that nobody set")
	}
	first := set(a, "\x01", o.genesis)
	past := o.eval().Frontier()
	second := set(b, "\x02", proof)
	r, ok := o.eval().Rule("chat.recall")
	if !ok || r.Op != second || r.By != b.id() || r.Class != authority.Admin || r.Device != b.devices[0].ID || r.Key != "chat.recall" ||
		string(r.Value) != "\x02" || string(r.Replaced) != "\x01" || r.At == 0 {
		t.Fatalf("rule %+v", r)
	}
	back := set(a, "\xf6", o.genesis) // null is nothing
	if r, _ := o.eval().Rule("chat.recall"); r.Op != back || r.Value != nil || string(r.Replaced) != "\x02" {
		t.Fatalf("rule %+v", r)
	}
	set(b, "\x03", o.genesis) // not b's proof
	history := o.eval().RuleHistory("chat.recall")
	if len(history) != 3 || history[0].Op != first || history[2].Op != back || len(o.eval().RuleKeys()) != 1 {
		t.Fatalf("history %+v", history)
	}
	o.write(a.devices[0], 2, authority.TypeRevoke, revocation(b, o.genesis), past...) // b's setting was concurrent
	if history := o.eval().RuleHistory("chat.recall"); len(history) != 2 || string(history[1].Replaced) != "\x01" {
		t.Fatalf("history %+v", history)
	}
	for _, r := range []authority.Rule{{Key: ""}, {Key: string(make([]byte, 65))}, {Key: "x", Value: make([]byte, 2049)}} {
		if r.Value != nil {
			r.Value[0], r.Value[1], r.Value[2] = 0x59, 0x07, 0xfe // a byte string
		}
		r.Proof = o.genesis
		o.want(o.do(a, authority.TypeRule, r), authority.Invalid, authority.ReasonMalformed)
	}
	o.stepwise()
}
