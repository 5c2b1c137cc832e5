package app

import (
	"context"
	"sync"
	"time"

	"tongzhou/backend/backup"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
)

// This file is backing up and restoring as the interface has it: one of them at a time, in the background, with its progress.

// BackupDTO is where this device backs up to, and how that goes.
type BackupDTO struct {
	Folder string        `json:"folder"` // "": not set up
	Set    string        `json:"set"`    // the folder in it
	Days   int           `json:"days"`   // the house rule; 0: nobody is reminded
	Due    bool          `json:"due"`
	DueAt  string        `json:"dueAt"` // "" where none is
	Later  bool          `json:"later"` // the person was reminded today and said later
	Phase  string        `json:"phase"` // "": nothing runs; "writing", "reading", "testing"
	Done   uint64        `json:"done"`  // ops
	Total  uint64        `json:"total"`
	Last   BackupRunDTO  `json:"last"`
	Failed BackupFailDTO `json:"failed"`
}

// BackupRunDTO is a run that was written. At "" means that there is none.
type BackupRunDTO struct {
	At     string `json:"at"`
	Added  int64  `json:"added"` // bytes
	Size   int64  `json:"size"`  // bytes of all that restoring reads
	Ops    uint64 `json:"ops"`
	Read   bool   `json:"read"`   // all of it was read back
	Tested bool   `json:"tested"` // and restored into a temporary place
	Code   string `json:"code"`   // why not
}

// BackupFailDTO is the last try, if it failed.
type BackupFailDTO struct {
	At     string            `json:"at"`
	Code   string            `json:"code"`
	Params map[string]string `json:"params"`
}

// SetUpBackupInput chooses where to back up to. The passphrase opens the backup on another machine. Current is that of this device: a
// backup holds its keys, and not whoever finds it unlocked may take them along.
type SetUpBackupInput struct {
	Current    string `json:"current"`
	Folder     string `json:"folder"`
	Passphrase string `json:"passphrase"`
}

// RestoreProgressDTO is how far restoring is.
type RestoreProgressDTO struct {
	Phase string `json:"phase"` // "": nothing runs; "reading", "ops", "proving"
	Done  uint64 `json:"done"`
	Total uint64 `json:"total"`
}

// backups is what runs.
type backups struct {
	mu       sync.Mutex // guards what follows
	cancel   context.CancelFunc
	ended    bool
	progress backup.Progress
	retry    time.Time // no run by itself before
}

// begin lets one run or restoring run at a time. Faults: backup.busy, app.start.
func (b *backups) begin(ctx context.Context, first backup.Phase) (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
		return nil, fault.New("app.start")
	case b.cancel != nil:
		return nil, fault.New("backup.busy")
	}
	ctx, b.cancel = context.WithCancel(ctx)
	b.progress = backup.Progress{Phase: first}
	return ctx, nil
}

func (b *backups) over(retry time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		b.cancel()
	}
	b.cancel, b.progress, b.retry = nil, backup.Progress{}, retry
}

// stop cancels what runs.
func (b *backups) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		b.cancel()
	}
}

// end cancels what runs and lets nothing begin any more.
func (b *backups) end() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.stop()
}

func (b *backups) now() (p backup.Progress, running bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.progress, b.cancel != nil
}

// tell keeps the progress for those who ask, and lets them ask.
func (a *App) tellBackup(p backup.Progress) {
	a.backups.mu.Lock()
	if a.backups.cancel != nil {
		a.backups.progress = p
	}
	a.backups.mu.Unlock()
	a.bus.Publish("backup", nil)
}

// Backup says how backing up goes. Faults: vault.none, locked, team.none.
func (p *API) Backup() (BackupDTO, error) {
	_, v, err := p.a.withVault()
	if err != nil {
		return BackupDTO{}, err
	}
	progress, running := p.a.backups.now() // before the plan: what ends meanwhile is not said to be over with an old result
	plan, err := p.a.loadPlan(v)
	if err != nil {
		return BackupDTO{}, vaultFault(err)
	}
	out := p.a.describeBackup(plan)
	if running {
		out.Phase, out.Done, out.Total = string(progress.Phase), progress.Done, progress.Total
	}
	return out, nil
}

// SetUpBackup makes a set of backups in a folder and makes the first run, in the background. Files of an earlier set stay.
// Faults: backup.busy, backup.path, backup.inside, backup.unplugged, backup.readonly, backup.full, vault.wrong {wait}, vault.wait {wait}, vault.weak {problems}, vault.none.
func (p *API) SetUpBackup(in SetUpBackupInput) (BackupDTO, error) {
	t, v, err := p.a.withVault()
	if err != nil {
		return BackupDTO{}, err
	}
	return p.a.startBackup(t, v, func() (*backupPlan, error) {
		if err := v.Verify(in.Current); err != nil {
			return nil, vaultFault(err)
		}
		return p.a.newPlan(v, t.id, in.Folder, in.Passphrase)
	})
}

// BackUpNow makes a run in the background. Faults: backup.busy, backup.unset, vault.none.
func (p *API) BackUpNow() (BackupDTO, error) {
	t, v, err := p.a.withVault()
	if err != nil {
		return BackupDTO{}, err
	}
	return p.a.startBackup(t, v, func() (*backupPlan, error) {
		plan, err := p.a.loadPlan(v)
		if err == nil && plan == nil {
			err = fault.New("backup.unset")
		}
		return plan, vaultFault(err)
	})
}

// CancelBackup ends a run, or restoring. What was backed up before stays.
func (p *API) CancelBackup() error {
	p.a.backups.stop()
	return nil
}

// ForgetBackup backs up no more. What was written stays, and its passphrase opens it. Faults: backup.busy, vault.none.
func (p *API) ForgetBackup() (BackupDTO, error) {
	a := p.a
	if _, _, err := a.withVault(); err != nil {
		return BackupDTO{}, err
	}
	if _, running := a.backups.now(); running {
		return BackupDTO{}, fault.New("backup.busy")
	}
	if err := a.removePlan(); err != nil {
		return BackupDTO{}, storeFault(err)
	}
	a.bus.Publish("backup", nil)
	return p.Backup()
}

// RemindLater hides the reminder until tomorrow.
func (p *API) RemindLater() (BackupDTO, error) {
	if _, _, err := p.a.withVault(); err != nil {
		return BackupDTO{}, err
	}
	until := p.a.opts.Now().Add(day)
	if err := p.a.setSetting(context.Background(), backupLater, timestamp(until)); err != nil {
		return BackupDTO{}, err
	}
	p.a.bus.Publish("backup", nil)
	return p.Backup()
}

// startBackup makes a run in the background of the team, which ends it when it ends.
func (a *App) startBackup(t *team, v *vault.Vault, plan func() (*backupPlan, error)) (BackupDTO, error) {
	ctx, err := a.backups.begin(t.ctx, backup.Writing)
	if err != nil {
		return BackupDTO{}, err
	}
	p, err := plan()
	if err != nil {
		a.backups.over(time.Time{})
		return BackupDTO{}, storeFault(err)
	}
	t.asked <- askedBackup{ctx, v, p} // there is room: one begins at a time
	if t.ctx.Err() != nil {
		a.backups.over(time.Time{})
	}
	out := a.describeBackup(p)
	out.Phase = string(backup.Writing)
	return out, nil
}

// askedBackup is a run that was begun.
type askedBackup struct {
	ctx  context.Context
	v    *vault.Vault
	plan *backupPlan
}

func (a *App) runBackup(ctx context.Context, t *team, v *vault.Vault, p *backupPlan) {
	err := a.backUp(ctx, v, t.id, p, a.tellBackup)
	retry := time.Time{}
	if err != nil {
		retry = a.opts.Now().Add(time.Hour)
		if ctx.Err() == nil {
			a.log.Warn("back up", "err", err)
		}
	}
	a.backups.over(retry)
	a.bus.Publish("backup", nil)
}
