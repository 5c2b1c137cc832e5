package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tongzhou/backend/backup"
	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// This file keeps where this device backs up to, under which key, and how the last runs went. It lies sealed under the vault, and not
// in the database, which a backup copies.

const (
	planFile    = "backup.sealed"
	planPurpose = "backup"
	maxPlan     = 64 << 10 // bytes
)

// backupPlan is the content of planFile.
type backupPlan struct {
	Set    backup.SetID `cbor:"1,keyasint"`
	Key    backup.Key   `cbor:"2,keyasint"`
	Folder string       `cbor:"3,keyasint"` // the person's; the set's own is inside
	Last   backupRun    `cbor:"4,keyasint"` // zero: none yet
	Failed backupFailed `cbor:"5,keyasint"` // of the last try, if it failed
}

// backupRun is a run that was written.
type backupRun struct {
	No     uint64 `cbor:"1,keyasint"`
	At     int64  `cbor:"2,keyasint"` // ms since 1970
	Added  int64  `cbor:"3,keyasint"` // bytes of this run
	Size   int64  `cbor:"4,keyasint"` // of what restoring reads
	Ops    uint64 `cbor:"5,keyasint"` // likewise
	Read   bool   `cbor:"6,keyasint"` // all of it was read back
	Tested bool   `cbor:"7,keyasint"` // and restored into a temporary place
	Code   string `cbor:"8,keyasint"` // why not
}

// backupFailed is a try that failed.
type backupFailed struct {
	At     int64             `cbor:"1,keyasint"`
	Code   string            `cbor:"2,keyasint"`
	Params map[string]string `cbor:"3,keyasint"`
}

// loadPlan is nil where no backup was set up. The error wraps vault.ErrDamaged.
func (a *App) loadPlan(v *vault.Vault) (*backupPlan, error) {
	info, err := os.Stat(a.path(planFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read plan of backups: %w", err)
	}
	if info.Size() > maxPlan {
		return nil, fmt.Errorf("%w: plan of backups", vault.ErrDamaged)
	}
	sealed, err := os.ReadFile(a.path(planFile))
	if err != nil {
		return nil, fmt.Errorf("read plan of backups: %w", err)
	}
	plain, err := v.Unseal(planPurpose, sealed)
	if err != nil {
		return nil, err
	}
	var p backupPlan
	if err := op.Unmarshal(plain, &p); err != nil {
		return nil, fmt.Errorf("%w: plan of backups: %w", vault.ErrDamaged, err)
	}
	return &p, nil
}

func (a *App) savePlan(v *vault.Vault, p *backupPlan) error {
	plain, err := op.Marshal(p)
	if err != nil {
		return fmt.Errorf("save plan of backups: %w", err)
	}
	sealed, err := v.Seal(planPurpose, plain)
	if err != nil {
		return fmt.Errorf("save plan of backups: %w", err)
	}
	return durable.Write(a.path(planFile), sealed)
}

// newPlan makes a set in a folder that a person chose. Faults: backup.path, backup.inside, vault.weak {problems}, those of
// backup.MakeFolder and backup.Create.
func (a *App) newPlan(v *vault.Vault, id *keys.Identity, folder, passphrase string) (*backupPlan, error) {
	folder = strings.TrimSpace(folder)
	if !filepath.IsAbs(folder) {
		return nil, fault.New("backup.path", "folder", folder)
	}
	folder = filepath.Clean(folder)
	if within, err := lieWithin(folder, a.opts.Data); err != nil {
		return nil, err
	} else if within {
		return nil, fault.New("backup.inside", "folder", folder)
	}
	if err := a.strong(passphrase, vault.Person{StaffNo: v.Contents().StaffNo}); err != nil {
		return nil, err
	}
	p := &backupPlan{Folder: folder}
	p.Set, p.Key = backup.NewSet()
	disk, err := backup.MakeFolder(folder, p.Set)
	if err != nil {
		return nil, err
	}
	cost := a.tune.passphrase
	if cost == (vault.Params{}) {
		cost = vault.DefaultParams()
	}
	if _, err := backup.Create(disk, p.Set, p.Key, id.Root, passphrase, cost); err != nil {
		_ = os.Remove(string(disk)) // only while it is empty
		return nil, err
	}
	return p, a.savePlan(v, p)
}

// lieWithin tells whether a folder is in another one, whatever links lead there. A folder that is not there is in none.
func lieWithin(folder, other string) (bool, error) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return false, nil // a stick that is not plugged in: told when it is used
	}
	if other, err = filepath.EvalSymlinks(other); err != nil {
		return false, fmt.Errorf("look at the data folder: %w", err)
	}
	rel, err := filepath.Rel(other, real)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}

// dueAt is when the next run is due; zero where none is: the rule is off, or nothing was set up and it is not known since when.
func (p *backupPlan) dueAt(days int, since time.Time) time.Time {
	if days == 0 {
		return time.Time{}
	}
	if p != nil {
		if p.Last.At == 0 {
			return time.UnixMilli(0)
		}
		since = time.UnixMilli(p.Last.At)
	}
	if since.IsZero() {
		return since
	}
	return since.Add(time.Duration(days) * day)
}

func (a *App) removePlan() error { return durable.Remove(a.path(planFile)) }
