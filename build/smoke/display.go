//go:build linux

package smoke

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// display is an Xvfb of our own.
type display struct {
	name   string // ":77"
	server *process
}

// startDisplay lets Xvfb choose a free display number, so that two runs on one machine do not meet.
func startDisplay(ctx context.Context, keep string) (*display, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start Xvfb: %w", err)
	}
	defer read.Close()
	server, err := launch(ctx, program{
		argv:  []string{"Xvfb", "-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp"},
		env:   os.Environ(),
		log:   filepath.Join(keep, "xvfb.log"),
		files: []*os.File{write},
	})
	write.Close()
	if err != nil {
		return nil, err
	}
	if err := read.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		server.stop()
		return nil, fmt.Errorf("start Xvfb: %w", err)
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		server.stop()
		return nil, fmt.Errorf("start Xvfb: %w: %s", err, tail(server.log, 300))
	}
	return &display{name: ":" + strings.TrimSpace(number), server: server}, nil
}

func (d *display) stop() { d.server.stop() }

// ask runs a small program on the display and returns what it prints.
func (d *display) ask(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DISPLAY="+d.name, "LC_ALL=C.UTF-8")
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return strings.TrimSpace(string(text)), nil
}
