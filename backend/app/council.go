package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
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
	return council, durable.Write(a.path(councilFile), sealed)
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
	return durable.Remove(p.a.path(councilFile))
}

// CouncilDTO is the recovery council of the team.
type CouncilDTO struct {
	Needed int        `json:"needed"` // so many holders act together; 0: there is no council
	Keys   int        `json:"keys"`
	Owners []OwnerDTO `json:"owners"` // who can be replaced
}

// OwnerDTO is an owner of the team.
type OwnerDTO struct {
	UserID string `json:"userId"`
	Name   string `json:"name"`
}

// ReplaceOwnerInput is an act of the recovery council.
type ReplaceOwnerInput struct {
	Replaces string     `json:"replaces"` // the owner who is lost
	Subject  string     `json:"subject"`  // who becomes owner
	Words    [][]string `json:"words"`    // of each holder who takes part, 24 each
}

// Council tells of the team's recovery council.
func (p *API) Council() (CouncilDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return CouncilDTO{}, err
	}
	auth, out := t.replica.Authority(), CouncilDTO{Owners: []OwnerDTO{}}
	out.Needed, out.Keys = auth.Council()
	nameOf := p.a.directory.Names()
	for _, u := range auth.Users() {
		if u.Role == authority.Owner {
			out.Owners = append(out.Owners, OwnerDTO{u.ID.String(), nameOf(u.ID)})
		}
	}
	return out, nil
}

// ReplaceOwner makes somebody owner in place of one who is lost, by the words of enough holders together. The words are used and
// not kept. Faults: council.none, council.few {needed}, council.words {holder, word} (0: no single word can be named),
// council.key {holder} for words of no key of this council, council.twice {holder}, council.person.
func (p *API) ReplaceOwner(in ReplaceOwnerInput) error {
	t, err := p.a.ready()
	if err != nil {
		return err
	}
	auth := t.replica.Authority()
	needed, n := auth.Council()
	if n == 0 {
		return fault.New("council.none")
	}
	subject, err1 := op.ParseUserID(in.Subject)
	replaces, err2 := op.ParseUserID(in.Replaces)
	if err1 != nil || err2 != nil || subject == replaces || auth.Role(subject) == authority.None || auth.Role(replaces) != authority.Owner {
		return fault.New("council.person")
	}
	if len(in.Words) < needed || len(in.Words) > n {
		return fault.New("council.few", "needed", needed)
	}
	council := make([]ed25519.PrivateKey, 0, len(in.Words))
	used := map[uint8]bool{}
	for i, words := range in.Words {
		seed, err := keys.ParseWords(words)
		if err != nil {
			word := 0
			if wrong, ok := errors.AsType[*keys.WordError](err); ok {
				word = wrong.Position
			}
			return fault.Wrap("council.words", err, "holder", i+1, "word", word)
		}
		key := keys.CouncilKey(seed)
		index, of := auth.CouncilIndex(key.Public().(ed25519.PublicKey))
		switch {
		case !of:
			return fault.New("council.key", "holder", i+1)
		case used[index]:
			return fault.New("council.twice", "holder", i+1)
		}
		used[index] = true
		council = append(council, key)
	}
	return storeFault(t.replica.ReplaceOwner(context.Background(), subject, replaces, council))
}
