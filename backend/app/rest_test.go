package app

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"tongzhou/backend/store"
)

// secretTexts are what people wrote, and how they and their things are called, in a folder that was used.
var secretTexts = []string{
	"张三", "李四", "星海科技", "销售部", "经理", "1001的口令", "周五前把客户名单给我", "只写了一半", "给王五的邀请", "报价群",
	"张三的电脑", "李四的电脑", "市场部-报价-v1.0", passphrase,
}

// At rest: somebody who copies the disk finds no message, no name and no file name in any file, while the program runs as after
// it ended; what the index of the search holds neither. In a build that cannot encrypt, the database is left out.
func TestNobodyReadsTheDisk(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	_, encrypts := store.Encrypts()
	g := a.group("报价群", b)
	a.send(g, "周五前把客户名单给我")
	a.send(g, "见 20261122-市场部-报价-v1.0.xlsx")
	b.reads(g, "周五前把客户名单给我", "见 20261122-市场部-报价-v1.0.xlsx")
	if err := a.chat().SaveDraft(g, "只写了一半"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.api.CreateInvitation(InvitationInput{Note: "给王五的邀请"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.api.SaveSettings(SettingsDTO{Language: "zh-CN", Theme: "dark", SendKey: "enter"}); err != nil {
		t.Fatal(err)
	}
	look := func(when string) {
		t.Helper()
		for _, p := range []*person{a, b} {
			if n := p.searchDisk(secretTexts, encrypts); n < 5 {
				t.Errorf("%s: only %d files in the folder of %s", when, n, p.name)
			}
			if bytes.Contains([]byte(p.log.String()), []byte("客户名单")) || bytes.Contains([]byte(p.log.String()), []byte(passphrase)) {
				t.Errorf("%s: the log of %s", when, p.name)
			}
		}
	}
	look("while it runs")
	a.lockNow()
	look("locked")
	a.unlocks("1001", passphrase, true)
	user := a.teamNow().id
	seeds := []string{
		string(user.Root.Seed[:]), string(user.Device.Sign.Seed()), string(user.Device.Peer.Seed()), string(user.TeamSecret[:]),
	}
	a.searchDisk(seeds, encrypts)
	a.stop()
	b.stop()
	look("after the end")
	a.searchDisk(seeds, encrypts)
}

// searchDisk looks for texts in every file of the folder, in both encodings that a system may write, and in their names.
func (p *person) searchDisk(texts []string, database bool) (files int) {
	p.t.Helper()
	err := filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if !database && bytes.HasPrefix([]byte(d.Name()), []byte("tongzhou.db")) {
			return nil
		}
		for _, text := range texts {
			wide := []byte{}
			for _, u := range utf16.Encode([]rune(text)) {
				wide = append(wide, byte(u), byte(u>>8))
			}
			if bytes.Contains(b, []byte(text)) || bytes.Contains(b, wide) || bytes.Contains([]byte(d.Name()), []byte(text)) {
				p.t.Errorf("%s shows %q", d.Name(), text)
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return files
}
