package backup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"tongzhou/sync/blob"
)

// This file copies larger content: the chunks that ops cite, encrypted as they lie on the disk. Ids name them, so one is copied once
// a chain, and again only where its file was written anew.

// Chunks are the files of larger content, which never change but may go at any time. A file that is gone is read with an error that
// wraps fs.ErrNotExist.
type Chunks interface {
	List() ([]blob.File, error)
	Read(name string, limit int64) ([]byte, error)
}

// Chunk is a file of larger content that a run holds. One of another time or size is another.
type Chunk struct {
	_    struct{} `cbor:",toarray"`
	Name string
	At   int64 // when it was written, ms since 1970
	Size int64
}

// Chunk describes the chunk that a record holds.
func (r *Record) Chunk() Chunk {
	x := Chunk{Name: r.Name, Size: int64(len(r.Content))}
	if len(r.At) == 8 {
		x.At = int64(binary.BigEndian.Uint64(r.At))
	}
	return x
}

// chunks copies the files of larger content that the chain lacks. What the copied ops cite was on the disk before them, so it is
// among what is listed now.
func (t *taker) chunks(ctx context.Context) error {
	if t.src.Chunks == nil {
		return nil
	}
	list, err := t.src.Chunks.List()
	if err != nil {
		return fmt.Errorf("copy content: %w", err)
	}
	for _, f := range list {
		x := Chunk{Name: f.Name, At: f.Changed.UnixMilli(), Size: f.Size}
		if t.chain.Chunks[x.Name] == x || !blob.IsFile(x.Name) || x.Size > maxChunk {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		content, err := t.src.Chunks.Read(x.Name, maxChunk)
		if errors.Is(err, fs.ErrNotExist) { // nothing cites it any more
			continue
		}
		if err != nil {
			return fmt.Errorf("copy content: %w", err)
		}
		x.Size = int64(len(content))
		if err := t.w.put(&Record{Kind: KindChunk, Name: x.Name, At: binary.BigEndian.AppendUint64(nil, uint64(x.At)), Content: content}); err != nil {
			return err
		}
		t.m.Chunks = append(t.m.Chunks, x)
	}
	return nil
}
