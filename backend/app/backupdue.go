package app

import (
	"context"
	"time"

	"tongzhou/backend/backup"
	"tongzhou/backend/fault"
	"tongzhou/backend/rules"
)

// This file is about when a backup is due: it is made by itself where the disk is there, and reminded of where it is not (R137).

// Settings of reminding.
const (
	backupSince = "backup.since" // when this device first could have backed up
	backupLater = "backup.later" // not before
)

// describeBackup is a plan, or none, and whether it is due.
func (a *App) describeBackup(p *backupPlan) BackupDTO {
	now := a.opts.Now()
	since, _ := time.Parse(time.RFC3339, a.setting(backupSince))
	days := a.rules.Int(rules.BackupDays)
	due := p.dueAt(days, since)
	out := a.describePlan(p, days, !due.IsZero() && !now.Before(due))
	if p == nil || p.Last.At > 0 {
		out.DueAt = timestamp(due)
	}
	later, err := time.Parse(time.RFC3339, a.setting(backupLater))
	out.Later = err == nil && now.Before(later)
	return out
}

func (a *App) describePlan(p *backupPlan, days int, due bool) BackupDTO {
	out := BackupDTO{Days: days, Due: due, Failed: BackupFailDTO{Params: map[string]string{}}}
	if p == nil {
		return out
	}
	out.Folder, out.Set = p.Folder, backup.FolderOf(p.Folder, p.Set)
	if l := p.Last; l.At > 0 {
		out.Last = BackupRunDTO{At: timestamp(time.UnixMilli(l.At)), Added: l.Added, Size: l.Size, Ops: l.Ops, Read: l.Read, Tested: l.Tested, Code: l.Code}
	}
	if f := p.Failed; f.At > 0 {
		out.Failed.At, out.Failed.Code = timestamp(time.UnixMilli(f.At)), f.Code
		if f.Params != nil {
			out.Failed.Params = f.Params
		}
	}
	return out
}

// backUpWhenDue makes a run by itself once one is due and the folder is there. The screen reminds of it where it is not.
func (t *team) backUpWhenDue(ctx context.Context) {
	a := t.app
	select {
	case <-a.started:
	case <-ctx.Done():
		return
	}
	if a.setting(backupSince) == "" {
		if err := a.setSetting(ctx, backupSince, timestamp(a.opts.Now())); err != nil && ctx.Err() == nil {
			a.log.Warn("note since when there are no backups", "err", err)
		}
	}
	tick := time.NewTicker(a.tune.backupCheck)
	defer tick.Stop()
	for {
		if err := t.backUpIfDue(); err != nil && ctx.Err() == nil {
			a.log.Warn("back up by itself", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case job := <-t.asked:
			a.runBackup(job.ctx, t, job.v, job.plan)
		case <-tick.C:
		}
	}
}

func (t *team) backUpIfDue() error {
	a := t.app
	v, locked := a.theVault()
	if v == nil || locked || a.refusal() != nil {
		return nil
	}
	p, err := a.loadPlan(v)
	if err != nil || p == nil {
		return err
	}
	a.backups.mu.Lock()
	wait := a.backups.retry
	a.backups.mu.Unlock()
	if !a.describeBackup(p).Due || a.opts.Now().Before(wait) || !exists(backup.FolderOf(p.Folder, p.Set)) {
		return nil
	}
	_, err = a.startBackup(t, v, func() (*backupPlan, error) { return p, nil })
	if fault.Code(err) == "backup.busy" {
		err = nil
	}
	return err
}
