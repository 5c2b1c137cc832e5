package org

import (
	"fmt"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// topic tells the interface, and this feature's own cache, to read the directory again.
const topic = "org.changed"

func reducers() []module.Reducer {
	p, d, t := kinds()
	return []module.Reducer{
		{Entity: "org.profile", Kinds: []module.Kind{p}, Reset: resetProfile, Apply: applyProfile},
		{Entity: "org.department", Kinds: []module.Kind{d}, Reset: resetDepartments, Apply: applyDepartment},
		{Entity: "org.team", Kinds: []module.Kind{t}, Reset: resetTeam, Apply: applyTeam},
	}
}

func resetProfile(tx module.Tx, e module.Entity) error {
	if _, err := tx.Exec(`DELETE FROM org_profile WHERE user = ?`, e.ID); err != nil {
		return fmt.Errorf("reset profile: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}

func applyProfile(tx module.Tx, o module.Op) error {
	var p profile
	if err := op.Unmarshal(o.Payload, &p); err != nil {
		return err
	}
	spelling := spell(p.Name)
	if _, err := tx.Exec(`INSERT OR REPLACE INTO org_profile (user, name, pinyin, readings, staff_no, department, department_name, position, phone, email, kind)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		o.Entity, p.Name, spelling.full, spelling.String(), p.StaffNo, p.Department, p.DepartmentName, p.Position, p.Phone, p.Email, p.Kind); err != nil {
		return fmt.Errorf("store profile: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}

func resetDepartments(tx module.Tx, _ module.Entity) error {
	if _, err := tx.Exec(`DELETE FROM org_department_op`); err != nil {
		return fmt.Errorf("reset departments: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}

// applyDepartment keeps the ops in their order; the tree is folded from them when it is read.
func applyDepartment(tx module.Tx, o module.Op) error {
	var d department
	if err := op.Unmarshal(o.Payload, &d); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO org_department_op (pos, act, node, parent, name) SELECT coalesce(max(pos), 0) + 1, ?, ?, ?, ? FROM org_department_op`,
		int64(d.Act), d.Node, d.Parent, d.Name); err != nil {
		return fmt.Errorf("store department: %w", err)
	}
	tx.Changed(topic, "")
	return nil
}

func resetTeam(tx module.Tx, _ module.Entity) error {
	if _, err := tx.Exec(`DELETE FROM org_team`); err != nil {
		return fmt.Errorf("reset team: %w", err)
	}
	tx.Changed("state", "")
	tx.Changed(topic, "")
	return nil
}

func applyTeam(tx module.Tx, o module.Op) error {
	var t team
	if err := op.Unmarshal(o.Payload, &t); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT OR REPLACE INTO org_team (one, name) VALUES (1, ?)`, t.Name); err != nil {
		return fmt.Errorf("store team: %w", err)
	}
	tx.Changed("state", "")
	tx.Changed(topic, "")
	return nil
}
