package org

import (
	"fmt"

	"tongzhou/backend/module"
)

// topic tells the interface, and this feature's own cache, to read the directory and its requests again.
const topic = "org.changed"

func reducers() []module.Reducer {
	k := kinds()
	one := func(entity string, reset func(module.Tx, module.Entity) error, apply func(module.Tx, module.Op) error, types ...string) module.Reducer {
		r := module.Reducer{Entity: entity, Reset: reset, Apply: apply}
		for _, t := range types {
			r.Kinds = append(r.Kinds, k[t])
		}
		return r
	}
	return []module.Reducer{
		one("org.profile", resetProfile, applyProfile, typeProfile),
		one("org.department", resetDepartment, applyDepartment, typeDepartment),
		one("org.team", resetTeam, applyTeam, typeTeam),
		one("org.duty", resetDuty, applyDuty, typeDuty),
		one("org.seen", resetSeen, applySeen, typeSeen),
		one("org.picture", resetPicture, applyPicture, typePicture),
		one("org.request", resetRequest, applyRequest, typeRequest, typeReview, typeWithdraw),
		one("org.case", resetCase, applyCase, typeCase, typeStep),
	}
}

// exec runs a statement and says what changed.
func exec(tx module.Tx, topic, what, query string, args ...any) error {
	if _, err := tx.Exec(query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	tx.Changed(topic, "")
	return nil
}

func resetProfile(tx module.Tx, e module.Entity) error {
	return exec(tx, topic, "reset profile", `DELETE FROM org_profile WHERE user = ?`, e.ID)
}

func applyProfile(tx module.Tx, o module.Op) error {
	p, err := decode[profile](o.Payload)
	if err != nil {
		return err
	}
	spelling := spell(p.Name)
	return exec(tx, topic, "store profile", `INSERT INTO org_profile (user, pos, own, name, pinyin, readings, staff_no, department, department_name, position, phone, email, kind)
		SELECT ?1, coalesce(max(pos), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM org_profile WHERE user = ?1`,
		o.Entity, string(o.Entity) == string(o.User[:]), p.Name, spelling.full, spelling.String(), p.StaffNo, p.Department, p.DepartmentName, p.Position, p.Phone, p.Email, p.Kind)
}

func resetDepartment(tx module.Tx, e module.Entity) error {
	return exec(tx, topic, "reset department", `DELETE FROM org_department WHERE id = ?`, e.ID)
}

func applyDepartment(tx module.Tx, o module.Op) error {
	d, err := decode[department](o.Payload)
	if err != nil {
		return err
	}
	return exec(tx, topic, "store department", `INSERT INTO org_department (id, since, name) VALUES (?1, ?2, ?3)
		ON CONFLICT (id) DO UPDATE SET name = ?3`, o.Entity, int64(o.HLC), d.Name)
}

func resetTeam(tx module.Tx, _ module.Entity) error {
	tx.Changed("state", "")
	return exec(tx, topic, "reset team", `DELETE FROM org_team`)
}

func applyTeam(tx module.Tx, o module.Op) error {
	t, err := decode[team](o.Payload)
	if err != nil {
		return err
	}
	tx.Changed("state", "")
	return exec(tx, topic, "store team", `INSERT OR REPLACE INTO org_team (one, name) VALUES (1, ?)`, t.Name)
}

func resetDuty(tx module.Tx, e module.Entity) error {
	return exec(tx, topic, "reset duty", `DELETE FROM org_duty WHERE entity = ?`, e.ID)
}

func applyDuty(tx module.Tx, o module.Op) error {
	d, err := decode[duty](o.Payload)
	if err != nil {
		return err
	}
	return exec(tx, topic, "store duty", `INSERT OR REPLACE INTO org_duty (entity, text) VALUES (?, ?)`, o.Entity, d.Text)
}

func resetSeen(tx module.Tx, e module.Entity) error {
	return exec(tx, topic, "reset review of permissions", `DELETE FROM org_seen WHERE user = ?`, e.ID)
}

func applySeen(tx module.Tx, o module.Op) error {
	return exec(tx, topic, "store review of permissions", `INSERT OR REPLACE INTO org_seen (user, hlc) VALUES (?, ?)`, o.Entity, int64(o.HLC))
}
