package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
)

// This file makes the keys of a recovery council when a team is founded. Each is 24 words for one person, who keeps them on
// paper; enough of them together replace an owner who is lost. Until the founder has handed them out they lie sealed in the data
// folder, and then nowhere.

const (
	councilFile    = "council.sealed"
	councilPurpose = "council"
	// councilNeeded is how many holders act together.
	councilNeeded = 2
)

// newCouncil makes a council of n keys, none for 0, and keeps their seeds under the vault. Fault: council.size.
func (a *App) newCouncil(v *vault.Vault, n int) (authority.Council, error) {
	if n == 0 {
		return authority.Council{}, nil
	}
	if err := councilSize(n); err != nil {
		return authority.Council{}, err
	}
	seeds := make([][32]byte, n)
	council := authority.Council{K: councilNeeded}
	for i := range seeds {
		_, _ = rand.Read(seeds[i][:])
		council.Keys = append(council.Keys, keys.CouncilKey(seeds[i]).Public().(ed25519.PublicKey))
	}
	plain, err := json.Marshal(seeds)
	if err != nil {
		return authority.Council{}, fmt.Errorf("keep the council's words: %w", err)
	}
	sealed, err := v.Seal(councilPurpose, plain)
	if err != nil {
		return authority.Council{}, fmt.Errorf("keep the council's words: %w", err)
	}
	return council, writeFile(a.path(councilFile), sealed)
}

func councilSize(n int) error {
	if n != 0 && (n < councilNeeded || n > authority.MaxCouncil) {
		return fault.New("council.size", "least", councilNeeded, "most", authority.MaxCouncil)
	}
	return nil
}

// CouncilWords shows the words of each key of the recovery council, 24 for each holder, to the founder and against the
// passphrase. Faults: vault.wrong, vault.wait, vault.words_gone where there is no council or its words were handed out.
func (p *API) CouncilWords(passphrase string) ([][]string, error) {
	a := p.a
	_, v, err := a.withVault()
	if err != nil {
		return nil, err
	}
	sealed, err := os.ReadFile(a.path(councilFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New("vault.words_gone")
	}
	if err != nil {
		return nil, fmt.Errorf("read the council's words: %w", err)
	}
	if err := v.Verify(passphrase); err != nil {
		return nil, vaultFault(err)
	}
	plain, err := v.Unseal(councilPurpose, sealed)
	var seeds [][32]byte
	if err == nil {
		err = json.Unmarshal(plain, &seeds)
	}
	if err != nil {
		return nil, fmt.Errorf("read the council's words: %w", err)
	}
	out := make([][]string, len(seeds))
	for i, seed := range seeds {
		out[i] = keys.Words(seed)
	}
	return out, nil
}

// ForgetCouncilWords removes them from this device, once they were handed out.
func (p *API) ForgetCouncilWords() error {
	if _, _, err := p.a.withVault(); err != nil {
		return err
	}
	return remove(p.a.path(councilFile))
}
