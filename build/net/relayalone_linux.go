package nettest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// fromTheRelayAlone: the writer is gone before the reader comes. What lay at the relay meanwhile tells nobody anything.
func (p *apart) fromTheRelayAlone(ctx context.Context) error {
	for _, m := range []*member{p.b, p.c} {
		if err := m.program.stop(); err != nil {
			return fmt.Errorf("stop %s: %w", m.name, err)
		}
	}
	if err := p.write(ctx, p.a, "你们不在时", 10); err != nil {
		return err
	}
	if err := p.a.stored(ctx); err != nil {
		return err
	}
	if err := p.a.program.stop(); err != nil {
		return fmt.Errorf("stop %s: %w", p.a.name, err)
	}
	began := time.Now()
	if err := p.b.start(ctx); err != nil {
		return err
	}
	if err := p.b.holds(ctx, p.chat, p.said, 60*time.Second); err != nil {
		return fmt.Errorf("from the relay alone: %w", err)
	}
	p.ok("from the relay alone, with nobody else on: all that was written is there %.1f s after the start", time.Since(began).Seconds())
	if err := p.relay.stop(); err != nil {
		return fmt.Errorf("stop the relay: %w", err)
	}
	words := append(slices.Clone(p.said), teamName, groupName, p.a.person, p.b.person, p.c.person, passphrase)
	found, files, err := search(filepath.Join(p.Keep, "relay"), words)
	if err != nil {
		return err
	}
	if found != "" {
		return fmt.Errorf("the relay's disk holds %s", found)
	}
	p.ok("in %d files of the relay there is none of %d words that were written", files, len(words))
	return nil
}

// stored waits until the relay has said that everything of m is kept there.
func (m *member) stored(ctx context.Context) error {
	var state struct {
		Relays []struct {
			State   string
			Waiting int
		}
	}
	return until(ctx, 60*time.Second, func() (bool, error) {
		err := m.api.call(ctx, "app/Relays", &state)
		return len(state.Relays) == 1 && state.Relays[0].State == "synced" && state.Relays[0].Waiting == 0, err
	}, func() string { return fmt.Sprintf("not everything is at the relay: %+v", state.Relays) })
}

// search looks for words in all files below dir.
func search(dir string, words []string) (found string, files int, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, word := range words {
			if bytes.Contains(text, []byte(word)) {
				found = fmt.Sprintf("%q in %s", word, filepath.Base(path))
			}
		}
		return nil
	})
	if err == nil && files == 0 {
		err = errors.New("there are none")
	}
	if err != nil {
		return "", 0, fmt.Errorf("search the files in %s: %w", dir, err)
	}
	return found, files, nil
}
