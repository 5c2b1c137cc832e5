package moduletest

import (
	"strings"
	"testing"
)

// Plan fails when SQLite would read a whole table, or sort a result, to answer the query. Reading a list of values that the
// query was given (json_each) and searching in a full-text index are no scans.
func (p *Peer) Plan(t *testing.T, query string, args ...any) {
	t.Helper()
	rows, err := p.db.Read().Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("explain %s: %v", query, err)
	}
	defer rows.Close()
	var plan []string
	bad := false
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatalf("explain: %v", err)
		}
		plan = append(plan, detail)
		scan := strings.Contains(detail, "SCAN") && !strings.Contains(detail, "VIRTUAL TABLE INDEX") && !strings.Contains(detail, "CONSTANT ROW")
		subquery := strings.Contains(detail, "SCAN (subquery") // rows of an inner query, whose own plan is listed too
		bad = bad || scan && !subquery || strings.Contains(detail, "TEMP B-TREE")
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("explain: %v", err)
	}
	if bad {
		t.Errorf("not answered from an index:\n%s\n%s", query, strings.Join(plan, "\n"))
	}
}
