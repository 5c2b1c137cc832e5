package backup

import (
	"bufio"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
)

// writer writes the data of one run.
type writer struct {
	set  *Set
	no   uint64
	file File
	out  *bufio.Writer
	hash hash.Hash
	size int64
	aead cipher.AEAD
	n    uint64 // records so far
}

func (s *Set) begin(no uint64) (*writer, error) {
	file, err := s.folder.Create(dataName(no) + partial)
	if err != nil {
		return nil, fmt.Errorf("begin run: %w", err)
	}
	salt := freshSalt()
	w := &writer{set: s, no: no, file: file, hash: sha256.New(), aead: newAEAD(s.derive("data", no, salt))}
	w.out = bufio.NewWriterSize(file, 64<<10)
	if err := w.write(head(dataMagic, s.id, no, salt)); err != nil {
		return nil, w.abandon(err)
	}
	return w, nil
}

func (w *writer) write(b []byte) error {
	_, _ = w.hash.Write(b) // never fails
	w.size += int64(len(b))
	if _, err := io.Writer(w.out).Write(b); err != nil {
		return fmt.Errorf("write data: %w", err)
	}
	return nil
}

// nonce numbers the records of a run, so that none can be left out, moved or repeated.
func nonce(aead cipher.AEAD, n uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, aead.NonceSize()), n)[:aead.NonceSize()]
}

// put writes one record.
func (w *writer) put(r *Record) error {
	plain, err := r.marshal()
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	length := binary.BigEndian.AppendUint32(nil, uint32(len(plain)+w.aead.Overhead()))
	sealed := w.aead.Seal(length, nonce(w.aead, w.n), plain, length)
	w.n++
	return w.write(sealed)
}

// commit ends the data and gives the file its name.
func (w *writer) commit() error {
	err := w.put(&Record{Kind: KindEnd})
	if err == nil {
		err = w.out.Flush()
	}
	return settle(w.set.folder, w.file, dataName(w.no), err)
}

// abandon removes what was written so far; err is why.
func (w *writer) abandon(err error) error {
	_ = w.file.Close()
	_ = w.set.folder.Remove(dataName(w.no) + partial) // what cannot be removed now is swept by the next run
	return err
}
