//go:build linux

package smoke

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs beside this one.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
	err  error         // how; read only after done
}

// program is what launch starts.
type program struct {
	argv  []string
	env   []string
	log   string     // file for everything it says
	files []*os.File // its descriptors from 3 on
}

// launch starts a program in a process group of its own.
func launch(ctx context.Context, what program) (*process, error) {
	name := what.argv[0]
	file, err := os.Create(what.log)
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", name, err)
	}
	cmd := exec.CommandContext(ctx, name, what.argv[1:]...)
	cmd.Env, cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = what.env, what.files, file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		file.Close()
		return nil, fmt.Errorf("start %s: %w", filepath.Base(name), err)
	}
	p := &process{cmd: cmd, log: what.log, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		file.Close()
		close(p.done)
	}()
	return p, nil
}

// ended is nil while the program runs, and afterwards an error that quotes the end of its log.
func (p *process) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended (%v): %s", filepath.Base(p.cmd.Path), p.err, tail(p.log, 600))
	default:
		return nil
	}
}

// stop asks the whole group to end, and ends it after a while.
func (p *process) stop() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // WebKit's own processes may outlive the window
	<-p.done
}

func tail(file string, bytes int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if len(text) > bytes {
		text = text[len(text)-bytes:]
	}
	return strings.TrimSpace(string(text))
}

var errLimit = errors.New("not within the limit")

// until polls a condition. It ends with errLimit (wrapped) when the limit passes, or with the condition's own error.
func until(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%w of %s", errLimit, limit)
			}
			return ctx.Err()
		case <-tick.C:
		}
	}
}
