package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// This file lets one device of a person open another whose passphrase is forgotten. Each device tells the person's other devices,
// and nobody else, a secret that opens its vault once; shown on a screen and typed into the other it is a code.

// rescueKey is the register in which a device tells its secret, in the scope of the person's own devices.
const rescueKey = "rescue"

func rescueRegister(self op.ScopeID) replica.RegisterKind {
	return replica.RegisterKind{Key: rescueKey, Apply: func(tx replica.Tx, r replica.RegisterValue) error {
		var secret []byte
		if r.Scope != self || op.Unmarshal(r.Value, &secret) != nil || len(secret) != vault.RescueSize {
			return nil
		}
		if _, err := tx.Exec(`INSERT OR REPLACE INTO app_rescue (device, secret) VALUES (?, ?)`, r.Device[:], secret); err != nil {
			return fmt.Errorf("store rescue secret: %w", err)
		}
		return nil
	}}
}

// rescueOf reads what a device told; none where it told nothing.
func (t *team) rescueOf(ctx context.Context, device op.DeviceID) (secret []byte, err error) {
	err = lateDB{t.app}.Read().QueryRowContext(ctx, `SELECT secret FROM app_rescue WHERE device = ?`, device[:]).Scan(&secret)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read rescue secret: %w", err)
	}
	return secret, nil
}

// tellRescue tells the person's other devices the secret of this one, if they do not have it. Who they are decides which it is:
// a device that was signed out does not keep one that opens anything.
func (t *team) tellRescue(ctx context.Context) {
	v, locked := t.app.theVault()
	if v == nil || locked {
		return
	}
	secret, err := v.Rescue(t.rescuers())
	if err == nil && secret != [vault.RescueSize]byte{} {
		err = t.publishRescue(ctx, secret)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, replica.ErrNoKey) { // the key comes with the history
		t.app.log.Warn("tell own devices how to open this one", "err", err)
	}
}

func (t *team) publishRescue(ctx context.Context, secret [vault.RescueSize]byte) error {
	told, err := t.rescueOf(ctx, t.id.Device.ID)
	if err != nil || string(told) == string(secret[:]) {
		return err
	}
	return t.replica.SetRegister(ctx, t.replica.SelfScope(), rescueKey, secret[:])
}

// rescuers stands for the person's other devices; zero where there are none.
func (t *team) rescuers() [32]byte {
	var others []string
	for _, d := range t.replica.Authority().AllDevices(t.id.Root.ID) {
		if d.ID != t.id.Device.ID && !d.Revoked {
			others = append(others, string(d.ID[:]))
		}
	}
	if len(others) == 0 {
		return [32]byte{}
	}
	slices.Sort(others)
	return sha256.Sum256([]byte(strings.Join(others, "")))
}

// RescueCodeInput asks for the code of another device. The passphrase is that of this one.
type RescueCodeInput struct {
	DeviceID   string `json:"deviceId"`
	Passphrase string `json:"passphrase"`
}

// RescueCode shows the code that opens another device of this person, whose passphrase is forgotten (R15). Faults: rescue.none
// where that device told none, device.unknown, device.gone, vault.wrong, vault.wait, vault.none, locked, team.none.
func (p *API) RescueCode(in RescueCodeInput) (string, error) {
	t, v, err := p.a.withVault()
	if err != nil {
		return "", err
	}
	id, err := op.ParseDeviceID(in.DeviceID)
	if err != nil {
		return "", fault.Wrap("device.unknown", err)
	}
	d, known := t.replica.Authority().Device(id)
	switch {
	case !known || d.User != t.id.Root.ID || id == t.id.Device.ID:
		return "", fault.New("device.unknown")
	case d.Revoked:
		return "", fault.New("device.gone")
	}
	if err := v.Verify(in.Passphrase); err != nil {
		return "", vaultFault(err)
	}
	secret, err := t.rescueOf(context.Background(), id)
	if err != nil {
		return "", storeFault(err)
	}
	if len(secret) != vault.RescueSize {
		return "", fault.New("rescue.none")
	}
	return rescueCode([vault.RescueSize]byte(secret)), nil
}

// ResetByCodeInput sets a new passphrase by the code that another device shows.
type ResetByCodeInput struct {
	Code string `json:"code"`
	Next string `json:"next"`
}

// ResetPassphraseByCode opens a locked device by the code that another device of the person shows, and sets a new passphrase.
// The code opens nothing afterwards. Faults: rescue.length {have, want}, rescue.letter {letter}, rescue.typo, rescue.wrong
// {wait}, vault.wait {wait}, vault.weak {problems}, vault.none.
func (p *API) ResetPassphraseByCode(in ResetByCodeInput) (StateDTO, error) {
	secret, err := parseRescueCode(in.Code)
	if err != nil {
		return StateDTO{}, err
	}
	return p.resetPassphrase(in.Next, func(v *vault.Vault) error { return rescueFault(v.UnlockRescue(secret)) })
}

func rescueFault(err error) error {
	if wrong, ok := errors.AsType[*vault.WrongError](err); ok {
		return fault.New("rescue.wrong", "wait", seconds(wrong.Wait))
	}
	if errors.Is(err, vault.ErrNoSlot) {
		return fault.New("rescue.wrong", "wait", 0)
	}
	return err
}

// A code is the secret and 22 bits that tell typing errors, in six groups of five. No two of its letters look alike.
const (
	rescueLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	rescueLength  = 30
	rescueGroup   = 5
	rescueSumBits = 5*rescueLength - 8*vault.RescueSize
)

func rescueSum(secret [vault.RescueSize]byte) *big.Int {
	sum := sha256.Sum256(append([]byte("tongzhou/rescue/1/sum\x00"), secret[:]...))
	return big.NewInt(int64(binary.BigEndian.Uint32(sum[:]) >> (32 - rescueSumBits)))
}

func rescueCode(secret [vault.RescueSize]byte) string {
	n := new(big.Int).SetBytes(secret[:])
	n.Lsh(n, rescueSumBits).Or(n, rescueSum(secret))
	var b strings.Builder
	for i := range rescueLength {
		if i > 0 && i%rescueGroup == 0 {
			b.WriteByte('-')
		}
		var letter big.Int
		letter.Rsh(n, uint(5*(rescueLength-1-i))).And(&letter, big.NewInt(31))
		b.WriteByte(rescueLetters[letter.Int64()])
	}
	return b.String()
}

// parseRescueCode is the reverse of rescueCode. What is typed for what looks alike is taken for it. Faults: rescue.length,
// rescue.letter, rescue.typo.
func parseRescueCode(code string) (secret [vault.RescueSize]byte, err error) {
	n, have := new(big.Int), 0
	for _, r := range strings.ToUpper(norm.NFKC.String(code)) {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
			continue
		case r == 'O':
			r = '0'
		case r == 'I', r == 'L':
			r = '1'
		}
		digit := strings.IndexRune(rescueLetters, r)
		if digit < 0 {
			return secret, fault.New("rescue.letter", "letter", string(r))
		}
		if have++; have <= rescueLength {
			n.Lsh(n, 5).Or(n, big.NewInt(int64(digit)))
		}
	}
	if have != rescueLength {
		return secret, fault.New("rescue.length", "have", have, "want", rescueLength)
	}
	new(big.Int).Rsh(n, rescueSumBits).FillBytes(secret[:])
	if n.And(n, big.NewInt(1<<rescueSumBits-1)).Cmp(rescueSum(secret)) != 0 {
		return [vault.RescueSize]byte{}, fault.New("rescue.typo")
	}
	return secret, nil
}
