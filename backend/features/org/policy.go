package org

import (
	"bytes"

	"tongzhou/backend/access"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// CanManage says whether the role belongs to the managing department: it may change departments, the team's name and other
// people's profiles, and decides about requests (R25, R26).
func CanManage(r access.Role) bool { return access.AtLeast(r, access.Admin) }

// CanEditProfile says whether actor may write the profile of subject: everybody their own, owner and admin anybody's. What of
// an own profile counts is another matter (R19); see entry.take.
func CanEditProfile(r access.Role, actor, subject op.UserID) bool {
	return actor == subject || CanManage(r)
}

// ShowsPhotographs says whether people may be shown by a photograph, by the team's rule about that (R4). Where they are not, none is
// taken either, and those that are there wait until the rule changes.
func ShowsPhotographs(avatars string) bool { return avatars != rules.UniformAvatars }

// CanRequest says whether the role may file requests. Guests only look.
func CanRequest(r access.Role) bool { return access.AtLeast(r, access.Member) }

// CanState says whether actor may state the duty of a department, or of somebody in it (R27, R29).
func CanState(v module.View, actor op.UserID, dept []byte) bool {
	return CanManage(v.Role(actor)) || v.Oversees(actor, dept)
}

func allow(ok bool) error {
	if !ok {
		return fault.New("denied")
	}
	return nil
}

func authorizeProfile(v module.View, o module.Op) error {
	return allow(len(o.Entity) == len(op.UserID{}) && CanEditProfile(v.Role(o.User), o.User, op.UserID(o.Entity)))
}

func authorizeDepartment(v module.View, o module.Op) error {
	return allow(len(o.Entity) == nodeSize && CanManage(v.Role(o.User)))
}

func authorizeTeam(v module.View, o module.Op) error {
	return allow(bytes.Equal(o.Entity, []byte(teamEntity)) && CanManage(v.Role(o.User)))
}

func authorizeDuty(v module.View, o module.Op) error {
	if len(o.Entity) != 1+nodeSize {
		return fault.New("denied")
	}
	dept := o.Entity[1:]
	switch o.Entity[0] {
	case 'd':
	case 'u':
		dept = v.DeptOf(op.UserID(dept))
	default:
		return fault.New("denied")
	}
	return allow(CanState(v, o.User, dept))
}

func authorizeSeen(_ module.View, o module.Op) error { return allow(bytes.Equal(o.Entity, o.User[:])) }

// authorizeRequest lets members file requests; about a profile only the person themselves.
func authorizeRequest(v module.View, o module.Op) error {
	r, err := decode[request](o.Payload)
	if err != nil {
		return err
	}
	return allow(CanRequest(v.Role(o.User)) && (r.Kind == requestAccount || bytes.Equal(r.Subject, o.User[:])))
}

// authorizeReview lets the managing department decide, and heads and admins of the subject's department speak before. Nobody
// reviews what is about themselves.
func authorizeReview(v module.View, o module.Op) error {
	r, err := decode[review](o.Payload)
	if err != nil {
		return err
	}
	if bytes.Equal(r.Subject, o.User[:]) {
		return fault.New("denied")
	}
	if r.Step == stepDepartment && len(r.Subject) > 0 {
		return allow(v.Oversees(o.User, v.DeptOf(op.UserID(r.Subject))))
	}
	return allow(r.Step == stepManagement && CanManage(v.Role(o.User)))
}

// authorizeCase lets the managing department, heads and department admins say why they took somebody's access, and everybody
// why they leave.
func authorizeCase(v module.View, o module.Op) error {
	c, err := decode[record](o.Payload)
	if err != nil {
		return err
	}
	own := c.Subject == o.User && c.Act == caseLeaving && c.Left
	return allow(own || c.Subject != o.User && !c.Left && mayDecide(v, o.User, c.Subject))
}

func authorizeStep(v module.View, o module.Op) error {
	s, err := decode[step](o.Payload)
	if err != nil {
		return err
	}
	return allow(s.Subject == o.User || mayDecide(v, o.User, s.Subject))
}

func mayDecide(v module.View, actor, subject op.UserID) bool {
	return CanManage(v.Role(actor)) || v.Oversees(actor, v.DeptOf(subject))
}
