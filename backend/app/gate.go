package app

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"tongzhou/backend/fault"
)

// This file is the one place that refuses operation while the device is locked, or its person or itself was shut out (R16).
// Everything that the interface may call needs the team, through ready, or the database, through lateDB, and both ask here.

// refusal says why nothing may be done now; nil if it may. Faults: locked, account.frozen, account.removed, account.signed_out.
func (a *App) refusal() error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	switch {
	case a.locked:
		return fault.New("locked")
	case a.ended.phase != "":
		return fault.New("account."+a.ended.phase, "since", a.ended.since, "by", a.ended.by)
	default:
		return nil
	}
}

// overdue refuses to write while the passphrase has to be changed first (R12). Fault: vault.overdue.
func (a *App) overdue() error {
	a.mu.RLock()
	v, t := a.vault, a.team
	a.mu.RUnlock()
	switch {
	case t == nil:
		return nil
	case v == nil: // a folder of an earlier version, without a passphrase
		return fault.New("vault.overdue")
	}
	if state, _ := a.passphraseState(time.UnixMilli(v.Contents().Set)); state == passphraseOverdue {
		return fault.New("vault.overdue")
	}
	return nil
}

// refuser answers every query with the refusal, or that no database is open.
type refuser struct{ a *App }

// Connect implements driver.Connector.
func (r refuser) Connect(context.Context) (driver.Conn, error) {
	if err := r.a.refusal(); err != nil {
		return nil, err
	}
	return nil, errors.New("no database is open")
}

// Driver implements driver.Connector.
func (r refuser) Driver() driver.Driver { return r }

// Open implements driver.Driver.
func (r refuser) Open(string) (driver.Conn, error) { return r.Connect(context.Background()) }

// refusing is the database that features get while they may have none. It is made when it is first needed.
func (a *App) refusing() *sql.DB {
	a.refusingMu.Lock()
	defer a.refusingMu.Unlock()
	if a.refusingDB == nil {
		a.refusingDB = sql.OpenDB(refuser{a})
	}
	return a.refusingDB
}

func (a *App) closeRefusing() error {
	db := a.refusing()
	return db.Close()
}
