package module_test

import (
	"strings"
	"testing"

	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

func TestR140ControlOpsAreDescribed(t *testing.T) {
	ann := op.UserID{1}
	five, err := op.Marshal(5)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typ     string
		payload any
		kind    string
		action  string
		params  map[string]string
		subject bool
	}{
		{authority.TypeGenesis, authority.Genesis{Device: keys.DeviceCert{Name: "laptop"}}, "team", "found", map[string]string{"device": "laptop"}, false},
		{authority.TypeInvite, authority.Invite{Role: authority.Guest, MaxUses: 3}, "member", "invite", map[string]string{"role": "guest", "uses": "3"}, false},
		{authority.TypeInviteCancel, authority.InviteCancel{}, "member", "invite_cancel", nil, false},
		{authority.TypeAdmit, authority.Admit{Device: keys.DeviceCert{Name: "phone"}}, "member", "join", map[string]string{"device": "phone"}, false},
		{authority.TypeGrant, authority.Grant{Subject: ann, Role: authority.Head}, "role", "grant", map[string]string{"role": "head"}, true},
		{authority.TypeRevoke, authority.Revoke{Subject: ann, Mode: authority.Removed}, "member", "remove", nil, true},
		{authority.TypeRevoke, authority.Revoke{Subject: ann, Mode: authority.Frozen}, "member", "freeze", nil, true},
		{authority.TypeRevoke, authority.Revoke{Subject: ann, Mode: authority.Compromised}, "member", "remove_compromised", nil, true},
		{authority.TypeLeave, authority.Leave{}, "member", "leave", nil, false},
		{authority.TypeReplaceOwner, authority.ReplaceOwner{Subject: ann}, "role", "replace_owner", nil, true},
		{authority.TypeDeviceLink, authority.DeviceLink{Device: keys.DeviceCert{Name: "phone"}}, "device", "device_link", map[string]string{"device": "phone"}, false},
		{authority.TypeDeviceRevoke, authority.DeviceRevoke{Mode: authority.Removed}, "device", "device_sign_out", nil, false},
		{authority.TypeDeviceRevoke, authority.DeviceRevoke{Mode: authority.Compromised}, "device", "device_lost", nil, false},
		{authority.TypeCut, authority.Cuts{}, "system", "cut", map[string]string{"feeds": "0"}, false},
		{authority.TypeDept, authority.OrgDept{Dept: []byte("d")}, "org", "dept_set", nil, false},
		{authority.TypeDept, authority.OrgDept{Dept: []byte("d"), Gone: true}, "org", "dept_end", nil, false},
		{authority.TypePlace, authority.OrgPlace{User: ann}, "org", "place", nil, true},
		{authority.TypeRule, authority.Rule{Key: "chat.burst_same", Value: five}, "rule", "rule_set", map[string]string{"key": "chat.burst_same", "value": "5"}, false},
		{authority.TypeRule, authority.Rule{Key: "chat.burst_same"}, "rule", "rule_reset", map[string]string{"key": "chat.burst_same"}, false},
		{"who.knows/7", struct{}{}, "system", "unknown", map[string]string{"type": "who.knows/7"}, false},
	} {
		enc, err := op.Marshal(c.payload)
		if err != nil {
			t.Fatal(err)
		}
		act := module.DescribeControl(c.typ, enc)
		if act.Kind != c.kind || act.Action != c.action || (act.Users["subject"] == ann) != c.subject {
			t.Errorf("%s: %+v", c.typ, act)
		}
		for name, want := range c.params {
			if act.Params[name] != want {
				t.Errorf("%s: %s is %q, want %q", c.typ, name, act.Params[name], want)
			}
		}
		if garbled := module.DescribeControl(c.typ, []byte{0xff, 0x00}); garbled.Kind != c.kind {
			t.Errorf("%s, garbled: %+v", c.typ, garbled)
		}
	}
}

func TestWhatAHostileOpShowsIsBounded(t *testing.T) {
	enc, err := op.Marshal(authority.Rule{Key: strings.Repeat("长", 5000)})
	if err != nil {
		t.Fatal(err)
	}
	if got := module.DescribeControl(authority.TypeRule, enc).Params["key"]; len(got) > 130 {
		t.Errorf("%d bytes are shown", len(got))
	}
}
