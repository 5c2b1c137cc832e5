package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"tongzhou/backend/fault"
)

// Read calls fn with the records of a run, in order; each was authenticated before, with its place. At the end the data are what
// the manifest says. A record is valid during the call. Errors: fn's; faults backup.missing, backup.cut, backup.altered,
// backup.foreign, backup.unplugged.
func (s *Set) Read(ctx context.Context, m *Manifest, fn func(r *Record) error) (err error) {
	name := dataName(m.No)
	file, err := s.folder.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(codeMissing, err, "file", name)
	}
	if err != nil {
		return folderFault(err, s.Path())
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	in := &reader{in: bufio.NewReaderSize(file, 64<<10), name: name, folder: s.Path(), hash: sha256.New()}
	first, err := in.take(headSize)
	if err != nil {
		return err
	}
	salt, err := s.checkHead(first, dataMagic, m.No, name)
	if err != nil {
		return err
	}
	aead := newAEAD(s.derive("data", m.No, salt))
	for n := uint64(0); ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		length, err := in.take(4)
		if err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(length)
		if size > uint32(maxRecord+aead.Overhead()) {
			return fault.New(codeAltered, "file", name)
		}
		also := [4]byte(length)
		sealed, err := in.take(int(size))
		if err != nil {
			return err
		}
		plain, err := aead.Open(sealed[:0], nonce(aead, n), sealed, also[:])
		if err != nil {
			return fault.New(codeAltered, "file", name)
		}
		r, err := parseRecord(plain)
		if err != nil {
			return fault.Wrap(codeAltered, err, "file", name)
		}
		if r.Kind == KindEnd {
			return in.end(m)
		}
		if err := fn(r); err != nil {
			return err
		}
	}
}

// reader reads a file of data and counts and hashes what it read.
type reader struct {
	in     *bufio.Reader
	name   string
	folder string
	hash   hash.Hash
	size   int64
	buf    []byte
}

// take reads n bytes, which are valid until the next call.
func (r *reader) take(n int) ([]byte, error) {
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if _, err := io.ReadFull(r.in, b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fault.New(codeCut, "file", r.name)
		}
		return nil, folderFault(fmt.Errorf("read %s: %w", r.name, err), r.folder)
	}
	_, _ = r.hash.Write(b)
	r.size += int64(n)
	return b, nil
}

// end checks that the file is the whole of what the manifest says.
func (r *reader) end(m *Manifest) error {
	if _, err := r.in.ReadByte(); err == nil || !errors.Is(err, io.EOF) || r.size != m.DataSize || [sha256.Size]byte(r.hash.Sum(nil)) != sum(m.DataHash) {
		return fault.New(codeAltered, "file", r.name)
	}
	return nil
}

// sum is zero for bytes that are none.
func sum(b []byte) (out [sha256.Size]byte) {
	if len(b) == len(out) {
		copy(out[:], b)
	}
	return out
}
