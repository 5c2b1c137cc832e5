package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tongzhou/backend/backup"
	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/store"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// This file makes one run: copy what is new, read the whole chain back, restore it into a temporary place. What is there then is
// a backup from the first step on; how far the others came is kept with it, and is what the screen says.

// testFolder is where a run is restored to try it, in the data folder: there is room as for the data, and the disk is no less
// trusted. It is encrypted like the data, and swept away at the start.
const testFolder = "backup-test"

// backUp makes a run of a plan and updates the plan, also when it fails. The database stays in use. Faults: those of backup.Take.
func (a *App) backUp(ctx context.Context, v *vault.Vault, id *keys.Identity, p *backupPlan, progress func(backup.Progress)) error {
	set, err := backup.Open(backup.Disk(backup.FolderOf(p.Folder, p.Set)), p.Set, p.Key)
	var chain *backup.Chain
	if err == nil {
		chain, err = a.takeRun(ctx, set, v, id, p, progress)
	}
	if err != nil {
		err = storeFault(err)
		if ctx.Err() == nil { // being cancelled is no failure
			p.Failed = backupFailed{At: a.opts.Now().UnixMilli(), Code: fault.Code(err), Params: fault.Params(err)}
			err = errors.Join(err, a.savePlan(v, p))
		}
		return err
	}
	last := chain.Last()
	p.Failed = backupFailed{}
	p.Last = backupRun{No: last.No, At: last.At, Added: last.DataSize, Size: chain.Size(), Ops: chain.Ops()}
	if err := a.savePlan(v, p); err != nil {
		return err
	}
	// From here on there is a backup; what follows tells how good it is.
	err = set.Check(ctx, chain, progress)
	if err == nil {
		p.Last.Read = true
		if err = a.testRestore(ctx, set, chain, progress); err == nil {
			p.Last.Tested = true
			err = set.Prune(chain)
		}
	}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		p.Last.Code = "backup.cancelled"
	default:
		a.log.Warn("test a backup", "err", err)
		p.Last.Code = fault.Code(err)
	}
	return a.savePlan(v, p)
}

func (a *App) takeRun(ctx context.Context, set *backup.Set, v *vault.Vault, id *keys.Identity, p *backupPlan, progress func(backup.Progress)) (*backup.Chain, error) {
	before, err := set.Chain(0)
	if err != nil {
		return nil, err
	}
	if n := len(before.Runs); p.Last.No > 0 && (n == 0 || before.Last().No < p.Last.No) {
		a.log.Warn("runs of the backup are gone", "last", p.Last.No)
	}
	c := v.Contents()
	src := &backup.Source{
		Control: id.TeamSecret.ScopeTag(keys.ControlScope(id.Team)), Team: id.Team, Device: id.Device.ID, Program: a.opts.Version, Now: a.opts.Now(),
		Secrets: backup.Secrets{DatabaseKey: c.DatabaseKey, DatabaseReady: c.DatabaseReady}, Files: map[string][]byte{},
	}
	// Damage that was found when the last run was read back does not heal: a new chain is begun, and the old one goes when that is good.
	src.Anew = p.Last.No > 0 && !p.Last.Read && backup.Damaged(fault.New(p.Last.Code))
	if src.Secrets.Identity, err = id.Marshal(); err != nil {
		return nil, err
	}
	for _, name := range backedUpFiles() {
		b, err := os.ReadFile(a.path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read what is backed up: %w", err)
		}
		src.Files[name] = b
	}
	src.Chunks = newFolder(a.path(blobFolder))
	if src.Tables, err = a.localTables(); err != nil {
		return nil, err
	}
	if src.DB, err = store.OpenReadOnly(a.path("tongzhou.db"), databaseKey(c)); err != nil {
		return nil, err
	}
	src.DB.SetMaxOpenConns(1)
	chain, err := backup.Take(ctx, set, src, progress)
	return chain, errors.Join(err, src.DB.Close())
}

// backedUpFiles are what lies beside the database and is restored with it.
func backedUpFiles() []string {
	return []string{vault.FileName, identityFile, councilFile, settingsFile, addressFile, mateFile}
}

// localTables are the tables that no op explains, and the numbers that others of them mean.
func (a *App) localTables() ([]string, error) {
	tables := []string{"scope", "user", "app_setting", "app_invitation"}
	for _, m := range a.modules {
		if m.Local == nil {
			continue
		}
		names, err := localTables(m.Local)
		if err != nil {
			return nil, err
		}
		tables = append(tables, names...)
	}
	return tables, nil
}

// databaseKey is nil where the database is not encrypted, by a build that cannot.
func databaseKey(c vault.Contents) *store.Key {
	if _, can := store.Encrypts(); !can || !c.DatabaseReady {
		return nil
	}
	key := store.Key(c.DatabaseKey)
	return &key
}

// testRestore restores a chain into a temporary place and removes it again. Fault: backup.unproven.
func (a *App) testRestore(ctx context.Context, set *backup.Set, chain *backup.Chain, progress func(backup.Progress)) (err error) {
	dir := a.path(testFolder)
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("test a backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &rebuilder{set: set, chain: chain, dir: dir, now: a.opts.Now, plain: a.tune.plain, store: a.tune.store, phase: backup.Testing, progress: progress}
	if err := b.open(ctx); err != nil {
		return err
	}
	done, err := b.run(ctx)
	if err == nil && done.Missing > 0 {
		err = fault.New("backup.unproven", "missing", done.Missing)
	}
	return err
}

// sweepTest removes what a test left that a crash ended.
func (a *App) sweepTest() error {
	if !exists(a.path(testFolder)) {
		return nil
	}
	if err := os.RemoveAll(a.path(testFolder)); err != nil {
		return fmt.Errorf("remove a test of a backup: %w", err)
	}
	return nil
}

// Backup is the command: it makes a run from the data in a folder that no program has open. to is the person's folder, "" the one of
// the last time; a new one becomes a set under the passphrase. Faults: locked, vault.none, backup.unset, those of newPlan and
// backUp.
func Backup(ctx context.Context, o Options, to, passphrase string, progress func(backup.Progress)) (BackupDTO, error) {
	a, err := New(o)
	if err != nil {
		return BackupDTO{}, err
	}
	v, id, err := a.openVault()
	if err != nil {
		return BackupDTO{}, err
	}
	p, err := a.loadPlan(v)
	switch {
	case err != nil:
		return BackupDTO{}, vaultFault(err)
	case to == "" && p == nil:
		return BackupDTO{}, fault.New("backup.unset")
	case p == nil || to != "" && to != p.Folder:
		if p, err = a.newPlan(v, id, to, passphrase); err != nil {
			return BackupDTO{}, err
		}
	}
	if err := a.backUp(ctx, v, id, p, progress); err != nil {
		return BackupDTO{}, err
	}
	return a.describePlan(p, 0, false), errors.Join(a.sweepTest(), durable.Sweep(a.opts.Data))
}

// openVault opens the vault of a data folder without a person, by the keychain or by what Unlock says. Faults: vault.none, locked,
// those of the vault.
func (a *App) openVault() (*vault.Vault, *keys.Identity, error) {
	v, err := vault.Load(a.vaultOptions())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.New("vault.none")
	}
	if err != nil {
		return nil, nil, vaultFault(err)
	}
	ok, err := v.UnlockKeychain()
	if u := a.opts.Unlock; !ok && u != nil {
		err = v.Unlock(u.StaffNo, u.Passphrase)
	}
	if !v.Open() {
		if err != nil {
			return nil, nil, vaultFault(err)
		}
		return nil, nil, fault.New("locked")
	}
	id, err := a.loadSealed(v, identityFile)
	return v, id, err
}
