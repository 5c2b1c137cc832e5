package vault

import (
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"
)

const service = "tongzhou"

// System is the keychain of the operating system: Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux.
type System struct{}

// Get implements Keychain.
func (System) Get(account string) (string, bool, error) {
	secret, err := keyring.Get(service, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("%w: %w", ErrKeychain, err)
	}
	return secret, true, nil
}

// Set implements Keychain.
func (System) Set(account, secret string) error { return keyring.Set(service, account, secret) }

// Delete implements Keychain.
func (System) Delete(account string) error {
	if err := keyring.Delete(service, account); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return nil
}
