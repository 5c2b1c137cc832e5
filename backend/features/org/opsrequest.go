package org

import (
	"fmt"

	"tongzhou/sync/op"
)

// Types of op about requests. A type never changes its meaning or encoding; a change is a new number.
const (
	typeRequest  = "org.request/1"
	typeReview   = "org.review/1"
	typeWithdraw = "org.withdraw/1"
)

// What a request asks for. The numbers are in ops.
const (
	requestAccount uint8 = 1 // an account for somebody who is not in the team (R8)
	requestProfile uint8 = 2 // a change of the author's own profile (R19)
)

// Steps of a review. The numbers are in ops.
const (
	stepDepartment uint8 = 1 // by the head or admin of the department
	stepManagement uint8 = 2 // by the managing department: owner or admin. It decides
)

// request is the payload of org.request/1. What is asked for is the difference between From and To.
type request struct {
	Kind    uint8   `cbor:"1,keyasint"`
	Subject []byte  `cbor:"2,keyasint,omitempty"` // user id; empty for an account
	From    profile `cbor:"3,keyasint"`
	To      profile `cbor:"4,keyasint"`
	Note    string  `cbor:"5,keyasint,omitempty"`
}

// review is the payload of org.review/1 about a request, which is the op's entity.
type review struct {
	Step    uint8  `cbor:"1,keyasint"`
	Approve bool   `cbor:"2,keyasint,omitempty"`
	Comment string `cbor:"3,keyasint,omitempty"`
	Subject []byte `cbor:"4,keyasint,omitempty"` // repeats the request's, so that the right to review follows from the op alone
	Invite  []byte `cbor:"5,keyasint,omitempty"` // op id of the invitation made for an approved account
}

// withdraw is the payload of org.withdraw/1 about a request, which is the op's entity.
type withdraw struct{}

func checkRequest(payload []byte) error {
	r, err := decode[request](payload)
	if err != nil {
		return err
	}
	switch {
	case r.Kind == requestAccount && len(r.Subject) != 0:
		return fmt.Errorf("account for user %x", r.Subject)
	case r.Kind == requestProfile && checkUser(r.Subject) != nil:
		return checkUser(r.Subject)
	case r.Kind != requestAccount && r.Kind != requestProfile:
		return fmt.Errorf("request of kind %d", r.Kind)
	}
	if err := Profile(r.To).Validate(); err != nil {
		return err
	}
	if r.Kind == requestProfile {
		if err := Profile(r.From).Validate(); err != nil {
			return err
		}
	}
	return checkNote(r.Note, maxNote)
}

func checkReview(payload []byte) error {
	r, err := decode[review](payload)
	if err != nil {
		return err
	}
	if r.Step != stepDepartment && r.Step != stepManagement || len(r.Subject) != 0 && checkUser(r.Subject) != nil ||
		len(r.Invite) != 0 && len(r.Invite) != len(op.ID{}) {
		return fmt.Errorf("review of step %d", r.Step)
	}
	return checkNote(r.Comment, maxNote)
}
