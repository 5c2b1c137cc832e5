package store

import (
	"context"
	"database/sql"
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

const chunkColumns = `SELECT no, tag, id, sum, size, device, have, lseq, used, fetched FROM chunk`

func (c *Chunk) fields() []any {
	return []any{&c.No, fixed(c.Tag[:]), fixed(c.Copy.ID[:]), fixed(c.Copy.Sum[:]), &c.Copy.Size, fixed(c.By[:]), &c.Have, &c.LSeq, &c.UsedMS, &c.Fetched}
}

// Chunks lists the whole copies of chunks of a scope.
func (v *view) Chunks(ctx context.Context, no TeamNo, tag op.ScopeTag, ids [][32]byte) (out []Chunk, err error) {
	for i := range ids {
		rows, err := v.q.query(ctx, chunkColumns+` WHERE team = $1 AND tag = $2 AND id = $3 AND lseq > 0 ORDER BY lseq LIMIT $4`, int64(no), tag[:], ids[i][:], wire.MaxChunkCopies)
		if out, err = chunks(out, rows, err); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// NewChunks lists copies that became whole with an arrival number above since, in their order.
func (v *view) NewChunks(ctx context.Context, no TeamNo, since int64, limit int) ([]Chunk, error) {
	rows, err := v.q.query(ctx, chunkColumns+` WHERE team = $1 AND lseq > $2 ORDER BY lseq LIMIT $3`, int64(no), since, limit)
	return chunks(nil, rows, err)
}

func chunks(out []Chunk, rows *sql.Rows, err error) ([]Chunk, error) {
	err = each(rows, err, "chunks", func() error {
		var c Chunk
		err := rows.Scan(c.fields()...)
		out = append(out, c)
		return err
	})
	return out, err
}

// ChunkPart reads the part of a copy that begins at a byte; nil if it is not there.
func (v *view) ChunkPart(ctx context.Context, chunk int64, from uint32) (part []byte, err error) {
	_, err = one(v.q.row(ctx, `SELECT data FROM chunk_part WHERE chunk = $1 AND start = $2`, chunk, int64(from)), "part of a chunk", &part)
	return part, err
}

// ChunkTotals counts copies, whole and not, and their bytes.
func (v *view) ChunkTotals(ctx context.Context, no TeamNo) (n int, bytes int64, err error) {
	_, err = one(v.q.row(ctx, `SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM chunk WHERE team = $1`, int64(no)), "chunks", &n, &bytes)
	return n, bytes, err
}

// BeginChunk adds a copy of which nothing is here yet, and counts its bytes.
func (t *transaction) BeginChunk(ctx context.Context, no TeamNo, c Chunk) error {
	if _, err := t.run(ctx, "chunk", `INSERT INTO chunk (team, tag, id, sum, size, device, have, lseq, used, fetched) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, 0)`,
		int64(no), c.Tag[:], c.Copy.ID[:], c.Copy.Sum[:], int64(c.Copy.Size), c.By[:], c.UsedMS); err != nil {
		return err
	}
	return t.AddBytes(ctx, no, int64(c.Copy.Size))
}

// Unfinished is the copy that a device has begun to leave.
func (t *transaction) Unfinished(ctx context.Context, no TeamNo, by op.DeviceID) (c Chunk, ok bool, err error) {
	ok, err = one(t.q.row(ctx, chunkColumns+` WHERE team = $1 AND lseq = 0 AND device = $2`, int64(no), by[:]), "chunk", c.fields()...)
	return c, ok, err
}

// AddPart stores the part of a copy behind what is here of it. With LSeq, it is whole then.
func (t *transaction) AddPart(ctx context.Context, c Chunk, part []byte) error {
	if _, err := t.run(ctx, "part of a chunk", `INSERT INTO chunk_part (chunk, start, data) VALUES ($1, $2, $3)`, c.No, c.Have, part); err != nil {
		return err
	}
	n, err := t.run(ctx, "chunk", `UPDATE chunk SET have = have + $1, lseq = $2, used = $3 WHERE no = $4`, int64(len(part)), c.LSeq, c.UsedMS, c.No)
	if err == nil && n != 1 {
		err = fmt.Errorf("write part of a chunk: no chunk %d", c.No)
	}
	return err
}

// UseChunks notes when copies were named, and with fetched, that another device than theirs has fetched them.
func (t *transaction) UseChunks(ctx context.Context, chunks []int64, atMS int64, fetched bool) error {
	for _, no := range chunks {
		if _, err := t.run(ctx, "chunk", `UPDATE chunk SET used = $1, fetched = CASE WHEN $2 = 1 THEN 1 ELSE fetched END WHERE no = $3`, atMS, flag(fetched), no); err != nil {
			return err
		}
	}
	return nil
}

// DropChunk removes a copy.
func (t *transaction) DropChunk(ctx context.Context, no TeamNo, c *Chunk) error {
	if _, err := t.run(ctx, "parts of a chunk", `DELETE FROM chunk_part WHERE chunk = $1`, c.No); err != nil {
		return err
	}
	n, err := t.run(ctx, "chunk", `DELETE FROM chunk WHERE no = $1`, c.No)
	if err != nil || n == 0 {
		return err
	}
	return t.AddBytes(ctx, no, -int64(c.Copy.Size))
}

// ofKind is how the kinds are told in a condition.
var ofKind = map[ChunkKind]string{AnyChunk: ``, FetchedChunk: ` AND fetched = 1`, UnfinishedChunk: ` AND lseq = 0`}

// OldChunks lists copies of a kind that were not used since a time, those unused longest first.
func (t *transaction) OldChunks(ctx context.Context, no TeamNo, kind ChunkKind, beforeMS int64, limit int) ([]Chunk, error) {
	rows, err := t.q.query(ctx, chunkColumns+` WHERE team = $1 AND used < $2`+ofKind[kind]+` ORDER BY used, no LIMIT $3`, int64(no), beforeMS, limit)
	return chunks(nil, rows, err)
}
