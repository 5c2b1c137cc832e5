package app

import (
	"errors"
	"strings"

	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// ResetPassphraseInput sets a new passphrase by the recovery words.
type ResetPassphraseInput struct {
	Words []string `json:"words"`
	Next  string   `json:"next"`
}

// ResetPassphrase opens a locked device by the recovery words and sets a new passphrase. Faults: vault.words {word}, the number
// of the wrong one or 0, vault.weak {problems}, vault.none.
func (p *API) ResetPassphrase(in ResetPassphraseInput) (StateDTO, error) {
	root, err := rootOfWords(in.Words)
	if err != nil {
		return StateDTO{}, err
	}
	return p.resetPassphrase(in.Next, func(v *vault.Vault) error { return v.UnlockWords(root) })
}

// resetPassphrase opens a locked device in another way than by its passphrase, and sets a new one. Faults: those of open,
// vault.weak {problems}, vault.none.
func (p *API) resetPassphrase(next string, open func(v *vault.Vault) error) (StateDTO, error) {
	// Whose it is is only known once it is open, so staff number and name are judged there.
	if err := p.a.strong(next, vault.Person{}); err != nil {
		return StateDTO{}, err
	}
	locked := false
	err := p.a.unlock(func(v *vault.Vault) error {
		locked = true
		if err := open(v); err != nil {
			return err
		}
		if err := p.a.strong(next, vault.Person{StaffNo: v.Contents().StaffNo}); err != nil {
			return errors.Join(err, v.Lock(false))
		}
		return v.SetPassphrase(next)
	})
	if err == nil && !locked { // at another window, meanwhile: the passphrase is the one before
		err = fault.New("vault.none")
	}
	if err != nil {
		return StateDTO{}, err
	}
	return p.State()
}

// rootOfWords reads recovery words. Fault: vault.words {word}.
func rootOfWords(words []string) (keys.Root, error) {
	seed, err := keys.ParseWords(words)
	if err != nil {
		return keys.Root{}, vaultFault(err)
	}
	return keys.NewRoot(seed)
}

// RecoveryWords shows the 24 words that bring the account back. It takes the passphrase, because they are the account. Faults:
// vault.wrong, vault.wait, vault.words_gone once they were confirmed or where they never were, locked, team.none.
func (p *API) RecoveryWords(passphrase string) ([]string, error) {
	t, v, err := p.a.withVault()
	if err != nil {
		return nil, err
	}
	if err := v.Verify(passphrase); err != nil {
		return nil, vaultFault(err)
	}
	if v.Contents().WordsSettled || !t.id.Root.Whole() {
		return nil, fault.New("vault.words_gone")
	}
	return keys.Words(t.id.Root.Seed), nil
}

// ConfirmRecoveryWords checks that the person has them, and then removes from the disk what they stand for. Faults: vault.words
// {word}, vault.words_gone, locked, team.none.
func (p *API) ConfirmRecoveryWords(words []string) error {
	a := p.a
	seed, err := keys.ParseWords(words)
	if err != nil {
		return vaultFault(err)
	}
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	t, v, err := a.withVault()
	if err != nil {
		return err
	}
	if v.Contents().WordsSettled || !t.id.Root.Whole() {
		return fault.New("vault.words_gone")
	}
	if !sameSeed(seed, t.id.Root.Seed) {
		return fault.New("vault.words", "word", firstDifference(words, keys.Words(t.id.Root.Seed)))
	}
	if err := a.dropSeed(t.id, v); err != nil {
		return storeFault(err)
	}
	a.bus.Publish("state", nil)
	return nil
}

// dropSeed removes the seed from the disk. In memory it stays until the device is locked.
func (a *App) dropSeed(id *keys.Identity, v *vault.Vault) error {
	seedless := *id
	seedless.Root = id.Root.Public()
	if err := a.saveSealed(v, identityFile, &seedless); err != nil {
		return err
	}
	return v.Update(func(c *vault.Contents) { c.WordsSettled = true })
}

func firstDifference(words, right []string) int {
	for i := range right {
		if !strings.EqualFold(strings.TrimSpace(words[i]), right[i]) {
			return i + 1
		}
	}
	return 0
}
