package op

import (
	"encoding/base32"
	"errors"
	"fmt"
)

// ErrID is returned for a text or byte string that is not an identifier of the wanted kind.
var ErrID = errors.New("malformed identifier")

const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

// idEncoding is RFC 4648 base32 in lower case without padding: safe in URLs, file names, DNS labels
// and on the phone.
var idEncoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

func formatText(id []byte) string { return idEncoding.EncodeToString(id) }

// parseText fills dst. One identifier has one text form: line breaks, upper case and stray trailing
// bits, which the base32 decoder would let pass, are refused.
func parseText(kind string, dst []byte, text string) error {
	if len(text) != idEncoding.EncodedLen(len(dst)) {
		return fmt.Errorf("%w: %s of %d characters, want %d", ErrID, kind, len(text), idEncoding.EncodedLen(len(dst)))
	}
	decoded, err := idEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrID, kind, err)
	}
	if len(decoded) != len(dst) || formatText(decoded) != text {
		return fmt.Errorf("%w: %s is not in its canonical form", ErrID, kind)
	}
	copy(dst, decoded)
	return nil
}

func parseBytes(kind string, dst, data []byte) error {
	if len(data) != len(dst) {
		return fmt.Errorf("%w: %s of %d bytes, want %d", ErrID, kind, len(data), len(dst))
	}
	copy(dst, data)
	return nil
}
