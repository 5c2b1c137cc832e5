package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"tongzhou/backend/vault"
	"tongzhou/sync/keys"
)

// unlock: from the passphrase to the open vault, at the cost that the app asks for.
func (r *run) unlock() error {
	root, err := keys.NewRoot([32]byte{1})
	if err != nil {
		return err
	}
	dir := filepath.Join(r.tmp, "vault")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	o := vault.Options{Dir: dir}
	v, err := vault.New(o, staffNo, passphrase, root, "")
	if err != nil {
		return err
	}
	if err := v.Save(); err != nil {
		return err
	}
	var own []float64
	for range 3 * max(r.rounds, 3) {
		begin := time.Now()
		v, err := vault.Load(o)
		if err != nil {
			return err
		}
		if err := v.Unlock(staffNo, passphrase); err != nil {
			return err
		}
		own = append(own, float64(time.Since(begin).Microseconds())/1000)
		if !v.Open() {
			return errors.New("the vault is closed")
		}
	}
	r.add(Figure{Name: "unlock_ms", Value: median(own), Unit: "ms", N: len(own), Note: "reach: 300–1500; Argon2id 128 MiB, 8 passes, 4 lanes"})
	return nil
}
