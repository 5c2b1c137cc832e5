package apptest

import (
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"testing"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// TestMain bounds the property tests to what a developer waits for; -rapid.checks says otherwise. It also builds the shared
// coders before any test with a made-up clock does.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		_ = flag.Set("rapid.checks", "25")
	}
	if err := warmUp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// warmUp seals and opens a body that is large enough to be compressed.
func warmUp() error {
	e, err := keys.NewEpoch(rand.Reader, op.ScopeID{1})
	if err != nil {
		return err
	}
	key, err := e.BodyKey()
	if err != nil {
		return err
	}
	h := op.Header{Version: op.Version, Kind: op.Content, Seq: 1}
	ct, err := op.SealBody(key, h, make([]byte, 4096))
	if err != nil {
		return err
	}
	_, err = op.OpenBody(key, h, ct)
	return err
}
