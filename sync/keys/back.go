package keys

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/op"
)

// backSize is the length of a parent's key sealed under the new one: nonce, key, tag.
const backSize = chacha20poly1305.NonceSizeX + 32 + chacha20poly1305.Overhead

// ErrBack is returned when a parent's key does not come out of the epoch that follows it.
var ErrBack = errors.New("key of an earlier epoch does not open")

// backKey encrypts the keys of earlier epochs.
func (e *Epoch) backKey() (cipher.AEAD, error) {
	key := derive(e.Key[:], "back")
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, fmt.Errorf("back key: %w", err)
	}
	return aead, nil
}

// sealBack encrypts the parents' keys under e, in the order of e.Parents.
func (e *Epoch) sealBack(random io.Reader, parents []Epoch) ([][]byte, error) {
	keys := make(map[op.EpochRef][32]byte, len(parents))
	for _, p := range parents {
		keys[p.Ref] = p.Key
	}
	aead, err := e.backKey()
	if err != nil {
		return nil, err
	}
	back := make([][]byte, 0, len(e.Parents))
	for _, ref := range e.Parents {
		key, ok := keys[ref]
		if !ok {
			return nil, fmt.Errorf("%w: key of parent %s is missing", ErrEpoch, ref)
		}
		sealed := make([]byte, aead.NonceSize(), backSize)
		if _, err := io.ReadFull(random, sealed); err != nil {
			return nil, fmt.Errorf("read nonce: %w", err)
		}
		back = append(back, aead.Seal(sealed, sealed, key[:], ref[:]))
	}
	return back, nil
}

// openBack returns the key of the i-th parent. n is e's announcement.
func (e *Epoch) openBack(n *EpochNew, i int) ([32]byte, error) {
	aead, err := e.backKey()
	if err != nil {
		return [32]byte{}, err
	}
	sealed := n.Back[i]
	if len(sealed) != backSize {
		return [32]byte{}, ErrBack
	}
	key, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], n.Parents[i][:])
	if err != nil {
		return [32]byte{}, ErrBack
	}
	return [32]byte(key), nil
}

// Ancestors follows back from e and returns every earlier epoch it can open, nearest first. find gives
// the announcement of an epoch; one that has not arrived yet is passed over, call again when it has. The
// error wraps ErrBack or ErrCommit where an announcement hands on a wrong key, and comes together with
// the epochs that could be opened elsewhere.
func (e *Epoch) Ancestors(find func(op.EpochRef) (EpochNew, bool)) ([]Epoch, error) {
	var wrong error
	seen := map[op.EpochRef]bool{e.Ref: true}
	all := []Epoch{*e}
	for i := 0; i < len(all); i++ {
		child := &all[i]
		n, ok := find(child.Ref)
		if !ok || n.Scope != child.Scope || len(n.Back) != len(n.Parents) {
			continue
		}
		var found []Epoch
		for k, ref := range n.Parents {
			parent, ok := find(ref)
			if !ok || seen[ref] || parent.Scope != child.Scope {
				continue
			}
			opened, err := child.openParent(&n, k, &parent)
			if err != nil {
				wrong = errors.Join(wrong, fmt.Errorf("epoch %s after %s: %w", child.Ref, ref, err))
				continue
			}
			seen[ref] = true
			found = append(found, opened)
		}
		all = append(all, found...) // last, child points into all
	}
	return all[1:], wrong
}

func (e *Epoch) openParent(n *EpochNew, i int, parent *EpochNew) (Epoch, error) {
	key, err := e.openBack(n, i)
	if err != nil {
		return Epoch{}, err
	}
	return parent.add().epoch(key)
}
