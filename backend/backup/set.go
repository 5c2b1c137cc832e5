package backup

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tongzhou/backend/fault"
	"tongzhou/sync/oplog"
)

// setPrefix begins the names of the folders of sets.
const setPrefix = "tongzhou-backup-"

// Set is the backups of one device in one folder. One run at a time may be written; the owner of the device's data folder sees
// to that.
type Set struct {
	folder Folder
	id     SetID
	key    Key
}

// ID names the set.
func (s *Set) ID() SetID { return s.id }

// Path names its folder to people.
func (s *Set) Path() string { return s.folder.Path() }

// FolderOf is where a set lies in the folder that a person chose.
func FolderOf(chosen string, id SetID) string { return filepath.Join(chosen, setPrefix+id.String()) }

// Find returns the folder of the set that lies in a folder, or is that folder. Faults: backup.none, backup.several {names},
// backup.unplugged.
func Find(chosen string) (string, error) {
	if _, err := os.Stat(filepath.Join(chosen, keyFile)); err == nil {
		return chosen, nil
	}
	entries, err := os.ReadDir(chosen)
	if err != nil {
		return "", folderFault(err, chosen)
	}
	var found []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(chosen, e.Name(), keyFile)); err == nil && strings.HasPrefix(e.Name(), setPrefix) {
			found = append(found, e.Name())
		}
	}
	switch len(found) {
	case 0:
		return "", fault.New(codeNone, "folder", chosen)
	case 1:
		return filepath.Join(chosen, found[0]), nil
	default:
		return "", fault.New(codeSeveral, "folder", chosen, "names", strings.Join(found, ", "))
	}
}

// MakeFolder makes the folder of a new set in the folder that a person chose, which must be there: a stick that is not plugged in
// is no reason to fill the disk below its name. Faults: backup.unplugged, backup.readonly, backup.full.
func MakeFolder(chosen string, id SetID) (Disk, error) {
	if _, err := os.ReadDir(chosen); err != nil {
		return "", folderFault(err, chosen)
	}
	path := FolderOf(chosen, id)
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", folderFault(err, chosen)
	}
	return Disk(path), nil
}

// Chain is a base and the runs that build on it, in order.
type Chain struct {
	Runs []*Manifest
	// Ends is how far each feed goes at its end.
	Ends map[oplog.FeedKey]End
	// Chunks are the newest of each name that it holds.
	Chunks map[string]Chunk
	last   [sha256.Size]byte // of the last manifest
	next   uint64            // the number of the run that begins it, while it has none
}

// Last is the newest run of a chain that has one.
func (c *Chain) Last() *Manifest { return c.Runs[len(c.Runs)-1] }

// Size is what its data take on the disk, in bytes.
func (c *Chain) Size() (n int64) {
	for _, m := range c.Runs {
		n += m.DataSize
	}
	return n
}

// Ops counts the ops in all of its runs.
func (c *Chain) Ops() (n uint64) {
	for _, m := range c.Runs {
		n += m.Ops
	}
	return n
}

// empty is a chain that begins behind everything that is there.
func (s *Set) empty() (*Chain, error) {
	names, err := s.folder.Names()
	if err != nil {
		return nil, folderFault(err, s.Path())
	}
	c := newChain()
	c.next = 1
	for _, no := range numbers(names, ".manifest") {
		c.next = max(c.next, no+1)
	}
	return c, nil
}

// numbers lists the runs that have a file with this ending, in order.
func numbers(names []string, ending string) []uint64 {
	var out []uint64
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, ending)
		no, err := strconv.ParseUint(digits, 10, 63)
		if ok && err == nil && no > 0 && manifestName(no) == digits+".manifest" {
			out = append(out, no)
		}
	}
	slices.Sort(out)
	return out
}

// Chain reads the manifests of the chain that ends at run upTo; 0: the newest. The data are not looked at. A set without runs has
// an empty chain. Faults: backup.none where there is no run upTo, backup.missing, backup.cut, backup.altered, backup.foreign,
// backup.newer, backup.unplugged.
func (s *Set) Chain(upTo uint64) (*Chain, error) {
	names, err := s.folder.Names()
	if err != nil {
		return nil, folderFault(err, s.Path())
	}
	c := newChain()
	there := numbers(names, ".manifest")
	if upTo == 0 {
		if len(there) == 0 {
			return c, nil
		}
		upTo = there[len(there)-1]
	}
	if !slices.Contains(there, upTo) {
		return nil, fault.New(codeNone, "folder", s.Path())
	}
	newest, _, err := s.manifest(upTo)
	if err != nil {
		return nil, err
	}
	for no := newest.Base; no <= upTo; no++ {
		m, hash, err := s.manifest(no)
		if err != nil {
			return nil, err
		}
		if m.Base != newest.Base || no > newest.Base && !bytes.Equal(m.Previous, c.last[:]) || m.Team != newest.Team || m.Device != newest.Device {
			return nil, fault.New(codeForeign, "file", manifestName(no))
		}
		c.add(m, hash)
	}
	return c, nil
}

func (c *Chain) add(m *Manifest, hash [sha256.Size]byte) {
	c.Runs, c.last = append(c.Runs, m), hash
	m.ends(func(k oplog.FeedKey, e End) { c.Ends[k] = e })
	for _, x := range m.Chunks {
		c.Chunks[x.Name] = x
	}
}

func newChain() *Chain { return &Chain{Ends: map[oplog.FeedKey]End{}, Chunks: map[string]Chunk{}} }

func (s *Set) manifest(no uint64) (*Manifest, [sha256.Size]byte, error) {
	name := manifestName(no)
	b, err := readAll(s.folder, name, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, [sha256.Size]byte{}, fault.Wrap(codeMissing, err, "file", name)
	}
	if err != nil {
		return nil, [sha256.Size]byte{}, folderFault(err, s.Path())
	}
	m, err := s.openManifest(b, no)
	return m, sha256.Sum256(b), err
}

// sweep removes what a run that was cut off left.
func (s *Set) sweep() error {
	names, err := s.folder.Names()
	if err != nil {
		return folderFault(err, s.Path())
	}
	have := numbers(names, ".manifest")
	for _, name := range names {
		cut := strings.HasSuffix(name, partial)
		for _, no := range numbers([]string{name}, ".data") {
			cut = cut || !slices.Contains(have, no)
		}
		if !cut {
			continue
		}
		if err := s.folder.Remove(name); err != nil {
			return folderFault(err, s.Path())
		}
	}
	return nil
}

// Prune removes what chains before this one consist of. It is for a chain that was read back.
func (s *Set) Prune(c *Chain) error {
	names, err := s.folder.Names()
	if err != nil {
		return folderFault(err, s.Path())
	}
	for _, no := range numbers(names, ".manifest") {
		if len(c.Runs) == 0 || no >= c.Last().Base {
			continue
		}
		// The manifest first: without it the data are no run, the other way round it would still be taken for one.
		if err := errors.Join(s.folder.Remove(manifestName(no)), s.folder.Remove(dataName(no))); err != nil {
			return folderFault(err, s.Path())
		}
	}
	return nil
}

func freshSalt() []byte {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	return salt
}
