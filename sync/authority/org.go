package authority

import (
	"bytes"

	"tongzhou/sync/op"
)

// Dept is a department that exists.
type Dept struct {
	ID     []byte
	Parent []byte // empty: at the top
	Op     op.ID  // the org.dept op that put it there
}

// Depts returns the departments that exist, by id.
func (s *State) Depts() []Dept { return nil }

// DeptOf returns the person's department: the last placement, otherwise that of their strongest grant; nil if there is
// none or it does not exist. Who was in a department that ended is in the one that took over.
func (s *State) DeptOf(u op.UserID) []byte { return nil }

// InSubtree tells whether dept is root or lies below it.
func (s *State) InSubtree(dept, root []byte) bool { return bytes.Equal(dept, root) }

// DeptMembers returns the active people in the subtree of a department, by id: who is placed there, and the heads and
// department admins of any department in it.
func (s *State) DeptMembers(dept []byte) []op.UserID { return nil }
