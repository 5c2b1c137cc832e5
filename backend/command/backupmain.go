package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"tongzhou/backend/app"
	"tongzhou/backend/backup"
	"tongzhou/backend/fault"
)

// This file joins the commands for backups to the app.

func backUp(ctx context.Context, dir string, in Backup, with *app.Unlock, progress Progress) (Outcome, error) {
	o := app.Options{Data: dir, Unlock: with, Log: slog.New(slog.DiscardHandler), Version: version}
	out, err := app.Backup(ctx, o, in.To, in.Passphrase, told(progress))
	if err != nil {
		return Outcome{}, cancelled(ctx, err)
	}
	values := map[string]string{
		"folder": out.Set, "added": size(out.Last.Added), "size": size(out.Last.Size), "ops": fmt.Sprint(out.Last.Ops), "code": out.Last.Code,
	}
	switch {
	case out.Last.Tested:
		return Outcome{"backup.tested", values}, nil
	case out.Last.Read:
		return Outcome{"backup.read", values}, nil
	default: // it is there, and cannot be relied on
		return Outcome{}, fault.New("backup.unread", "folder", out.Set, "code", out.Last.Code)
	}
}

func restore(ctx context.Context, dir string, in Restore, progress Progress) (Outcome, error) {
	o := app.Options{Data: dir, Log: slog.New(slog.DiscardHandler), Version: version}
	out, err := app.Restore(ctx, o, app.RestoreInput{From: in.From, Passphrase: in.Passphrase, Words: in.Words, Run: in.Run, OldIsGone: in.OldIsGone}, told(progress))
	if err != nil {
		return Outcome{}, cancelled(ctx, err)
	}
	key := "restore.done"
	if out.Missing > 0 {
		key = "restore.partly"
	}
	return Outcome{key, map[string]string{
		"dir": dir, "device": printable(out.DeviceName), "at": out.At, "ops": fmt.Sprint(out.Ops), "rows": fmt.Sprint(out.Rows), "missing": fmt.Sprint(out.Missing),
	}}, nil
}

func told(progress Progress) func(backup.Progress) {
	return func(p backup.Progress) { progress(string(p.Phase), p.Done, p.Total) }
}

// cancelled is what a command says that a signal ended.
func cancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fault.Wrap("backup.cancelled", err)
	}
	return err
}

// size is a number of bytes as people read it.
func size(n int64) string {
	const kilo = 1000
	switch {
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < kilo*kilo:
		return fmt.Sprintf("%.1f kB", float64(n)/kilo)
	case n < kilo*kilo*kilo:
		return fmt.Sprintf("%.1f MB", float64(n)/kilo/kilo)
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/kilo/kilo/kilo)
	}
}
