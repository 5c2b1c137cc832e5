package main

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// shared is what several steps print to at the same time.
type shared struct {
	mu sync.Mutex
	to io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Write(p)
}

// transcript is what one step prints. It hands on whole lines, each behind the step's name.
type transcript struct {
	to   io.Writer
	name string

	mu   sync.Mutex // guards what is below; taken before that of shared
	all  strings.Builder
	rest []byte // of a line that has not ended
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.Write(p)
	t.rest = append(t.rest, p...)
	end := bytes.LastIndexByte(t.rest, '\n') + 1
	err := t.print(t.rest[:end])
	t.rest = append([]byte(nil), t.rest[end:]...)
	return len(p), err
}

// close prints a last line that does not end, and returns everything that was written.
func (t *transcript) close() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rest) > 0 {
		// What the terminal cannot take is lost with it; the step's own error says more.
		_ = t.print(append(t.rest, '\n'))
		t.rest = nil
	}
	return t.all.String()
}

// print writes lines at once, so that no other step gets between.
func (t *transcript) print(lines []byte) error {
	var text bytes.Buffer
	for line := range bytes.Lines(lines) {
		text.WriteString("[" + t.name + "] ")
		text.Write(line)
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := t.to.Write(text.Bytes())
	return err
}
