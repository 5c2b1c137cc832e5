package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tongzhou/backend/fault"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// three is a set of three runs and the device that wrote it.
func three(t *testing.T) (*device, *stick, *Set) {
	t.Helper()
	d := newDevice(t)
	t.Cleanup(d.close)
	usb := newStick()
	s, _ := newSet(t, usb)
	for range 3 {
		d.add(feedKey(0), 3, 40)
		d.add(feedKey(1), 2, 40)
		d.register(1)
		d.mustTake(s)
	}
	return d, usb, s
}

// whole reads everything.
func whole(s *Set) error {
	c, err := s.Chain(0)
	if err != nil {
		return err
	}
	return s.Check(context.Background(), c, nil)
}

// U3: each kind of damage is told from others where it can be, with the file, and nothing is read as if it were good.
func TestU3BadBackups(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		bad  func(usb, other *stick)
		code string
		file string
	}{
		{"data cut off in a record", func(usb, _ *stick) { usb.cut("000002.data", -20) }, "backup.cut", "000002.data"},
		{"data cut off between records", func(usb, _ *stick) { usb.cut("000002.data", headSize) }, "backup.cut", "000002.data"},
		{"data cut off in the head", func(usb, _ *stick) { usb.cut("000002.data", 5) }, "backup.cut", "000002.data"},
		{"data longer", func(usb, _ *stick) { f := usb.files["000002.data"]; f.data = append(f.data, 0) }, "backup.altered", "000002.data"},
		{"data changed", func(usb, _ *stick) { usb.files["000002.data"].data[200] ^= 1 }, "backup.altered", "000002.data"},
		{"length of a record changed", func(usb, _ *stick) { usb.files["000002.data"].data[headSize] = 255 }, "backup.altered", "000002.data"},
		{"records exchanged", func(usb, _ *stick) { usb.swapRecords("000002.data") }, "backup.altered", "000002.data"},
		{"data of another run", func(usb, _ *stick) { usb.files["000002.data"] = usb.files["000003.data"] }, "backup.altered", "000002.data"},
		{"data of another set", func(usb, other *stick) { usb.files["000002.data"] = other.files["000002.data"] }, "backup.foreign", "000002.data"},
		{"data gone", func(usb, _ *stick) { delete(usb.files, "000002.data") }, "backup.missing", "000002.data"},
		{"manifest cut off", func(usb, _ *stick) { usb.cut("000002.manifest", -1) }, "backup.altered", "000002.manifest"},
		{"manifest cut off in the head", func(usb, _ *stick) { usb.cut("000002.manifest", 9) }, "backup.cut", "000002.manifest"},
		{"manifest changed", func(usb, _ *stick) { usb.files["000002.manifest"].data[90] ^= 1 }, "backup.altered", "000002.manifest"},
		{"manifest of another run", func(usb, _ *stick) { usb.files["000002.manifest"] = usb.files["000001.manifest"] }, "backup.altered", "000002.manifest"},
		{"manifest of another set", func(usb, other *stick) { usb.files["000002.manifest"] = other.files["000002.manifest"] }, "backup.foreign", "000002.manifest"},
		{"manifest gone", func(usb, _ *stick) { delete(usb.files, "000002.manifest") }, "backup.missing", "000002.manifest"},
		{"manifest empty", func(usb, _ *stick) { usb.cut("000003.manifest", 0) }, "backup.cut", "000003.manifest"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, usb, s := three(t)
			_, other, _ := three(t)
			if err := whole(s); err != nil {
				t.Fatal(err)
			}
			c.bad(usb, other)
			err := whole(s)
			wantFault(t, err, c.code)
			if file := fault.Params(err)["file"]; file != c.file {
				t.Errorf("names %s", file)
			}
			first, err := s.Chain(1) // what is before the damage can still be read
			if err != nil || s.Check(context.Background(), first, nil) != nil {
				t.Errorf("the first run: %v", err)
			}
		})
	}
}

// U3: the same device's runs, each good by itself, do not make a chain in another order.
func TestU3RunsOfAnotherHistory(t *testing.T) {
	t.Parallel()
	d, usb, s := three(t)
	kept := usb.files["000003.manifest"]
	data := usb.files["000003.data"]
	delete(usb.files, "000003.manifest")
	delete(usb.files, "000002.manifest")
	d.mustTake(s) // run 2 again, with another history behind it
	usb.files["000003.manifest"], usb.files["000003.data"] = kept, data
	err := whole(s)
	wantFault(t, err, "backup.foreign")
}

// U3: any single changed byte of any file is noticed.
func TestU3AnyByte(t *testing.T) {
	t.Parallel()
	_, usb, s := three(t)
	for name, f := range usb.files {
		for at := range f.data {
			f.data[at] ^= 0x40
			_, opened := OpenPassphrase(usb, passphrase)
			if err := whole(s); err == nil && opened == nil {
				t.Fatalf("byte %d of %s", at, name)
			}
			f.data[at] ^= 0x40
			if at > 300 { // the rest is the same
				break
			}
		}
	}
}

func (s *stick) cut(name string, at int) {
	f := s.files[name]
	if at < 0 {
		at += len(f.data)
	}
	f.data = f.data[:at]
}

// swapRecords exchanges the first two records of a run.
func (s *stick) swapRecords(name string) {
	b := s.files[name].data
	one := 4 + int(binary.BigEndian.Uint32(b[headSize:]))
	two := 4 + int(binary.BigEndian.Uint32(b[headSize+one:]))
	first := bytes.Clone(b[headSize : headSize+one])
	copy(b[headSize:], b[headSize+one:headSize+one+two])
	copy(b[headSize+two:], first)
}

// U4: passphrase and words open it, and nothing else does.
func TestU4WhoOpensIt(t *testing.T) {
	t.Parallel()
	usb := newStick()
	s, root := newSet(t, usb)
	for name, open := range map[string]func() (*Set, error){
		"passphrase": func() (*Set, error) { return OpenPassphrase(usb, passphrase) },
		"words":      func() (*Set, error) { return OpenWords(usb, root) },
		"key":        func() (*Set, error) { return Open(usb, s.id, s.key) },
	} {
		if got, err := open(); err != nil || got.key != s.key || got.id != s.id {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := keys.NewRoot([32]byte{4})
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenPassphrase(usb, passphrase+" ")
	wantFault(t, err, "backup.passphrase")
	_, err = OpenWords(usb, other)
	wantFault(t, err, "backup.words")
	_, err = Open(usb, SetID{1}, s.key)
	wantFault(t, err, "backup.foreign")
	usb.cut(keyFile, 100)
	_, err = OpenPassphrase(usb, passphrase)
	wantFault(t, err, "backup.altered")
	delete(usb.files, keyFile)
	_, err = OpenPassphrase(usb, passphrase)
	wantFault(t, err, "backup.none")
}

// U4: a hostile key file takes neither memory nor time.
func TestU4CostIsBounded(t *testing.T) {
	t.Parallel()
	usb := newStick()
	newSet(t, usb)
	var k sealedKey
	if err := op.Unmarshal(usb.files[keyFile].data, &k); err != nil {
		t.Fatal(err)
	}
	k.Params.Memory = 1 << 30
	var err error
	if k.Check, err = k.check(); err != nil {
		t.Fatal(err)
	}
	if usb.files[keyFile].data, err = op.Marshal(k); err != nil {
		t.Fatal(err)
	}
	_, err = OpenPassphrase(usb, passphrase)
	wantFault(t, err, "backup.altered")
}

// U4: nothing of what was written, and no key, is in the files.
func TestU4NothingInClear(t *testing.T) {
	t.Parallel()
	d, usb, s := three(t)
	d.note(1, "a secret note that is long enough")
	d.mustTake(s)
	for name, f := range usb.files {
		for _, secret := range []string{"secret note", "who this is", "a vault", "register", passphrase, string(s.key[:])} {
			if bytes.Contains(f.data, []byte(secret)) {
				t.Errorf("%s holds %.12q", name, secret)
			}
		}
	}
}

// The system's ways of saying that a stick is full, protected or gone become what people are told.
func TestErrorsOfFolders(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	t.Cleanup(d.close)
	d.add(feedKey(0), 5, 100)
	for _, c := range []struct {
		err  syscall.Errno
		code string
	}{
		{syscall.ENOSPC, "backup.full"},
		{syscall.EROFS, "backup.readonly"},
		{syscall.EACCES, "backup.readonly"},
		{syscall.EIO, "backup.unplugged"},
		{syscall.ENODEV, "backup.unplugged"},
		{syscall.ENOENT, "backup.unplugged"},
	} {
		for calls := range 6 {
			usb := newStick()
			s, _ := newSet(t, usb)
			usb.calls, usb.gone = calls, c.err
			_, err := d.take(context.Background(), s)
			wantFault(t, err, c.code)
			if fault.Params(err)["folder"] != usb.Path() {
				t.Errorf("names %v", fault.Params(err))
			}
		}
	}
}

// A folder is looked for where the person says, and nowhere is one made that was not asked for.
func TestFindingSets(t *testing.T) {
	t.Parallel()
	chosen := t.TempDir()
	_, err := Find(chosen)
	wantFault(t, err, "backup.none")
	_, err = Find(filepath.Join(chosen, "not plugged in"))
	wantFault(t, err, "backup.unplugged")
	_, err = MakeFolder(filepath.Join(chosen, "not plugged in"), SetID{1})
	wantFault(t, err, "backup.unplugged")
	if _, err := os.Stat(filepath.Join(chosen, "not plugged in")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a folder was made where the stick should be")
	}
	made := func(id SetID) string {
		disk, err := MakeFolder(chosen, id)
		if err != nil {
			t.Fatal(err)
		}
		newSet(t, disk)
		return string(disk)
	}
	one := made(SetID{1})
	for _, in := range []string{chosen, one} {
		if got, err := Find(in); err != nil || got != one {
			t.Errorf("found %s, %v", got, err)
		}
	}
	two := made(SetID{2})
	_, err = Find(chosen)
	wantFault(t, err, "backup.several")
	for _, path := range []string{one, two} {
		if !strings.Contains(fault.Params(err)["names"], filepath.Base(path)) {
			t.Errorf("names %v", fault.Params(err))
		}
	}
}

// Only what is new is written; after a year a chain begins anew, and the old one goes when that was read back.
func TestRunsAreIncremental(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	t.Cleanup(d.close)
	usb := newStick()
	s, _ := newSet(t, usb)
	d.add(feedKey(0), 1000, 200)
	first := d.mustTake(s).Last()
	d.add(feedKey(0), 1, 200)
	c := d.mustTake(s)
	if second := c.Last(); second.Ops != 1 || second.DataSize > first.DataSize/50 {
		t.Errorf("run 2 has %d ops, %d of %d bytes", second.Ops, second.DataSize, first.DataSize)
	}
	for len(c.Runs) < maxRuns {
		c = d.mustTake(s)
	}
	before := d.mustTake(s)
	if before.Last().Base != maxRuns+1 || before.Ops() != 1001 {
		t.Fatalf("run %d of base %d has %d ops", before.Last().No, before.Last().Base, before.Ops())
	}
	if _, err := s.Chain(maxRuns); err != nil {
		t.Fatalf("the old chain: %v", err)
	}
	if err := s.Prune(before); err != nil {
		t.Fatal(err)
	}
	names, err := usb.Names()
	if err != nil || !slices.Equal(names, []string{"000053.data", "000053.manifest", keyFile}) {
		t.Errorf("left: %v, %v", names, err)
	}
	if got := difference(read(t, s, before), d.contents()); got != "" {
		t.Error(got)
	}
}

// A set of another device is not written to.
func TestNotTheSameDevice(t *testing.T) {
	t.Parallel()
	d, _, s := three(t)
	src := d.source()
	src.Device = op.DeviceID{9}
	_, err := Take(context.Background(), s, src, nil)
	wantFault(t, err, "backup.foreign")
}

// What a file claims is bounded before anything is allocated.
func FuzzRecord(f *testing.F) {
	good, err := (&Record{Kind: KindRows, Name: "note", Columns: []string{"a"}, Rows: [][]any{{int64(1)}}}).marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(Join([][]byte{{1}, {2, 3}}))
	sum := sha256.Sum256(good)
	f.Add(sum[:])
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := parseRecord(b); err == nil {
			for _, row := range r.Rows {
				if len(row) != len(r.Columns) {
					t.Error("a row of another width")
				}
			}
		}
		if list, err := Split(b); err == nil && !bytes.Equal(Join(list), b) {
			t.Error("split and joined is another")
		}
		s := &Set{}
		if _, err := s.openManifest(b, 1); err == nil {
			t.Error("an unsealed manifest")
		}
	})
}
