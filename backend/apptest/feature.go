package apptest

import (
	"fmt"
	"strings"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// featureSchema is the tables of the test's own feature.
const featureSchema = `
CREATE TABLE IF NOT EXISTS note (scope INTEGER, hlc INTEGER, eid BLOB, user INTEGER, text TEXT, PRIMARY KEY (scope, hlc, eid)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS title (scope INTEGER, eid BLOB, text TEXT, trail TEXT, PRIMARY KEY (scope, eid)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (scope INTEGER, device BLOB, user INTEGER, n INTEGER, PRIMARY KEY (scope, device)) STRICT, WITHOUT ROWID;`

// Tables are the projections that replicas must agree on.
var Tables = []string{"note", "title", "mark"}

// The types of op that the feature knows. NoteNext is for a program one version ahead, see Member.Newer.
const (
	TypeNote      = "note/1"
	TypeNoteNext  = "note/2"
	TypeTitle     = "title.set/1"
	TypeTitleBoss = "title.boss/1" // only owners and admins of the team
	TypeTitleHead = "title.head/1" // only who oversees the department of the person whose id the entity is
)

type textPayload struct {
	Text string `cbor:"1,keyasint"`
}

var anywhere = []replica.ScopeKind{replica.ScopeCompany, replica.ScopeGroup, replica.ScopeDirect, replica.ScopeSelf, replica.ScopeDepartment}

func noteReducer(entity, typ string) replica.Reducer {
	return replica.Reducer{
		Entity: entity,
		Kinds: []replica.Kind{{Type: typ, Scopes: anywhere, Creates: true, Expires: true, Check: func(b []byte) error {
			var p textPayload
			return op.Unmarshal(b, &p)
		}}},
		Reset: func(tx replica.Tx, e replica.Entity) error {
			_, err := tx.Exec(`DELETE FROM note WHERE scope = ? AND eid = ?`, e.ScopeNo, e.ID)
			return err
		},
		Apply: func(tx replica.Tx, o replica.Op) error {
			var p textPayload
			if err := op.Unmarshal(o.Payload, &p); err != nil {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO note (scope, hlc, eid, user, text) VALUES (?, ?, ?, ?, ?)`, o.ScopeNo, int64(o.HLC), o.Entity, o.UserNo, p.Text)
			return err
		},
	}
}

func titleReducer() replica.Reducer {
	return replica.Reducer{
		Entity: "title",
		Kinds: []replica.Kind{
			{Type: TypeTitle, Scopes: anywhere},
			{Type: TypeTitleBoss, Scopes: anywhere, Authorize: func(v replica.View, o replica.Op) error {
				if v.Role(o.User) > authority.Admin {
					return fmt.Errorf("only an admin")
				}
				return nil
			}},
			{Type: TypeTitleHead, Scopes: anywhere, Authorize: func(v replica.View, o replica.Op) error {
				if len(o.Entity) != len(op.UserID{}) || !v.Oversees(o.User, v.DeptOf(op.UserID(o.Entity))) {
					return fmt.Errorf("only who oversees the department")
				}
				return nil
			}},
		},
		Reset: func(tx replica.Tx, e replica.Entity) error {
			_, err := tx.Exec(`DELETE FROM title WHERE scope = ? AND eid = ?`, e.ScopeNo, e.ID)
			return err
		},
		Apply: func(tx replica.Tx, o replica.Op) error {
			var p textPayload
			if err := op.Unmarshal(o.Payload, &p); err != nil {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO title (scope, eid, text, trail) VALUES (?1, ?2, ?3, ?3)
				ON CONFLICT DO UPDATE SET text = ?3, trail = trail || ',' || ?3`, o.ScopeNo, o.Entity, p.Text)
			return err
		},
	}
}

func registers() []replica.RegisterKind {
	return []replica.RegisterKind{{
		Key: "mark",
		Apply: func(tx replica.Tx, r replica.RegisterValue) error {
			var n int64
			if err := op.Unmarshal(r.Value, &n); err != nil {
				return nil
			}
			_, err := tx.Exec(`INSERT INTO mark (scope, device, user, n) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET n = ?4`, r.ScopeNo, r.Device[:], r.UserNo, n)
			return err
		},
		Drop: func(tx replica.Tx, scopeNo, userNo int64) error {
			_, err := tx.Exec(`DELETE FROM mark WHERE scope = ? AND user = ?`, scopeNo, userNo)
			return err
		},
	}}
}

// Dump is what the member sees in its tables of one scope, with local numbers replaced by what they stand for.
func (m *Member) Dump(scope op.ScopeID) string {
	m.T.Helper()
	var out strings.Builder
	for _, q := range []string{
		`SELECT 'note', n.hlc, hex(n.eid), hex(u.id), n.text FROM note n JOIN scope s ON s.no = n.scope JOIN user u ON u.no = n.user WHERE s.id = ? ORDER BY 2, 3`,
		`SELECT 'title', hex(t.eid), '', t.trail, t.text FROM title t JOIN scope s ON s.no = t.scope WHERE s.id = ? ORDER BY 2`,
		`SELECT 'mark', k.n, hex(k.device), hex(u.id), '' FROM mark k JOIN scope s ON s.no = k.scope JOIN user u ON u.no = k.user WHERE s.id = ? ORDER BY 3`,
	} {
		rows, err := m.DB.Read().Query(q, scope[:])
		if err != nil {
			m.T.Fatal(err)
		}
		for rows.Next() {
			var c [5]string
			if err := rows.Scan(&c[0], &c[1], &c[2], &c[3], &c[4]); err != nil {
				m.T.Fatal(err)
			}
			fmt.Fprintln(&out, c)
		}
		if err := rows.Err(); err != nil {
			m.T.Fatal(err)
		}
		_ = rows.Close()
	}
	return out.String()
}

// Company is Dump of what every member shares.
func (m *Member) Company() string { return m.Dump(m.R.CompanyScope()) }

// Rows counts the rows of a projection table.
func (m *Member) Rows(table string) int {
	m.T.Helper()
	return m.Count(`SELECT count(*) FROM ` + table)
}

// Count runs a query that returns one number.
func (m *Member) Count(query string, args ...any) int {
	m.T.Helper()
	var n int
	if err := m.DB.Read().QueryRow(query, args...).Scan(&n); err != nil {
		m.T.Fatal(err)
	}
	return n
}

// Statuses lists every stored op with its status and clock.
func (m *Member) Statuses() string {
	m.T.Helper()
	var out []byte
	if err := m.DB.Read().QueryRow(`SELECT coalesce(group_concat(id || ':' || status || ':' || hlc, ' '), '') FROM (SELECT * FROM op ORDER BY id)`).Scan(&out); err != nil {
		m.T.Fatal(err)
	}
	return string(out)
}
