package app

import (
	"context"
	"path/filepath"

	"tongzhou/backend/backup"
	"tongzhou/backend/durable"
	"tongzhou/backend/module"
	"tongzhou/sync/blob"
)

// This file restores larger content: the chunks, each of which is left out where it turns out not to be what its id says, because
// colleagues have it.

// putChunk writes the file of a chunk; one of a later run replaces it.
func (b *rebuilder) putChunk(r *backup.Record) error {
	if !blob.IsFile(r.Name) {
		return nil
	}
	dir := filepath.Join(b.dir, blobFolder)
	if err := durable.Folder(dir); err != nil {
		return err
	}
	return durable.Write(filepath.Join(dir, r.Name), r.Content)
}

// checkContent opens every chunk that the restored ops cite.
func (b *rebuilder) checkContent(ctx context.Context) error {
	store, err := blob.Open(newFolder(filepath.Join(b.dir, blobFolder)), blobQuota)
	if err != nil {
		return err
	}
	log := &teamLog{a: b.app, t: &team{app: b.app, replica: b.r}}
	modules, _ := b.app.features(module.Deps{Log: log, Team: log, Rules: log.house(), DB: b.app.database(), Bus: b.app.bus, Now: b.now, Logger: b.app.log})
	cited, err := citedBy(ctx, modules)
	if err != nil {
		return err
	}
	for i := range cited {
		m := &cited[i].Manifest
		if tag, k, ok := b.r.BlobKeys(cited[i].Scope, m.Epoch); ok && m.Check() == nil {
			if err := store.Check(tag, k, m); err != nil {
				return err
			}
		}
	}
	return nil
}
