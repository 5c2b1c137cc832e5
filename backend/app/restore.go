package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tongzhou/backend/backup"
	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// This file makes a data folder of a backup (R138). Everything is built and verified in the folder restoring, and moved to its place
// when it is whole: the file restored in it says so. A crash before that leaves a folder as empty as it was, one after it is
// followed by the rest of the moving at the next start.

const (
	restoringFolder = "restoring"
	restoredFile    = "restored"
)

// RestoreInput is what to restore. Passphrase or Words open it.
type RestoreInput struct {
	From       string `json:"from"` // folder of a set, or one with a single set in it
	Passphrase string `json:"passphrase"`
	Words      string `json:"words"`
	Run        uint64 `json:"run"` // up to this run; 0: the newest
	// OldIsGone says that the machine that was backed up will not be used again: the new one is then the same device.
	OldIsGone bool `json:"oldIsGone"`
}

// RestoredDTO is what was restored, or would be.
type RestoredDTO struct {
	DeviceName string `json:"deviceName"`
	At         string `json:"at"` // of the backup
	Run        uint64 `json:"run"`
	Ops        uint64 `json:"ops"`
	Missing    uint64 `json:"missing"` // ops that do not prove themselves; colleagues have them
	Rows       int    `json:"rows"`    // that were computed twice, equally
}

// Restore makes the data folder o.Data of a backup. The folder must hold no team. Faults: restore.occupied {dir}, restore.old {device,
// at} while OldIsGone is not said, restore.differs, backup.path, store.full, those of opening and reading a backup; after each the
// folder is as before.
func Restore(ctx context.Context, o Options, in RestoreInput, progress func(backup.Progress)) (out RestoredDTO, err error) {
	a, err := New(o)
	if err != nil {
		return out, err
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return out, storeFault(fmt.Errorf("make data folder: %w", err))
	}
	if err := a.finishRestore(); err != nil {
		return out, err
	}
	if out, err = a.restore(ctx, in, progress); err != nil {
		return out, err
	}
	return out, a.finishRestore()
}

// inspect opens a backup and says what is in it. Faults: as of Restore.
func (a *App) inspect(ctx context.Context, in RestoreInput, progress func(backup.Progress)) (*rebuilder, RestoredDTO, error) {
	if err := a.unoccupied(); err != nil {
		return nil, RestoredDTO{}, err
	}
	set, chain, err := openBackup(in)
	if err != nil {
		return nil, RestoredDTO{}, err
	}
	b := &rebuilder{set: set, chain: chain, dir: a.path(restoringFolder), now: a.opts.Now, plain: a.tune.plain, store: a.tune.store, phase: backup.Ops, progress: progress}
	if err := b.open(ctx); err != nil {
		return nil, RestoredDTO{}, err
	}
	last := chain.Last()
	return b, RestoredDTO{DeviceName: b.id.DeviceName, At: timestamp(last.When()), Run: last.No, Ops: chain.Ops()}, nil
}

// restore makes everything in the folder restoring; finishRestore puts it in its place.
func (a *App) restore(ctx context.Context, in RestoreInput, progress func(backup.Progress)) (RestoredDTO, error) {
	b, out, err := a.inspect(ctx, in, progress)
	if err != nil {
		return out, err
	}
	if !in.OldIsGone {
		return out, fault.New("restore.old", "device", out.DeviceName, "at", b.chain.Last().When().Local().Format("2006-01-02 15:04"))
	}
	if err := b.set.Check(ctx, b.chain, progress); err != nil {
		return out, err
	}
	if err := a.build(ctx, b, &out); err != nil {
		return out, errors.Join(err, os.RemoveAll(b.dir))
	}
	return out, nil
}

func openBackup(in RestoreInput) (*backup.Set, *backup.Chain, error) {
	if !filepath.IsAbs(in.From) {
		return nil, nil, fault.New("backup.path", "folder", in.From)
	}
	folder, err := backup.Find(in.From)
	if err != nil {
		return nil, nil, err
	}
	var set *backup.Set
	if strings.TrimSpace(in.Words) != "" {
		seed, err := keys.ParseWords(strings.Fields(in.Words))
		if err != nil {
			return nil, nil, vaultFault(err)
		}
		root, err := keys.NewRoot(seed)
		if err != nil {
			return nil, nil, err
		}
		set, err = backup.OpenWords(backup.Disk(folder), root)
		if err != nil {
			return nil, nil, err
		}
	} else if set, err = backup.OpenPassphrase(backup.Disk(folder), in.Passphrase); err != nil {
		return nil, nil, err
	}
	chain, err := set.Chain(in.Run)
	if err == nil && len(chain.Runs) == 0 {
		err = fault.New("backup.none", "folder", folder)
	}
	return set, chain, err
}

// unoccupied refuses a folder that belongs to a team, or on the way into one. Fault: restore.occupied.
func (a *App) unoccupied() error {
	for _, name := range []string{vault.FileName, identityFile, plainIdentityFile, joiningFile, requestFile, markFile, repairFile} {
		if exists(a.path(name)) {
			return fault.New("restore.occupied", "dir", a.opts.Data)
		}
	}
	belongs, err := a.belongsToTeam()
	if err != nil || belongs {
		return fault.Wrap("restore.occupied", errors.Join(err, errors.New("the database is a team's")), "dir", a.opts.Data)
	}
	return nil
}

// build makes everything in the folder restoring, and verifies it.
func (a *App) build(ctx context.Context, b *rebuilder, out *RestoredDTO) error {
	if err := os.RemoveAll(b.dir); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	done, err := b.run(ctx)
	if err != nil {
		return err
	}
	out.Missing = done.Missing
	if out.Rows, err = verifyDatabase(ctx, b.databasePath(), b.id, b.key, io.Discard); err != nil {
		if errors.Is(err, ErrDiffers) {
			err = fault.Wrap("restore.differs", err)
		}
		return storeFault(err)
	}
	for name, content := range b.files {
		if err := durable.Write(filepath.Join(b.dir, name), content); err != nil {
			return storeFault(err)
		}
	}
	note, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return storeFault(durable.Write(filepath.Join(b.dir, restoredFile), note))
}

// restoredNames are what is moved to its place.
func restoredNames() []string { return append([]string{"tongzhou.db", blobFolder}, backedUpFiles()...) }

// finishRestore moves what was restored whole to its place, and removes what was not. It does nothing where nothing was restored.
func (a *App) finishRestore() error {
	dir := a.path(restoringFolder)
	if !exists(dir) {
		return nil
	}
	if exists(filepath.Join(dir, restoredFile)) {
		if exists(filepath.Join(dir, "tongzhou.db")) { // what lies in its place is the one of a folder without a team
			for _, name := range append([]string{markFile}, dbFiles...) {
				if err := durable.Remove(a.path(name)); err != nil {
					return err
				}
			}
		}
		if exists(filepath.Join(dir, blobFolder)) { // a folder takes the place of none but an empty one
			if err := os.RemoveAll(a.path(blobFolder)); err != nil {
				return fmt.Errorf("restore content: %w", err)
			}
		}
		for _, name := range restoredNames() {
			err := durable.Rename(filepath.Join(dir, name), a.path(name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err := durable.Remove(filepath.Join(dir, restoredFile)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove what was left of restoring: %w", err)
	}
	return nil
}
