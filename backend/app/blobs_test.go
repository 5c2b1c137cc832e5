package app

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongzhou/backend/fault"
)

func photograph(t *testing.T, edge int) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, edge, edge)), nil); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// picture is somebody's photograph as a person's device shows it, "" for none.
func (p *person) picture(of string) string {
	m, err := p.org().Member(of)
	if err != nil || !m.PictureHere {
		return ""
	}
	d, err := p.org().Picture(of)
	if err != nil {
		p.t.Errorf("%s reads a picture: %v", p.name, err)
	}
	return d.Data
}

func (p *person) chunks() []string {
	p.t.Helper()
	entries, err := os.ReadDir(filepath.Join(p.dir, blobFolder))
	if err != nil && !os.IsNotExist(err) {
		p.t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Join(p.dir, blobFolder, e.Name()))
	}
	return out
}

// One person sets a picture while another is away; that one gets it from a third, after the first has gone.
func TestR3C4APictureComesFromWhoeverHasIt(t *testing.T) {
	t.Parallel()
	a, b, c := newPerson(t, "张三"), newPerson(t, "李四"), newPerson(t, "王五")
	a.found()
	b.joined(a.invite(), "A002")
	c.joined(a.invite(), "A003")
	a.synced(2)
	c.keepPort()
	c.stop()
	if err := a.org().SetPicture(photograph(t, 256)); err != nil {
		t.Fatal(err)
	}
	user := a.user()
	own := a.picture(user)
	if !strings.HasPrefix(own, "data:image/jpeg;base64,") {
		t.Fatalf("own picture: %.40s", own)
	}
	b.until("the picture is there", func() bool { return b.picture(user) == own })
	a.stop()
	c.start()
	c.until("the picture came from a colleague", func() bool { return c.picture(user) == own })
	c.verified()

	// What lies in the folder is no picture to whoever has the folder only.
	for _, path := range c.chunks() {
		if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte{0xff, 0xd8, 0xff}) {
			t.Errorf("%s holds a picture in clear, or %v", filepath.Base(path), err)
		}
	}

	// It is there after a restart, and fetched again when the file was damaged.
	c.stop()
	path := c.chunks()[0]
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	c.start()
	if _, err := c.org().Picture(user); fault.Code(err) != "blob.missing" {
		t.Errorf("a damaged chunk: %v", err)
	}
	c.until("it was fetched again", func() bool { return c.picture(user) == own })

	// Taken away, it is gone everywhere.
	a.start()
	if err := a.org().RemovePicture(user); err != nil {
		t.Fatal(err)
	}
	b.until("it is taken away", func() bool { return b.picture(user) == "" })
}
