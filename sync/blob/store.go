package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/zeebo/blake3"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Files is a flat folder.
type Files interface {
	// Write makes or replaces a file. Once it returned nil, the file survives a power cut; if it did not, the former state does.
	Write(name string, data []byte) error
	// Read returns a file; an error for one longer than limit; one that wraps fs.ErrNotExist where there is none.
	Read(name string, limit int64) ([]byte, error)
	// Remove removes a file that may be missing.
	Remove(name string) error
	List() ([]File, error)
}

// File is one of a folder.
type File struct {
	Name    string
	Size    int64
	Changed time.Time
}

// Key is where a chunk is: an id counts inside of a scope only.
type Key struct {
	Tag op.ScopeTag
	ID  ID
}

func (k Key) file() string { return k.Tag.String() + "-" + hex.EncodeToString(k.ID[:]) }

func parseFile(name string) (Key, bool) {
	tag, id, _ := strings.Cut(name, "-")
	t, err := op.ParseScopeTag(tag)
	b, err2 := hex.DecodeString(id)
	if err != nil || err2 != nil || len(b) != len(ID{}) {
		return Key{}, false
	}
	k := Key{Tag: t, ID: ID(b)}
	return k, k.file() == name
}

// IsFile tells whether a file of a store's folder may have a name.
func IsFile(name string) bool {
	_, is := parseFile(name)
	return is
}

// Store is the chunks that are on this device. It is safe for concurrent use.
type Store struct {
	files Files
	quota int64 // bytes

	writing sync.Mutex // held while files change; taken before mu

	mu      sync.RWMutex // guards what follows
	held    map[Key]File
	used    int64
	uncited map[Key]time.Time // since when, as far as Collect has seen
	sums    map[Key][32]byte  // SHA-256 of ciphertexts, as far as somebody asked or they came in this run
	made    map[Key]bool      // made on this device in this run
}

// Open reads what is in a folder. Files of other names are left alone.
func Open(files Files, quota int64) (*Store, error) {
	s := &Store{files: files, quota: quota, held: map[Key]File{}, uncited: map[Key]time.Time{}, sums: map[Key][32]byte{}, made: map[Key]bool{}}
	list, err := files.List()
	if err != nil {
		return nil, fmt.Errorf("read chunks: %w", err)
	}
	for _, f := range list {
		if k, ok := parseFile(f.Name); ok {
			s.held[k] = f
			s.used += f.Size
		}
	}
	return s, nil
}

// Has tells whether a chunk is here.
func (s *Store) Has(k Key) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.held[k]
	return ok
}

// Complete tells whether all chunks of a manifest are here.
func (s *Store) Complete(tag op.ScopeTag, m *Manifest) bool {
	for i := range m.Chunks {
		if !s.Has(Key{tag, m.Chunks[i].ID}) {
			return false
		}
	}
	return true
}

// Write stores content and returns its manifest. What of it is stored already is not stored again. Errors: ErrManifest for content
// that is empty or too long, ErrFull, the folder's.
func (s *Store) Write(tag op.ScopeTag, ref op.EpochRef, k keys.BlobKeys, content io.Reader, now time.Time) (Manifest, error) {
	m := Manifest{Epoch: ref}
	whole := blake3.New()
	err := cut(k, content, func(piece []byte) error {
		if len(m.Chunks) == MaxChunks {
			return fmt.Errorf("%w: content is too long", ErrManifest)
		}
		_, _ = whole.Write(piece) // never fails
		id := nameOf(k, piece)
		m.Chunks = append(m.Chunks, Chunk{ID: id, Len: uint32(len(piece))})
		m.Size += uint64(len(piece))
		sealed, err := seal(k, id, piece)
		if err != nil {
			return err
		}
		if err := s.put(Key{tag, id}, sealed, now); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.made[Key{tag, id}] = true
		return nil
	})
	if err != nil {
		return Manifest{}, err
	}
	m.Hash = [32]byte(whole.Sum(nil))
	return m, m.Check()
}

// Read returns content of at most limit bytes. A chunk that is not what its id says is removed, so that it is fetched again.
// Errors: ErrMissing, ErrManifest, the folder's.
func (s *Store) Read(tag op.ScopeTag, k keys.BlobKeys, m *Manifest, limit int) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.Size > uint64(limit) {
		return nil, fmt.Errorf("%w: %d bytes", ErrManifest, m.Size)
	}
	content := make([]byte, 0, m.Size)
	for _, c := range m.Chunks {
		key := Key{tag, c.ID}
		sealed, err := s.get(key)
		if err != nil {
			return nil, err
		}
		piece, err := open(k, c, sealed)
		if err != nil {
			return nil, errors.Join(err, s.drop(key))
		}
		content = append(content, piece...)
	}
	if blake3.Sum256(content) != m.Hash {
		return nil, fmt.Errorf("%w: content is not what its hash says", ErrManifest)
	}
	return content, nil
}

// Check drops what of a manifest is here and is not what its id says.
func (s *Store) Check(tag op.ScopeTag, k keys.BlobKeys, m *Manifest) error {
	for _, c := range m.Chunks {
		key := Key{tag, c.ID}
		sealed, err := s.get(key)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err == nil {
			if _, wrong := open(k, c, sealed); wrong != nil {
				err = s.drop(key)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// get returns a chunk as it is stored. The error wraps ErrMissing where there is none.
func (s *Store) get(k Key) ([]byte, error) {
	if !s.Has(k) {
		return nil, ErrMissing
	}
	sealed, err := s.files.Read(k.file(), MaxChunkSize+overhead)
	if errors.Is(err, fs.ErrNotExist) { // somebody else removed it
		return nil, errors.Join(ErrMissing, s.drop(k))
	}
	if err != nil {
		return nil, fmt.Errorf("read chunk: %w", err)
	}
	return sealed, nil
}

// put stores a chunk that is known to be what its id says.
func (s *Store) put(k Key, sealed []byte, now time.Time) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	f, have := s.held[k]
	room := s.used+int64(len(sealed)) <= s.quota
	if have { // and is needed from now on
		f.Changed = now
		s.held[k] = f
		delete(s.uncited, k)
	}
	s.mu.Unlock()
	if have {
		return nil
	}
	if !room {
		return fmt.Errorf("%w: %d bytes more", ErrFull, len(sealed))
	}
	if err := s.files.Write(k.file(), sealed); err != nil {
		return fmt.Errorf("write chunk: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[k] = File{Name: k.file(), Size: int64(len(sealed)), Changed: now}
	s.sums[k] = sha256.Sum256(sealed)
	s.used += int64(len(sealed))
	return nil
}

func (s *Store) drop(k Key) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.files.Remove(k.file()); err != nil {
		return fmt.Errorf("remove chunk: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= s.held[k].Size
	delete(s.held, k)
	delete(s.uncited, k)
	delete(s.sums, k)
	delete(s.made, k)
	return nil
}

const (
	// young is how old a chunk must be to be collected: it is stored before the op that cites it.
	young = 24 * time.Hour
	// patience is how long nothing must have cited it in this run: an op may be judged again in between.
	patience = time.Hour
)

// Collect removes what is not among the cited chunks, and has not been for a while. It returns how many.
func (s *Store) Collect(cited map[Key]wanted, now time.Time) (int, error) {
	s.mu.Lock()
	var old []Key
	for k, f := range s.held {
		since, seen := s.uncited[k]
		_, is := cited[k]
		switch {
		case is:
			delete(s.uncited, k)
		case !seen:
			s.uncited[k] = now
		case now.Sub(since) >= patience && now.Sub(f.Changed) >= young:
			old = append(old, k)
		}
	}
	s.mu.Unlock()
	for i, k := range old {
		if err := s.drop(k); err != nil {
			return i, err
		}
	}
	return len(old), nil
}
