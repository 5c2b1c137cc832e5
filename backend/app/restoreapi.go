package app

import (
	"context"
	"errors"
	"time"

	"tongzhou/backend/backup"
	"tongzhou/backend/fault"
)

// This file is restoring as the interface has it, on a device without a team.

// InspectBackup says what is in a backup, before anything is done with it. Faults: as of Restore, but restore.old.
func (p *API) InspectBackup(in RestoreInput) (RestoredDTO, error) {
	a := p.a
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if err := a.mayBegin(); err != nil {
		return RestoredDTO{}, err
	}
	_, out, err := a.inspect(context.Background(), in, nil)
	return out, storeFault(err)
}

// RestoreBackup makes this device the one of a backup, locked until its passphrase is given, and returns when that is done. Faults: as
// of Restore; team.exists, join.running, backup.busy, backup.cancelled.
func (p *API) RestoreBackup(in RestoreInput) (RestoredDTO, error) {
	a := p.a
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if err := a.mayBegin(); err != nil {
		return RestoredDTO{}, err
	}
	ctx, err := a.backups.begin(context.Background(), backup.Reading)
	if err != nil {
		return RestoredDTO{}, err
	}
	defer a.backups.over(time.Time{})
	out, err := a.restore(ctx, in, a.tellBackup)
	if ctx.Err() != nil {
		return out, fault.Wrap("backup.cancelled", ctx.Err())
	}
	if err != nil {
		return out, storeFault(err)
	}
	if err := a.takeRestored(); err != nil {
		return out, storeFault(err)
	}
	a.bus.Publish("state", nil)
	return out, nil
}

// takeRestored puts what was restored in the place of the empty folder, and waits for the person. setupMu is held.
func (a *App) takeRestored() error {
	if err := errors.Join(a.closeDB(), a.finishRestore()); err != nil {
		return err
	}
	v, err := a.loadVault()
	if err != nil {
		return err
	}
	a.setVault(v, true)
	return nil
}

// RestoreProgress is how far restoring is.
func (p *API) RestoreProgress() RestoreProgressDTO {
	progress, running := p.a.backups.now()
	if !running {
		return RestoreProgressDTO{}
	}
	return RestoreProgressDTO{Phase: string(progress.Phase), Done: progress.Done, Total: progress.Total}
}
