package authority

import (
	"crypto/sha256"
	"math/bits"
	"slices"
)

// key is what a trie is looked up by: ids, which are hashes.
type key interface{ ~[16]byte | ~[32]byte }

// trie is a map whose versions share what they have in common, so that a state of 50,000 ops costs a few nodes more than
// the one before. Its form depends on the contents alone. A branch has 16 slots, 4 bits of the key per level.
//
// The writer changes nodes in place until it calls share; what it shared then never changes.
type trie[K key, V any] struct {
	root *branch[K, V]
	own  *byte // marks the nodes made since share
}

type branch[K key, V any] struct {
	own   *byte
	used  uint16 // which slots there are
	slots []leaf[K, V]
	sum   [32]byte // see digest
	known bool     // sum is up to date
}

type leaf[K key, V any] struct {
	key  K
	val  V
	down *branch[K, V] // not nil: more than one key
}

// share returns the present version.
func (t *trie[K, V]) share() trie[K, V] {
	t.own = nil
	return trie[K, V]{root: t.root}
}

func nibble[K key](k K, level int) int { return int(k[level/2]) >> (4 * (1 - level%2)) & 15 }

func (b *branch[K, V]) index(n int) (int, bool) {
	return bits.OnesCount16(b.used & (1<<n - 1)), b.used>>n&1 == 1
}

func (t *trie[K, V]) get(k K) (v V, ok bool) {
	b := t.root
	for level := 0; b != nil; level++ {
		i, found := b.index(nibble(k, level))
		if !found {
			return v, false
		}
		s := &b.slots[i]
		if s.down == nil {
			if s.key == k {
				return s.val, true
			}
			return v, false
		}
		b = s.down
	}
	return v, false
}

func (t *trie[K, V]) set(k K, v V) {
	if t.own == nil {
		t.own = new(byte)
	}
	t.root = t.put(t.root, k, v, 0)
}

// mine returns a branch that the writer may change.
func (t *trie[K, V]) mine(b *branch[K, V]) *branch[K, V] {
	switch {
	case b == nil:
		return &branch[K, V]{own: t.own}
	case b.own == t.own:
		b.known = false
		return b
	}
	return &branch[K, V]{own: t.own, used: b.used, slots: slices.Clone(b.slots)}
}

func (t *trie[K, V]) put(b *branch[K, V], k K, v V, level int) *branch[K, V] {
	b = t.mine(b)
	n := nibble(k, level)
	i, found := b.index(n)
	if !found {
		b.slots = slices.Insert(b.slots, i, leaf[K, V]{key: k, val: v})
		b.used |= 1 << n
		return b
	}
	s := &b.slots[i]
	switch {
	case s.down != nil:
		s.down = t.put(s.down, k, v, level+1)
	case s.key == k:
		s.val = v
	default:
		down := t.put(nil, s.key, s.val, level+1)
		*s = leaf[K, V]{down: t.put(down, k, v, level+1)}
	}
	return b
}

// drop removes a key.
func (t *trie[K, V]) drop(k K) {
	if _, ok := t.get(k); !ok {
		return
	}
	if t.own == nil {
		t.own = new(byte)
	}
	if t.root = t.cut(t.root, k, 0); len(t.root.slots) == 0 {
		t.root = nil
	}
}

func (t *trie[K, V]) cut(b *branch[K, V], k K, level int) *branch[K, V] {
	b = t.mine(b)
	n := nibble(k, level)
	i, _ := b.index(n)
	s := &b.slots[i]
	if s.down != nil {
		s.down = t.cut(s.down, k, level+1)
		if len(s.down.slots) == 1 && s.down.slots[0].down == nil {
			*s = s.down.slots[0] // the form must not tell that there was more
		}
		return b
	}
	b.slots = slices.Delete(b.slots, i, i+1)
	b.used &^= 1 << n
	return b
}

// each calls fn for every entry in the order of the keys.
func (t *trie[K, V]) each(fn func(K, V)) { t.root.each(fn) }

func (b *branch[K, V]) each(fn func(K, V)) {
	if b == nil {
		return
	}
	for i := range b.slots {
		if s := &b.slots[i]; s.down != nil {
			s.down.each(fn)
		} else {
			fn(s.key, s.val)
		}
	}
}

// digest is equal for tries with equal contents. Only the writer may ask.
func digest[K key](t *trie[K, [32]byte]) [32]byte {
	if t.root == nil {
		return [32]byte{}
	}
	return sum(t.root)
}

func sum[K key](b *branch[K, [32]byte]) [32]byte {
	if b.known {
		return b.sum
	}
	h := sha256.New()
	h.Write([]byte{byte(b.used >> 8), byte(b.used)})
	for i := range b.slots {
		s := &b.slots[i]
		if s.down != nil {
			down := sum(s.down)
			h.Write([]byte{1})
			h.Write(down[:])
			continue
		}
		h.Write([]byte{0})
		for level := range len(s.key) {
			h.Write([]byte{s.key[level]})
		}
		h.Write(s.val[:])
	}
	h.Sum(b.sum[:0])
	b.known = true
	return b.sum
}
