package org

import (
	"fmt"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// Types of op. A type never changes its meaning or encoding; a change is a new number.
const (
	typeProfile    = "org.profile/1"
	typeDepartment = "org.department/2"
	typeTeam       = "org.team/1"
	typeDuty       = "org.duty/1"
	typeSeen       = "org.permissions_seen/1"
)

// teamEntity is an entity that exists once.
const teamEntity = "team"

// profile is the payload of org.profile/1. The op's entity is the user id it is about.
type profile struct {
	Name           string `cbor:"1,keyasint"`
	StaffNo        string `cbor:"2,keyasint,omitempty"`
	Department     []byte `cbor:"3,keyasint,omitempty"`
	Position       string `cbor:"4,keyasint,omitempty"`
	Phone          string `cbor:"5,keyasint,omitempty"`
	Email          string `cbor:"6,keyasint,omitempty"`
	Kind           string `cbor:"7,keyasint"`
	DepartmentName string `cbor:"8,keyasint,omitempty"`
}

// department is the payload of org.department/2: the name of a department, whose id is the op's entity. That it exists, and
// where, stands in the control log.
type department struct {
	Name string `cbor:"1,keyasint"`
}

// team is the payload of org.team/1.
type team struct {
	Name string `cbor:"1,keyasint"`
}

// duty is the payload of org.duty/1: what to ask a person or department about. The op's entity is dutyOf.
type duty struct {
	Text string `cbor:"1,keyasint"`
}

// seen is the payload of org.permissions_seen/1: the author has looked through their permissions. The op's entity is the
// author's user id.
type seen struct{}

// dutyOf names whose duty it is: 'u' and a user id, or 'd' and a department.
func dutyOf(kind byte, id []byte) []byte { return append([]byte{kind}, id...) }

func kinds() map[string]module.Kind {
	out := map[string]module.Kind{}
	for _, k := range []module.Kind{
		{Type: typeProfile, Check: checkProfile, Authorize: authorizeProfile},
		{Type: typeDepartment, Check: checkDepartment, Authorize: authorizeDepartment},
		{Type: typeTeam, Check: checkTeam, Authorize: authorizeTeam},
		{Type: typeDuty, Check: checkDuty, Authorize: authorizeDuty},
		{Type: typeSeen, Authorize: authorizeSeen},
		{Type: typePicture, Check: checkPicture, Authorize: authorizePicture},
		{Type: typeRequest, Creates: true, Check: checkRequest, Authorize: authorizeRequest},
		{Type: typeReview, Check: checkReview, Authorize: authorizeReview},
		{Type: typeWithdraw, Authorize: nil},
		{Type: typeCase, Creates: true, Check: checkCase, Authorize: authorizeCase},
		{Type: typeStep, Check: checkStep, Authorize: authorizeStep},
	} {
		k.Scopes = []module.ScopeKind{module.ScopeCompany}
		out[k.Type] = k
	}
	return out
}

// The checks accept what the service accepts, so that nobody has to display what could not have been typed.

func decode[T any](payload []byte) (v T, err error) { return v, op.Unmarshal(payload, &v) }

func checkProfile(payload []byte) error {
	p, err := decode[profile](payload)
	if err != nil {
		return err
	}
	return Profile(p).Validate()
}

func checkDepartment(payload []byte) error {
	d, err := decode[department](payload)
	if err == nil {
		_, err = checkTitle(d.Name, "org.department", maxDept)
	}
	return err
}

func checkTeam(payload []byte) error {
	t, err := decode[team](payload)
	if err == nil {
		_, err = checkTitle(t.Name, "org.team", maxTeam)
	}
	return err
}

func checkDuty(payload []byte) error {
	d, err := decode[duty](payload)
	if err != nil {
		return err
	}
	return checkNote(d.Text, maxDuty)
}

func checkUser(id []byte) error {
	if len(id) != len(op.UserID{}) {
		return fmt.Errorf("user id of %d bytes", len(id))
	}
	return nil
}
