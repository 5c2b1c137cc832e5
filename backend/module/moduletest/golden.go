package moduletest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// golden is the file of one op type: what was once written must be read for ever.
type golden struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"` // for readers
	CBOR  string          `json:"cbor"`  // hex
}

// Golden checks that each sample still has the encoding in testdata/ops, that the encoding passes the kind's Check, and that
// every kind and register of the module has a sample. A missing file is not written: the failure says what to put there.
func Golden(t *testing.T, m module.Module, samples map[string]any) {
	t.Helper()
	seen := map[string]bool{}
	check := func(name string, valid func([]byte) error) {
		seen[name] = true
		sample, ok := samples[name]
		if !ok {
			t.Errorf("%s has no sample", name)
			return
		}
		checkGolden(t, name, sample, valid)
	}
	for _, r := range m.Reducers {
		for _, k := range r.Kinds {
			check(k.Type, k.Check)
		}
	}
	for _, r := range m.Registers {
		check(r.Key, nil)
	}
	for name := range samples {
		if !seen[name] {
			t.Errorf("the module knows no %s", name)
		}
	}
}

func checkGolden(t *testing.T, name string, sample any, valid func([]byte) error) {
	t.Helper()
	enc, err := op.Marshal(sample)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if valid != nil {
		if err := valid(enc); err != nil {
			t.Errorf("%s: the sample is refused: %v", name, err)
		}
	}
	path := filepath.Join("testdata", "ops", strings.ReplaceAll(name, "/", "-")+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v; a new type of op needs this file:\n%s", err, describe(name, sample, enc))
		return
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	want, err := hex.DecodeString(g.CBOR)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if g.Type != name || !bytes.Equal(enc, want) {
		t.Errorf("%s is now encoded as %x, but ops in the world are %s. A changed meaning is a new type", name, enc, g.CBOR)
	}
}

func describe(name string, sample any, enc []byte) string {
	value, err := json.Marshal(sample)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("{\n  \"type\": %q,\n  \"value\": %s,\n  \"cbor\": \"%x\"\n}\n", name, value, enc)
}
