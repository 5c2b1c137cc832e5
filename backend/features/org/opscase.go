package org

import (
	"fmt"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// Types of op about accounts. A type never changes its meaning or encoding; a change is a new number.
const (
	typeCase = "org.case/1"
	typeStep = "org.step/1"
)

// What was done to an account. The numbers are in ops.
const (
	caseFreeze   uint8 = 1
	caseUnfreeze uint8 = 2
	caseLeaving  uint8 = 3
)

// record is the payload of org.case/1: why somebody's access was taken or given back. That it was stands in the control log.
type record struct {
	Act     uint8       `cbor:"1,keyasint"`
	Subject op.UserID   `cbor:"2,keyasint"`
	Mode    module.Mode `cbor:"3,keyasint,omitempty"` // of a leaving
	Left    bool        `cbor:"4,keyasint,omitempty"` // of their own accord
	Note    string      `cbor:"5,keyasint,omitempty"`
}

// step is the payload of org.step/1 about a leaving, which is the op's entity: one thing that is done, or remains open.
type step struct {
	Key     string    `cbor:"1,keyasint"`
	Done    bool      `cbor:"2,keyasint,omitempty"`
	Detail  string    `cbor:"3,keyasint,omitempty"`
	Subject op.UserID `cbor:"4,keyasint"` // repeats the leaving's
}

func checkCase(payload []byte) error {
	c, err := decode[record](payload)
	if err != nil {
		return err
	}
	if c.Act < caseFreeze || c.Act > caseLeaving {
		return fmt.Errorf("case of kind %d", c.Act)
	}
	return checkNote(c.Note, maxNote)
}

func checkStep(payload []byte) error {
	s, err := decode[step](payload)
	if err != nil {
		return err
	}
	if s.Key == "" || len(s.Key) > maxStepKey {
		return fmt.Errorf("step with a key of %d bytes", len(s.Key))
	}
	return checkNote(s.Detail, maxNote)
}

// maxStepKey bounds a step's key, in bytes.
const maxStepKey = 120
