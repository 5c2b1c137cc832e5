package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// ErrNoSlot is returned where the vault cannot be opened this way.
var ErrNoSlot = errors.New("the vault has no such way to open it")

// Options say where a vault is and what surrounds it.
type Options struct {
	Dir      string
	Params   Params // for new passphrases; zero: DefaultParams
	Now      func() time.Time
	Keychain Keychain // nil: none
}

// Contents is what the vault itself keeps.
type Contents struct {
	DatabaseKey   [32]byte `cbor:"1,keyasint"`
	StaffNo       string   `cbor:"2,keyasint"` // what has to be given with the passphrase; "": anything, it is not known yet
	Set           int64    `cbor:"3,keyasint"` // when the passphrase was set, ms since 1970
	WordsSettled  bool     `cbor:"4,keyasint"` // the person has the recovery words
	IdleMinutes   int      `cbor:"5,keyasint"` // lock after so long; 0: never; where IdleChosen
	IdleChosen    bool     `cbor:"7,keyasint"` // the person chose, else the house rule holds
	DatabaseReady bool     `cbor:"6,keyasint"` // the database was made, or taken over, under DatabaseKey

	Rescue   [RescueSize]byte `cbor:"8,keyasint"` // the secret that also opens the vault, where RescueOf
	RescueOf [32]byte         `cbor:"9,keyasint"` // who is to have it
}

// Vault is a vault on the disk, open or not. It is safe for concurrent use.
type Vault struct {
	opts Options

	mu       sync.Mutex // guards what follows, and makes tries follow each other
	file     *file
	tries    tries
	open     bool
	key      [32]byte // the vault key, while open
	contents Contents
}

// New makes a vault in memory, open; Save writes it. root is whose recovery words open it. setup says what it is made for, until
// Settle.
func New(o Options, staffNo, passphrase string, root keys.Root, setup string) (*Vault, error) {
	v := &Vault{opts: o.filled(), open: true, file: &file{Version: fileVersion, ID: make([]byte, 16), Setup: setup}}
	_, _ = rand.Read(v.file.ID)
	_, _ = rand.Read(v.key[:])
	_, _ = rand.Read(v.contents.DatabaseKey[:])
	v.contents.StaffNo, v.contents.Set = staffNo, v.opts.Now().UnixMilli()
	recovery, err := keys.SealRecovery(root, [16]byte(v.file.ID), v.key)
	if err != nil {
		return nil, fmt.Errorf("make vault: %w", err)
	}
	v.file = v.file.with(slot{Kind: slotRecovery, Box: recovery})
	next, err := v.passphraseSlot(v.file, passphrase)
	if err != nil {
		return nil, err
	}
	v.file = next
	return v, v.sealContents(v.file, v.contents)
}

func (o Options) filled() Options {
	if o.Params == (Params{}) {
		o.Params = DefaultParams()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keychain == nil {
		o.Keychain = noKeychain{}
	}
	return o
}

// Load reads the vault of a folder; it is closed. The error wraps fs.ErrNotExist, ErrDamaged or ErrVersion.
func Load(o Options) (*Vault, error) {
	o = o.filled()
	f, err := read(filepath.Join(o.Dir, FileName))
	if err != nil {
		return nil, err
	}
	return &Vault{opts: o, file: f, tries: loadTries(o.Dir)}, nil
}

// Save writes a new vault.
func (v *Vault) Save() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.write(v.file)
}

func (v *Vault) write(f *file) error {
	if err := write(filepath.Join(v.opts.Dir, FileName), f); err != nil {
		return err
	}
	v.file = f
	return nil
}

// Setup is what the vault was made for, "" once that is settled.
func (v *Vault) Setup() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.file.Setup
}

// Settle remembers that what the vault was made for is done.
func (v *Vault) Settle() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.file.Setup == "" {
		return nil
	}
	next := *v.file
	next.Setup = ""
	return v.write(&next)
}

// Wait is how long the next try with a passphrase has to wait.
func (v *Vault) Wait() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tries.left(v.opts.Now())
}

// Unlock opens the vault with a passphrase. Errors: *WaitError, *WrongError, ErrDamaged.
func (v *Vault) Unlock(staffNo, passphrase string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.tryPassphrase(passphrase, func(key [32]byte) (bool, error) {
		c, err := v.unsealContents(key)
		if err != nil || c.StaffNo != "" && plainStaffNo(c.StaffNo) != plainStaffNo(staffNo) {
			return false, err
		}
		v.opened(key, c)
		return true, nil
	})
	if err != nil {
		return err
	}
	if v.file.Ask {
		next := *v.file
		next.Ask = false
		_ = v.write(&next) // on a full disk it asks again next time: to refuse the right passphrase would be worse
	}
	return nil
}

// UnlockWords opens the vault with the recovery words. Errors: keys.ErrBox for another person's, ErrNoSlot, ErrDamaged.
func (v *Vault) UnlockWords(root keys.Root) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	s, ok := v.file.slot(slotRecovery)
	if !ok {
		return ErrNoSlot
	}
	key, err := keys.OpenRecovery(root, [16]byte(v.file.ID), s.Box)
	if err != nil {
		return fmt.Errorf("open vault: %w", err)
	}
	c, err := v.unsealContents(key)
	if err != nil {
		return err
	}
	v.opened(key, c)
	return nil
}

// Lock forgets the keys. ask demands the passphrase the next time, whatever the keychain holds.
func (v *Vault) Lock(ask bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open, v.key, v.contents = false, [32]byte{}, Contents{}
	if !ask || v.file.Ask {
		return nil
	}
	if _, remembered := v.file.slot(slotKeychain); !remembered {
		return nil
	}
	next := *v.file
	next.Ask = true
	return v.write(&next)
}

// Open tells whether the keys are here.
func (v *Vault) Open() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.open
}

// Contents are those of an open vault.
func (v *Vault) Contents() Contents {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.contents
}

// Update changes the contents of an open vault.
func (v *Vault) Update(change func(*Contents)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open {
		return errors.New("the vault is closed")
	}
	next, c := *v.file, v.contents
	change(&c)
	if c == v.contents {
		return nil
	}
	if err := v.sealContents(&next, c); err != nil {
		return err
	}
	if err := v.write(&next); err != nil {
		return err
	}
	v.contents = c
	return nil
}

// Seal encrypts something that is to lie in the data folder, for one purpose.
func (v *Vault) Seal(purpose string, plain []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.open {
		return nil, errors.New("the vault is closed")
	}
	return seal(derive(v.key, purpose), v.file.ID, plain), nil
}

// Unseal is the reverse of Seal. The error wraps ErrDamaged.
func (v *Vault) Unseal(purpose string, sealed []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	plain, ok := unseal(derive(v.key, purpose), v.file.ID, sealed)
	if !v.open || !ok {
		return nil, fmt.Errorf("%w: %s does not belong to it", ErrDamaged, purpose)
	}
	return plain, nil
}

func (v *Vault) sealContents(f *file, c Contents) error {
	b, err := op.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode vault: %w", err)
	}
	f.Contents = seal(derive(v.key, "contents"), f.ID, b)
	return nil
}

func (v *Vault) unsealContents(key [32]byte) (Contents, error) {
	plain, ok := unseal(derive(key, "contents"), v.file.ID, v.file.Contents)
	var c Contents
	if !ok || op.Unmarshal(plain, &c) != nil {
		return Contents{}, fmt.Errorf("%w: contents", ErrDamaged)
	}
	return c, nil
}

func (v *Vault) opened(key [32]byte, c Contents) { v.open, v.key, v.contents = true, key, c }
