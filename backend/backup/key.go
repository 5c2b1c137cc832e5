package backup

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// SetID names a set.
type SetID [16]byte

// String is the id as it stands in the name of the set's folder.
func (s SetID) String() string { return hex.EncodeToString(s[:4]) }

// Key opens a set. It never appears in texts.
type Key [32]byte

// String says nothing of the key.
func (Key) String() string { return "key" }

// GoString says nothing of the key.
func (Key) GoString() string { return "backup.Key" }

const (
	keyFile    = "backup.key"
	keyVersion = 1
	maxKeyFile = 16 << 10 // bytes; one takes about three hundred
	saltSize   = 16
)

// sealedKey is the file backup.key.
type sealedKey struct {
	Version  int          `cbor:"1,keyasint"`
	Set      []byte       `cbor:"2,keyasint"`
	Params   vault.Params `cbor:"3,keyasint"`
	Salt     []byte       `cbor:"4,keyasint"`
	Box      []byte       `cbor:"5,keyasint"` // the key under the passphrase: nonce, ciphertext
	Recovery []byte       `cbor:"6,keyasint"` // the key for the recovery words
	Check    []byte       `cbor:"7,keyasint"` // SHA-256 of the rest, to tell damage from a wrong passphrase
}

func (s sealedKey) check() ([]byte, error) {
	s.Check = nil
	b, err := op.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode key of a backup: %w", err)
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// NewSet makes a set of its own key. Nothing is written before Create.
func NewSet() (SetID, Key) {
	var id SetID
	var key Key
	_, _ = rand.Read(id[:])
	_, _ = rand.Read(key[:])
	return id, key
}

// Create writes the key file of a new set into an empty folder. root is whose recovery words open it. The passphrase was judged
// by the caller.
func Create(f Folder, id SetID, key Key, root keys.Root, passphrase string, cost vault.Params) (*Set, error) {
	recovery, err := keys.SealRecovery(root, recoveryOf(id), key)
	if err != nil {
		return nil, fmt.Errorf("make backup: %w", err)
	}
	s := sealedKey{Version: keyVersion, Set: id[:], Params: cost, Salt: make([]byte, saltSize), Recovery: recovery}
	_, _ = rand.Read(s.Salt)
	stretched, err := cost.Stretch(passphrase, s.Salt)
	if err != nil {
		return nil, fmt.Errorf("make backup: %w", err)
	}
	aead := newAEAD(stretched)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	s.Box = aead.Seal(nonce, nonce, key[:], s.bound())
	if s.Check, err = s.check(); err != nil {
		return nil, err
	}
	b, err := op.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("make backup: %w", err)
	}
	if err := replace(f, keyFile, b); err != nil {
		return nil, folderFault(err, f.Path())
	}
	return &Set{folder: f, id: id, key: key}, nil
}

// recoveryOf is what a key is sealed for, so that a box of the vault is not one of a backup.
func recoveryOf(id SetID) [16]byte {
	sum := sha256.Sum256(append([]byte("tongzhou/backup/1/recovery\x00"), id[:]...))
	return [16]byte(sum[:16])
}

// bound is what the box of the passphrase also protects.
func (s *sealedKey) bound() []byte {
	return append([]byte("tongzhou/backup/1/passphrase\x00"), s.Set...)
}

func readKey(f Folder) (*sealedKey, error) {
	b, err := readAll(f, keyFile, maxKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(codeNone, err, "folder", f.Path())
	}
	if err != nil {
		return nil, folderFault(err, f.Path())
	}
	var s sealedKey
	if len(b) > maxKeyFile || op.Unmarshal(b, &s) != nil {
		return nil, fault.New(codeAltered, "file", keyFile)
	}
	if s.Version > keyVersion {
		return nil, fault.New(codeNewer, "file", keyFile)
	}
	check, err := s.check()
	if err != nil {
		return nil, err
	}
	if s.Version != keyVersion || len(s.Set) != len(SetID{}) || len(s.Salt) != saltSize || len(s.Box) < chacha20poly1305.NonceSizeX || !bytes.Equal(check, s.Check) {
		return nil, fault.New(codeAltered, "file", keyFile)
	}
	return &s, nil
}

// Open opens the set of a device that knows its key. Faults: backup.none, backup.foreign where another set lies there,
// backup.altered, backup.newer, backup.unplugged.
func Open(f Folder, id SetID, key Key) (*Set, error) {
	s, err := readKey(f)
	if err != nil {
		return nil, err
	}
	if SetID(s.Set) != id {
		return nil, fault.New(codeForeign, "file", keyFile)
	}
	return &Set{folder: f, id: id, key: key}, nil
}

// OpenPassphrase opens a set. Faults: backup.passphrase, those of Open.
func OpenPassphrase(f Folder, passphrase string) (*Set, error) {
	s, err := readKey(f)
	if err != nil {
		return nil, err
	}
	stretched, err := s.Params.Stretch(passphrase, s.Salt)
	if err != nil {
		return nil, fault.Wrap(codeAltered, err, "file", keyFile)
	}
	aead := newAEAD(stretched)
	key, err := aead.Open(nil, s.Box[:aead.NonceSize()], s.Box[aead.NonceSize():], s.bound())
	if err != nil || len(key) != len(Key{}) {
		return nil, fault.New(codePassphrase)
	}
	return &Set{folder: f, id: SetID(s.Set), key: Key(key)}, nil
}

// OpenWords opens a set with the recovery words of the person whose device wrote it. Faults: backup.words, those of Open.
func OpenWords(f Folder, root keys.Root) (*Set, error) {
	s, err := readKey(f)
	if err != nil {
		return nil, err
	}
	key, err := keys.OpenRecovery(root, recoveryOf(SetID(s.Set)), s.Recovery)
	if err != nil {
		return nil, fault.Wrap(codeWords, err)
	}
	return &Set{folder: f, id: SetID(s.Set), key: Key(key)}, nil
}

// derive makes the key of one file. salt is that file's own, so that a run that is written twice never uses a key twice.
func (s *Set) derive(kind string, no uint64, salt []byte) [32]byte {
	info := binary.BigEndian.AppendUint64([]byte("tongzhou/backup/1/"+kind+"\x00"+string(s.id[:])), no)
	out, err := hkdf.Key(sha256.New, s.key[:], salt, string(info), 32)
	if err != nil {
		panic(fmt.Sprintf("backup: derive: %v", err)) // only for impossible lengths
	}
	return [32]byte(out)
}

func newAEAD(key [32]byte) cipher.AEAD {
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		panic(fmt.Sprintf("backup: %v", err)) // only for keys of another length
	}
	return aead
}
