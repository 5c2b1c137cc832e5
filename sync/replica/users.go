package replica

import (
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file gives users their local numbers.

func (r *Replica) loadUsers(q oplog.Querier) error {
	rows, err := q.Query(`SELECT no, id FROM user`)
	if err != nil {
		return fmt.Errorf("read users: %w", err)
	}
	defer rows.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.users)
	clear(r.userByNo)
	for rows.Next() {
		var no int64
		var id []byte
		if err := rows.Scan(&no, &id); err != nil {
			return fmt.Errorf("read user: %w", err)
		}
		u := op.UserID(id)
		r.users[u], r.userByNo[no] = no, u
	}
	return rows.Err()
}

func (r *Replica) ensureUser(tx Tx, u op.UserID) error {
	r.mu.Lock()
	_, ok := r.users[u]
	r.mu.Unlock()
	if ok {
		return nil
	}
	if _, err := tx.Exec(`INSERT OR IGNORE INTO user (id) VALUES (?)`, u[:]); err != nil {
		return fmt.Errorf("store user: %w", err)
	}
	var no int64
	if err := tx.QueryRow(`SELECT no FROM user WHERE id = ?`, u[:]).Scan(&no); err != nil {
		return fmt.Errorf("read user: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users[u], r.userByNo[no] = no, u
	return nil
}

// UserNo is the local number of a user, 0 if there is none.
func (r *Replica) UserNo(u op.UserID) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.users[u]
}

// UserByNo is the inverse of UserNo.
func (r *Replica) UserByNo(no int64) (op.UserID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, ok := r.userByNo[no]
	return u, ok
}
