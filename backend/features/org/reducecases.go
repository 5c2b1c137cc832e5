package org

import (
	"errors"

	"tongzhou/backend/module"
)

func resetRequest(tx module.Tx, e module.Entity) error {
	return errors.Join(
		exec(tx, topic, "reset request", `DELETE FROM org_request WHERE id = ?`, e.ID),
		exec(tx, topic, "reset reviews", `DELETE FROM org_review WHERE request = ?`, e.ID),
	)
}

// applyRequest keeps what was asked and said. What becomes of it is decided when it is read, because it depends on roles.
func applyRequest(tx module.Tx, o module.Op) error {
	switch o.Type {
	case typeRequest:
		return exec(tx, topic, "store request", `INSERT INTO org_request (id, hlc, author, device, payload) VALUES (?, ?, ?, ?, ?)`,
			o.Entity, int64(o.HLC), o.UserNo, o.Ref.Device[:], o.Payload)
	case typeReview:
		return exec(tx, topic, "store review", `INSERT INTO org_review (request, pos, hlc, author, device, payload)
			SELECT ?1, coalesce(max(pos), 0) + 1, ?2, ?3, ?4, ?5 FROM org_review WHERE request = ?1`,
			o.Entity, int64(o.HLC), o.UserNo, o.Ref.Device[:], o.Payload)
	}
	return exec(tx, topic, "withdraw request", `UPDATE org_request SET withdrawn = ? WHERE id = ? AND author = ? AND withdrawn = 0`,
		int64(o.HLC), o.Entity, o.UserNo)
}

func resetCase(tx module.Tx, e module.Entity) error {
	return errors.Join(
		exec(tx, topic, "reset case", `DELETE FROM org_case WHERE id = ?`, e.ID),
		exec(tx, topic, "reset steps", `DELETE FROM org_step WHERE leaving = ?`, e.ID),
	)
}

func applyCase(tx module.Tx, o module.Op) error {
	if o.Type == typeCase {
		c, err := decode[record](o.Payload)
		if err != nil {
			return err
		}
		return exec(tx, topic, "store case", `INSERT INTO org_case (id, hlc, author, device, subject, payload) VALUES (?, ?, ?, ?, ?, ?)`,
			o.Entity, int64(o.HLC), o.UserNo, o.Ref.Device[:], c.Subject[:], o.Payload)
	}
	s, err := decode[step](o.Payload)
	if err != nil {
		return err
	}
	// The right to write the step followed from its subject, so that must be the leaving's.
	return exec(tx, topic, "store step", `INSERT INTO org_step (leaving, key, pos, hlc, author, device, done, detail)
		SELECT ?1, ?2, (SELECT count(*) FROM org_step WHERE leaving = ?1), ?3, ?4, ?5, ?6, ?7
		WHERE EXISTS (SELECT 1 FROM org_case WHERE id = ?1 AND subject = ?8)
		ON CONFLICT (leaving, key) DO UPDATE SET hlc = ?3, author = ?4, device = ?5, done = ?6, detail = ?7`,
		o.Entity, s.Key, int64(o.HLC), o.UserNo, o.Ref.Device[:], s.Done, s.Detail, s.Subject[:])
}
