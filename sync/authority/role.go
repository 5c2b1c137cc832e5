package authority

import "strconv"

// Role is what a grant gives. A smaller value is stronger. The numbers are on the wire and never change.
type Role uint8

// The roles of rule 1, strongest first. Head and DeptAdmin are held for one department. In a private scope only Owner,
// Admin and Member exist.
const (
	Owner     Role = 0
	Admin     Role = 1
	Head      Role = 2
	DeptAdmin Role = 3
	Member    Role = 4
	Guest     Role = 5
	None      Role = 255 // no role; never granted
)

// String gives the word that the interface uses: "owner", "admin", "head", "dept_admin", "member", "guest", "none".
func (r Role) String() string {
	switch r {
	case Owner:
		return "owner"
	case Admin:
		return "admin"
	case Head:
		return "head"
	case DeptAdmin:
		return "dept_admin"
	case Member:
		return "member"
	case Guest:
		return "guest"
	case None:
		return "none"
	}
	return "role " + strconv.Itoa(int(r))
}

// ParseRole reads the word; false for anything that cannot be granted.
func ParseRole(word string) (Role, bool) {
	for r := Owner; r <= Guest; r++ {
		if r.String() == word {
			return r, true
		}
	}
	return None, false
}

func (r Role) grantable() bool { return r <= Guest }

// needsDept tells the roles that make no sense without a department. Member and Guest may carry one: it names the
// department whose head may take them away again.
func (r Role) needsDept() bool { return r == Head || r == DeptAdmin }

func (r Role) mayHaveDept() bool { return r >= Head && r <= Guest }
