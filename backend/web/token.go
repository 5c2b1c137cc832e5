package web

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
)

// tokenSize is the entropy of a token in bytes.
const tokenSize = 32

// Token is the secret that a request under /api must carry.
type Token string

// NewToken reads a fresh token from random. The text is safe in a URL.
func NewToken(random io.Reader) (Token, error) {
	var secret [tokenSize]byte
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return "", fmt.Errorf("make access token: %w", err)
	}
	return Token(base64.RawURLEncoding.EncodeToString(secret[:])), nil
}

// matches compares in constant time, so that answers do not tell how much of a guess was right.
func (t Token) matches(guess string) bool {
	return t != "" && subtle.ConstantTimeCompare([]byte(t), []byte(guess)) == 1
}
