package module

import (
	"encoding/json"
	"strconv"

	"tongzhou/backend/rules"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// Act is what a control op did, in words that the interface has texts for. Users and departments are named by whoever shows
// it.
type Act struct {
	Kind   string // what it is filtered by: team, member, role, device, org, rule, system
	Action string
	Params map[string]string
	Users  map[string]op.UserID // by the name of the parameter
	Depts  map[string][]byte
}

// ActKinds are the kinds of control op that DescribeControl knows.
func ActKinds() []string {
	return []string{"team", "member", "role", "device", "org", "rule", "system"}
}

// DescribeControl says what a control op of the team asks for. Whether it took effect is another matter.
func DescribeControl(typ string, payload []byte) Act {
	for _, describe := range []func(string, []byte) (Act, bool){describePeople, describeDevices, describeOrg} {
		if act, ok := describe(typ, payload); ok {
			return act
		}
	}
	return Act{Kind: "system", Action: "unknown", Params: map[string]string{"type": typ}}
}

// short bounds what an op of no effect may put on the screen.
func short(s string) string {
	for i := range s {
		if i >= maxShown {
			return s[:i] + "…"
		}
	}
	return s
}

// maxShown is how many bytes of a text in a control op are shown; valid ones are shorter.
const maxShown = 120

// read decodes a payload. A malformed one reads as far as it goes: the op has no effect, and is shown as such.
func read[T any](payload []byte) (v T) {
	if op.Unmarshal(payload, &v) != nil {
		var none T
		return none
	}
	return v
}

func describePeople(typ string, payload []byte) (Act, bool) {
	switch typ {
	case authority.TypeGenesis:
		return Act{Kind: "team", Action: "found", Params: map[string]string{"device": short(read[authority.Genesis](payload).Device.Name)}}, true
	case authority.TypeInvite:
		i := read[authority.Invite](payload)
		return Act{
			Kind: "member", Action: "invite", Params: map[string]string{"role": i.Role.String(), "uses": strconv.Itoa(int(i.MaxUses))},
			Depts: deptParam(i.Dept),
		}, true
	case authority.TypeInviteCancel:
		return Act{Kind: "member", Action: "invite_cancel"}, true
	case authority.TypeAdmit:
		return Act{Kind: "member", Action: "join", Params: map[string]string{"device": short(read[authority.Admit](payload).Device.Name)}}, true
	case authority.TypeGrant:
		g := read[authority.Grant](payload)
		return Act{
			Kind: "role", Action: "grant", Params: map[string]string{"role": g.Role.String()}, Users: map[string]op.UserID{"subject": g.Subject},
			Depts: deptParam(g.Dept),
		}, true
	case authority.TypeRevoke:
		r := read[authority.Revoke](payload)
		return Act{Kind: "member", Action: removalWord(r.Mode), Users: map[string]op.UserID{"subject": r.Subject}}, true
	case authority.TypeLeave:
		return Act{Kind: "member", Action: "leave"}, true
	case authority.TypeReplaceOwner:
		r := read[authority.ReplaceOwner](payload)
		return Act{Kind: "role", Action: "replace_owner", Users: map[string]op.UserID{"subject": r.Subject, "replaced": r.Replaces}}, true
	}
	return Act{}, false
}

func removalWord(m authority.Mode) string {
	switch m {
	case authority.Frozen:
		return "freeze"
	case authority.Compromised:
		return "remove_compromised"
	}
	return "remove"
}

func describeDevices(typ string, payload []byte) (Act, bool) {
	switch typ {
	case authority.TypeDeviceLink:
		l := read[authority.DeviceLink](payload)
		return Act{Kind: "device", Action: "device_link", Params: map[string]string{"device": short(l.Device.Name)}}, true
	case authority.TypeDeviceRevoke:
		r := read[authority.DeviceRevoke](payload)
		if r.Mode == authority.Compromised {
			return Act{Kind: "device", Action: "device_lost", Params: map[string]string{"device": r.Device.String()}}, true
		}
		return Act{Kind: "device", Action: "device_sign_out", Params: map[string]string{"device": r.Device.String()}}, true
	case authority.TypeCut:
		return Act{Kind: "system", Action: "cut", Params: map[string]string{"feeds": strconv.Itoa(len(read[authority.Cuts](payload).Cuts))}}, true
	}
	return Act{}, false
}

func describeOrg(typ string, payload []byte) (Act, bool) {
	switch typ {
	case authority.TypeDept:
		d := read[authority.OrgDept](payload)
		if d.Gone {
			return Act{Kind: "org", Action: "dept_end", Depts: map[string][]byte{"dept": d.Dept, "into": d.Into}}, true
		}
		return Act{Kind: "org", Action: "dept_set", Depts: map[string][]byte{"dept": d.Dept, "parent": d.Parent}}, true
	case authority.TypePlace:
		p := read[authority.OrgPlace](payload)
		return Act{Kind: "org", Action: "place", Users: map[string]op.UserID{"subject": p.User}, Depts: deptParam(p.Dept)}, true
	case authority.TypeRule:
		r := read[authority.Rule](payload)
		if len(r.Value) == 0 {
			return Act{Kind: "rule", Action: "rule_reset", Params: map[string]string{"key": short(r.Key)}}, true
		}
		return Act{Kind: "rule", Action: "rule_set", Params: map[string]string{"key": short(r.Key), "value": ruleValue(r.Key, r.Value)}}, true
	}
	return Act{}, false
}

func deptParam(dept []byte) map[string][]byte { return map[string][]byte{"dept": dept} }

// ruleValue is a rule's value as JSON, "" for one that is none.
func ruleValue(key string, raw []byte) string {
	s, ok := rules.Find(rules.Key(key))
	if !ok {
		return ""
	}
	v, err := s.Decode(raw)
	if err != nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
