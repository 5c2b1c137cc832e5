package store

import (
	"slices"

	"tongzhou/sync/op"
)

// A row of the op table is a run: ops of one feed that arrived together, of one kind, back to back. A row costs several times
// what an op in it does, to write and to read. Epoch ops lie alone, since they stay and are found one by one.
const (
	maxRunOps   = 32
	maxRunBytes = 16 << 10 // what reading one op out of a run may cost
)

// firstRun is how many of the ops, from the first on, share a row, and their bytes.
func firstRun(ops []op.Sealed) (n, size int) {
	for n < len(ops) && n < maxRunOps {
		o := &ops[n]
		if n > 0 && (o.Kind == op.Epoch || o.Kind != ops[0].Kind || size+o.Size() > maxRunBytes) {
			break
		}
		size += o.Size()
		n++
	}
	return n, size
}

// frame collects ops of rows, back to back.
type frame struct {
	from, to uint64 // what was asked for
	limit    int    // bytes, for all ops but the first
	raw      []byte
	n        int
	full     bool
}

// take adds what was asked for of a row that begins with the op seq.
func (f *frame) take(seq uint64, row []byte) error {
	if f.full = seq > f.from+uint64(f.n); f.full { // a gap: what came before was collected meanwhile
		return nil
	}
	begin, end, n := 0, 0, 0
	for ; end < len(row) && seq <= f.to; seq++ {
		o, _, err := op.Parse(row[end:])
		if err != nil {
			return err
		}
		if seq < f.from {
			end += o.Size()
			begin = end
			continue
		}
		if f.full = f.n+n > 0 && len(f.raw)+end-begin+o.Size() > f.limit; f.full {
			break
		}
		end += o.Size()
		n++
	}
	if n == 0 {
		return nil
	}
	if f.raw == nil { // what follows will be about as long as this
		left := int(f.to-f.from) + 1 - n
		f.raw = slices.Grow(f.raw, max(end-begin, min(f.limit, end-begin+((end-begin)/n+64)*left)))
	}
	f.raw = append(f.raw, row[begin:end]...)
	f.n += n
	return nil
}

// count is how many ops a row holds.
func count(row []byte) (n uint64, err error) {
	for ; len(row) > 0; n++ {
		if _, row, err = op.Parse(row); err != nil {
			return 0, err
		}
	}
	return n, nil
}
