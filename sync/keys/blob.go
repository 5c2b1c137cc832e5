package keys

// BlobKeys are what the chunks of larger content are made with under one epoch: names and ciphertexts follow from the content, so
// that the same chunk is stored once in a scope, and tell nothing to whoever lacks the epoch's key, also not that another scope
// has the same.
type BlobKeys struct{ id, cut, chunk [32]byte }

// BlobKeys derives the keys for chunks.
func (e *Epoch) BlobKeys() BlobKeys {
	return BlobKeys{id: derive(e.Key[:], "cid"), cut: derive(e.Key[:], "cut"), chunk: derive(e.Key[:], "chunks")}
}

// ID is the key of the hash that names chunks.
func (k BlobKeys) ID() [32]byte { return k.id }

// Cut is the key that decides where content is cut.
func (k BlobKeys) Cut() [32]byte { return k.cut }

// Chunk is the key that encrypts one chunk and nothing else.
func (k BlobKeys) Chunk(id [32]byte) [32]byte { return derive(k.chunk[:], "chunk", id[:]...) }

// String hides the keys.
func (BlobKeys) String() string { return "blob keys" }
