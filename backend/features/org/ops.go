package org

import (
	"fmt"

	"tongzhou/backend/module"
	"tongzhou/sync/crdt"
	"tongzhou/sync/op"
)

// Types of op. A type never changes its meaning or encoding; a change is a new number.
const (
	typeProfile    = "org.profile/1"
	typeDepartment = "org.department/1"
	typeTeam       = "org.team/1"
)

// Entities that exist once.
const (
	treeEntity = "departments"
	teamEntity = "team"
)

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

// department is the payload of org.department/1, about one node of the tree. Fields that the act does not name are empty.
type department struct {
	Act    uint8  `cbor:"1,keyasint"` // a crdt.Kind: create, move, rename, remove
	Node   []byte `cbor:"2,keyasint"` // 16 random bytes, chosen at creation
	Parent []byte `cbor:"3,keyasint,omitempty"`
	Name   string `cbor:"4,keyasint,omitempty"`
}

// team is the payload of org.team/1.
type team struct {
	Name string `cbor:"1,keyasint"`
}

func kinds() (profileKind, departmentKind, teamKind module.Kind) {
	company := []module.ScopeKind{module.ScopeCompany}
	return module.Kind{Type: typeProfile, Scopes: company, Check: checkProfile, Authorize: authorizeProfile},
		module.Kind{Type: typeDepartment, Scopes: company, Check: checkDepartment, Authorize: authorizeManage(treeEntity)},
		module.Kind{Type: typeTeam, Scopes: company, Check: checkTeam, Authorize: authorizeManage(teamEntity)}
}

// The checks accept what the service accepts, so that nobody has to display what could not have been typed.

func checkProfile(payload []byte) error {
	var p profile
	if err := op.Unmarshal(payload, &p); err != nil {
		return err
	}
	return Profile(p).Validate()
}

func checkDepartment(payload []byte) error {
	var d department
	if err := op.Unmarshal(payload, &d); err != nil {
		return err
	}
	if len(d.Node) != nodeSize || len(d.Parent) != 0 && len(d.Parent) != nodeSize {
		return fmt.Errorf("department of %d bytes below %d", len(d.Node), len(d.Parent))
	}
	switch crdt.Kind(d.Act) {
	case crdt.Create, crdt.Rename:
		_, err := checkTitle(d.Name, "org.department", maxDept)
		return err
	case crdt.Move, crdt.Remove:
		return nil
	default:
		return fmt.Errorf("department act %d", d.Act)
	}
}

func checkTeam(payload []byte) error {
	var t team
	if err := op.Unmarshal(payload, &t); err != nil {
		return err
	}
	_, err := checkTitle(t.Name, "org.team", maxTeam)
	return err
}
