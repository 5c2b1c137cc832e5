package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/blob"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
	"tongzhou/sync/replica"
)

const (
	// blobFolder holds the chunks of larger content, encrypted, beside the database.
	blobFolder = "blobs"
	// blobQuota is how much of it this device keeps, bytes.
	blobQuota = 2 << 30
	// blobArrived tells the interface that content came that was cited before.
	blobArrived = "blob.arrived"
)

// openBlobs opens the chunks of a team, and makes what fetches and serves them.
func (t *team) openBlobs() error {
	folder := newFolder(t.app.path(blobFolder))
	if err := folder.open(); err != nil {
		return err
	}
	store, err := blob.Open(folder, blobQuota)
	if err != nil {
		return err
	}
	t.blobs = store
	t.serveBlobs = blob.NewServer(store, t.replica.Reads)
	t.fetch = blob.NewFetcher(blob.FetchConfig{
		Store: store, Keys: t.replica.BlobKeys, Cited: t.cited, Mates: t.mates, Dial: t.dialBlob,
		Arrived: func() { t.app.bus.Publish(blobArrived, nil) }, Log: t.app.log, Now: t.app.opts.Now,
	})
	return nil
}

// cited lists the content that the features' rows cite.
func (t *team) cited(ctx context.Context) ([]module.Cited, error) {
	if err := t.app.refusal(); err != nil {
		return nil, err
	}
	return citedBy(ctx, t.app.modules)
}

// citedBy lists the content that features cite.
func citedBy(ctx context.Context, modules []module.Module) ([]module.Cited, error) {
	var out []module.Cited
	for _, m := range modules {
		if m.Citing.List == nil {
			continue
		}
		list, err := m.Citing.List(ctx)
		if err != nil {
			return nil, fmt.Errorf("what %s cites: %w", m.Name, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// mates are the devices that are connected now.
func (t *team) mates() []op.DeviceID {
	n := t.net
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]op.DeviceID, 0, len(n.sessions))
	for dev := range n.sessions {
		out = append(out, dev)
	}
	return out
}

func (t *team) dialBlob(ctx context.Context, dev op.DeviceID) (blob.Stream, error) {
	t.net.mu.Lock()
	h := t.net.host
	t.net.mu.Unlock()
	if h == nil {
		return nil, p2p.ErrNotConnected
	}
	return h.OpenBlob(ctx, dev)
}

// onBlob answers a device that fetches chunks.
func (n *network) onBlob(ctx context.Context, dev op.DeviceID, s p2p.Stream) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return
	}
	if err := t.serveBlobs.Serve(ctx, dev, s); err != nil && ctx.Err() == nil {
		n.log.Info("serving content ended", "peer", dev.String(), "err", err)
	}
}

// lookAfter looks for what is wanted, after a topic that may have changed it.
func (a *App) lookAfter(topic string) {
	for _, m := range a.modules {
		if m.Citing.List != nil && m.Citing.After == topic {
			a.lookForBlobs()
			return
		}
	}
}

// lookForBlobs looks for what is wanted.
func (a *App) lookForBlobs() {
	a.mu.RLock()
	t := a.team
	a.mu.RUnlock()
	if t != nil {
		t.fetch.Look()
	}
}

// appBlobs is module.Blobs over the team's store.
type appBlobs struct{ a *App }

func (b appBlobs) Put(ctx context.Context, scope op.ScopeID, content []byte) (m module.Manifest, err error) {
	l := &teamLog{a: b.a}
	err = l.with(func(r *replica.Replica) error {
		t, err := b.a.ready()
		if err != nil {
			return err
		}
		ref, err := r.BlobEpoch(ctx, scope)
		if err != nil {
			return err
		}
		tag, k, ok := r.BlobKeys(scope, ref)
		if !ok {
			return replica.ErrNoKey
		}
		m, err = t.blobs.Write(tag, ref, k, bytes.NewReader(content), b.a.opts.Now())
		if errors.Is(err, blob.ErrFull) {
			return fault.Wrap("blob.full", err)
		}
		return err
	})
	return m, err
}

func (b appBlobs) Read(scope op.ScopeID, m module.Manifest, limit int) ([]byte, error) {
	t, err := b.a.ready()
	if err != nil {
		return nil, err
	}
	tag, k, ok := t.replica.BlobKeys(scope, m.Epoch)
	if !ok {
		return nil, fault.New("blob.missing")
	}
	content, err := t.blobs.Read(tag, k, &m, limit)
	if errors.Is(err, blob.ErrMissing) {
		t.fetch.Look()
		return nil, fault.Wrap("blob.missing", err)
	}
	return content, err
}

func (b appBlobs) Here(scope op.ScopeID, m module.Manifest) bool {
	t, err := b.a.ready()
	if err != nil {
		return false
	}
	tag, _, ok := t.replica.BlobKeys(scope, m.Epoch)
	return ok && t.blobs.Complete(tag, &m)
}

// folder is a folder of the data folder as package blob wants it. It is made when the first file comes.
type folder struct {
	dir  string
	made func() error
}

func newFolder(dir string) *folder {
	return &folder{dir: dir, made: sync.OnceValue(func() error { return durable.Folder(dir) })}
}

// open removes what a crash left.
func (f *folder) open() error { return durable.Sweep(f.dir) }

func (f *folder) Write(name string, data []byte) error {
	if err := f.made(); err != nil {
		return err
	}
	return durable.Write(filepath.Join(f.dir, name), data)
}

func (f *folder) Read(name string, limit int64) ([]byte, error) {
	file, err := os.Open(filepath.Join(f.dir, name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", name, limit)
	}
	return b, err
}

func (f *folder) Remove(name string) error { return durable.Remove(filepath.Join(f.dir, name)) }

func (f *folder) List() ([]blob.File, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []blob.File
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			out = append(out, blob.File{Name: e.Name(), Size: info.Size(), Changed: info.ModTime()})
		}
	}
	return out, nil
}
