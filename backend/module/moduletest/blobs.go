package moduletest

import (
	"context"
	"crypto/sha256"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/blob"
	"tongzhou/sync/op"
)

// blobs is module.Blobs without cutting and encryption: content is one chunk, named by its hash.
type blobs struct{ p *Peer }

func (b blobs) Put(_ context.Context, _ op.ScopeID, content []byte) (module.Manifest, error) {
	id := blob.ID(sha256.Sum256(content))
	b.p.content[id] = content
	return module.Manifest{Chunks: []blob.Chunk{{ID: id, Len: uint32(len(content))}}, Size: uint64(len(content)), Hash: id}, nil
}

func (b blobs) Read(_ op.ScopeID, m module.Manifest, limit int) ([]byte, error) {
	content, ok := b.p.content[m.Chunks[0].ID]
	if !ok || len(content) > limit {
		return nil, fault.New("blob.missing")
	}
	return content, nil
}

func (b blobs) Here(_ op.ScopeID, m module.Manifest) bool {
	_, ok := b.p.content[m.Chunks[0].ID]
	return ok
}

// Fetch brings the content that another peer has here.
func (p *Peer) Fetch(from *Peer) {
	for id, content := range from.content {
		p.content[id] = content
	}
}
