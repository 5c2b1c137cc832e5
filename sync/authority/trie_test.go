package authority

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// A trie answers as a map would, what was shared does not change, and equal contents have equal digests.
func TestTriesAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr trie[[32]byte, [32]byte]
		plain := map[[32]byte][32]byte{}
		var versions []trie[[32]byte, [32]byte]
		var copies []map[[32]byte][32]byte
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			var k [32]byte // few keys, many with a long common beginning
			k[0], k[31] = rapid.Byte().Draw(t, "first")&0x13, rapid.Byte().Draw(t, "last")&0x11
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				tr.drop(k)
				delete(plain, k)
			case 1:
				digest(&tr)
				versions, copies = append(versions, tr.share()), append(copies, maps.Clone(plain))
			default:
				v := [32]byte{rapid.Byte().Draw(t, "value")}
				tr.set(k, v)
				plain[k] = v
			}
		}
		versions, copies = append(versions, tr.share()), append(copies, plain)
		for i := range versions {
			got := map[[32]byte][32]byte{}
			versions[i].each(func(k, v [32]byte) { got[k] = v })
			if !maps.Equal(got, copies[i]) {
				t.Fatalf("version %d holds %v, want %v", i, got, copies[i])
			}
			var fresh trie[[32]byte, [32]byte]
			for k, v := range copies[i] {
				fresh.set(k, v)
				if w, ok := versions[i].get(k); !ok || w != v {
					t.Fatalf("version %d lacks %v", i, k)
				}
			}
			if digest(&fresh) != digest(&versions[i]) {
				t.Fatalf("the digest of version %d depends on how it came about", i)
			}
			if _, ok := versions[i].get([32]byte{0xff}); ok {
				t.Fatal("a key that was never set")
			}
		}
	})
}
