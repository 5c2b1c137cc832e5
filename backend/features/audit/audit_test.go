package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/module/moduletest"
	"tongzhou/backend/rules"
	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// book names people by the first letters of their id, and keeps the files that were saved.
type book struct {
	trails []module.Trace
	files  map[string]*bytes.Buffer
	fail   error
}

func (*book) Names() func(op.UserID) string {
	return func(u op.UserID) string { return u.String()[:4] }
}

func (*book) DepartmentNames() func([]byte) string {
	return func(dept []byte) string { return "dept " + string(dept) }
}

func (*book) Everybody() ([]module.NameOf, error) { return []module.NameOf{{Name: "李娜"}}, nil }

func (b *book) save(name string) (io.WriteCloser, string, error) {
	if b.fail != nil {
		return nil, "", b.fail
	}
	b.files[name] = &bytes.Buffer{}
	return file{b.files[name]}, "/exports/" + name, nil
}

type file struct{ *bytes.Buffer }

func (file) Close() error { return nil }

func (b *book) build(deps module.Deps) []module.Module {
	trail := func(context.Context) ([]module.Trace, error) { return b.trails, nil }
	return []module.Module{New(deps, b, func() []Trail { return []Trail{trail} }, b.save)}
}

func api(p *moduletest.Peer) *API { return p.Modules[0].API.(*API) }

// office is a boss, an admin and a member, with a control log of a few acts an hour apart.
type office struct {
	*moduletest.World
	*book
	boss, ann, bob             op.UserID
	bossPeer, annPeer, bobPeer *moduletest.Peer
}

func newOffice(t moduletest.TB) *office {
	w := moduletest.NewWorld(t)
	o := &office{
		World: w, book: &book{files: map[string]*bytes.Buffer{}}, boss: w.User("boss", access.Owner), ann: w.User("ann", access.Admin),
		bob: w.User("bob", access.Member),
	}
	o.bossPeer, o.annPeer, o.bobPeer = w.Peer(o.boss, 1, o.build), w.Peer(o.ann, 1, o.build), w.Peer(o.bob, 1, o.build)
	o.act(t, o.boss, authority.TypeGenesis, authority.Genesis{}, authority.Valid, "")
	o.act(t, o.boss, authority.TypeGrant, authority.Grant{Subject: o.ann, Role: authority.Admin}, authority.Valid, "")
	o.act(t, o.ann, authority.TypePlace, authority.OrgPlace{User: o.bob, Dept: []byte("it")}, authority.Valid, "")
	o.act(t, o.bob, authority.TypeGrant, authority.Grant{Subject: o.bob, Role: authority.Owner}, authority.Invalid, authority.ReasonRole)
	return o
}

func (o *office) act(t moduletest.TB, by op.UserID, typ string, payload any, v authority.Verdict, r authority.Reason) {
	t.Helper()
	enc, err := op.Marshal(payload)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	n := len(o.bossPeer.Entries())
	o.AddEntry(module.Entry{
		Op: op.ID{byte(n + 1)}, Device: o.bossPeer.UserDevices(by)[0].ID, User: by, At: hlc.FromWall(o.Now().Add(time.Duration(n) * time.Hour)),
		Type: typ, Payload: enc, Verdict: v, Reason: r,
	})
}

func list(t *testing.T, p *moduletest.Peer, q Query) PageDTO {
	t.Helper()
	page, err := api(p).List(q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func actions(p PageDTO) string {
	var out []string
	for _, e := range p.Entries {
		out = append(out, e.Action)
	}
	return strings.Join(out, " ")
}

func TestR139R140WhoDidWhatWhenOnWhichDevice(t *testing.T) {
	o := newOffice(t)
	page := list(t, o.annPeer, Query{})
	if got := actions(page); got != "grant place grant found" || page.More {
		t.Fatalf("entries %s", got)
	}
	e := page.Entries[1]
	if e.UserID != o.ann.String() || e.UserName != o.ann.String()[:4] || e.DeviceName != "laptop" || e.At != "2026-11-10T12:00:00.000Z" || e.State != "valid" ||
		e.Params["subject"] != o.bob.String()[:4] || e.Params["dept"] != "dept it" || e.Kind != "org" {
		t.Errorf("%+v", e)
	}
	if e := page.Entries[0]; e.State != "refused" || e.Reason != "role" || e.UserID != o.bob.String() {
		t.Errorf("self-promotion: %+v", e)
	}
	o.trails = []module.Trace{{ID: "t1", At: o.Now().Add(30 * time.Minute), User: o.boss, Kind: "account", Action: "freeze_note", Params: map[string]string{"reason": "丢失"}, Users: map[string]op.UserID{"subject": o.bob}}}
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{UserID: o.ann.String()}, "place grant"}, // what she did, and what was done to her
		{Query{Kind: "role"}, "grant grant"},
		{Query{From: "2026-11-10T12:00:00Z"}, "grant place"},
		{Query{To: "2026-11-10T11:00:00Z"}, "freeze_note found"},
		{Query{Text: "丢失"}, "freeze_note"},
		{Query{Text: "DEPT it"}, "place"},
		{Query{Text: "no such"}, ""},
		{Query{Kind: "account", UserID: o.bob.String()}, "freeze_note"},
	} {
		if got := actions(list(t, o.annPeer, c.q)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.q, got, c.want)
		}
	}
	first := list(t, o.annPeer, Query{Limit: 2})
	second := list(t, o.annPeer, Query{Limit: 3, Before: first.Entries[1].ID})
	if got := actions(first) + " | " + actions(second); got != "grant place | grant freeze_note found" || !first.More || second.More {
		t.Errorf("pages %s", got)
	}
	for _, q := range []Query{{UserID: "x"}, {From: "yesterday"}, {To: "1"}} {
		if _, err := api(o.annPeer).List(q); fault.Code(err) != "audit.query" {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if !slices.Contains(api(o.annPeer).Kinds(), "export") {
		t.Error("exports cannot be filtered for")
	}
}

func TestR31MembersSeeTheirOwn(t *testing.T) {
	o := newOffice(t)
	if got := actions(list(t, o.bobPeer, Query{})); got != "grant place" {
		t.Errorf("bob sees %s", got)
	}
	if _, err := api(o.bobPeer).List(Query{UserID: o.ann.String()}); fault.Code(err) != "denied" {
		t.Errorf("bob looks at ann: %v", err)
	}
}

func TestR140ExportsAreTraceable(t *testing.T) {
	o := newOffice(t)
	if _, err := api(o.bobPeer).Export(); fault.Code(err) != "denied" || len(o.files) != 0 || api(o.bobPeer).CanExport() {
		t.Errorf("a member exports: %v", err)
	}
	x, err := api(o.annPeer).Export()
	if err != nil || x.Path != "/exports/tongzhou-audit-20261110-100000.tzaudit" || x.Entries != 4 || len(x.Digest) != 64 {
		t.Fatalf("%v, %+v", err, x)
	}
	if got := o.files["tongzhou-audit-20261110-100000.tzaudit"].String(); got != "1 names\n" {
		t.Errorf("the file holds %q", got)
	}
	o.bossPeer.ReceiveAll()
	page := list(t, o.bossPeer, Query{Kind: "export"})
	if len(page.Entries) != 1 || page.Entries[0].UserID != o.ann.String() || page.Entries[0].Params["digest"] != x.Digest || page.Entries[0].DeviceName != "laptop" {
		t.Errorf("the boss sees %+v", page)
	}
	o.fail = errors.New("read-only")
	if _, err := api(o.annPeer).Export(); fault.Code(err) != "audit.save" {
		t.Errorf("nowhere to save: %v", err)
	}

	// The house rule leaves it to owners.
	owner, err := op.Marshal("owner")
	if err != nil {
		t.Fatal(err)
	}
	o.SetRuleAs(o.boss, access.Owner, string(rules.AuditRoles), owner)
	if _, err := api(o.annPeer).Export(); fault.Code(err) != "denied" || !api(o.bossPeer).CanExport() {
		t.Errorf("an admin exports against the rule: %v", err)
	}
	// A modified program of a member claims an export, and one of an admin a malformed one.
	before := o.bossPeer.Dump()
	o.bossPeer.Receive(
		o.Write(o.bob, 1, o.Company(), 1<<60, typeExport, nil, export{Digest: make([]byte, 32)}),
		o.Write(o.ann, 1, o.Company(), 1<<60, typeExport, nil, export{Digest: make([]byte, 3)}),
	)
	if got := o.bossPeer.Dump(); got != before {
		t.Errorf("forged exports count:\n%s", got)
	}
}

func TestGoldenOps(t *testing.T) {
	w := moduletest.NewWorld(t)
	b := &book{}
	p := w.Peer(w.User("boss", access.Owner), 1, b.build)
	moduletest.Golden(t, p.Modules[0], map[string]any{typeExport: export{Digest: bytes.Repeat([]byte{7}, 32), Entries: 12}})
}

func TestTheOrderOfArrivalDoesNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := moduletest.NewWorld(rt)
		boss := w.User("boss", access.Owner)
		b := &book{}
		var ops []module.Op
		for i := range rapid.IntRange(1, 6).Draw(rt, "ops") {
			ops = append(ops, w.Write(boss, byte(i%2+1), w.Company(), hlc.Time(rapid.IntRange(1, 5).Draw(rt, "at"))<<40, typeExport, nil, export{Digest: make([]byte, 32), Entries: int64(i)}))
		}
		moduletest.CheckOrder(rt, w, boss, b.build, ops)
	})
}
