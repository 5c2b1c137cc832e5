package nettest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startLimit is for a process to say that it is ready; a machine that builds at the same time is slow.
	startLimit = 60 * time.Second
	stopLimit  = 20 * time.Second
	callLimit  = 30 * time.Second
)

// program is one process of the app or a relay on a machine.
type program struct {
	machine *machine
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it has ended; err is set then
	err     error

	mu    sync.Mutex
	lines []string      // of its standard output so far
	more  chan struct{} // closed, and made anew, with every line
}

// launch starts the binary. What it says on standard error is added to the file log.
func launch(m *machine, log, binary string, env []string, args ...string) (*program, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer file.Close() // the process has its own
	p := &program{machine: m, ended: make(chan struct{}), more: make(chan struct{})}
	p.cmd = exec.Command(binary, args...)
	p.cmd.Env, p.cmd.Stderr = append(os.Environ(), env...), file
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	if err := m.start(p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	go func() {
		defer close(p.ended)
		p.read(out)
		p.err = p.cmd.Wait()
	}()
	return p, nil
}

func (p *program) read(out io.Reader) {
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, scanner.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
}

// says waits for a line with text in it.
func (p *program) says(ctx context.Context, text string) (string, error) {
	late := time.NewTimer(startLimit)
	defer late.Stop()
	for {
		p.mu.Lock()
		more := p.more
		for _, line := range p.lines {
			if strings.Contains(line, text) {
				p.mu.Unlock()
				return line, nil
			}
		}
		p.mu.Unlock()
		select {
		case <-more:
		case <-p.ended:
			return "", fmt.Errorf("%s on %s ended before it said %q: %w", p.cmd.Args[1], p.machine.name, text, errors.Join(p.err, errEnded))
		case <-late.C:
			return "", fmt.Errorf("%s on %s did not say %q within %v", p.cmd.Args[1], p.machine.name, text, startLimit)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

var errEnded = errors.New("see its log")

// stop lets the process finish.
func (p *program) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
		return p.err
	case <-time.After(stopLimit):
		p.kill()
		return fmt.Errorf("%s on %s did not end within %v", p.cmd.Args[1], p.machine.name, stopLimit)
	}
}

// kill is a power cut.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// api calls the methods that the interface calls.
type api struct {
	base, token string
	client      *http.Client
}

// newAPI takes the address that the app prints: http://127.0.0.1:PORT/#token=…
func newAPI(m *machine, address string) (*api, error) {
	base, token, ok := strings.Cut(strings.TrimSpace(address), "/#token=")
	if !ok {
		return nil, fmt.Errorf("%q is no address of the interface", address)
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) { return m.dial(ctx, network, addr) }
	return &api{base: base, token: token, client: &http.Client{
		Timeout: callLimit, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
	}}, nil
}

// call runs package/Method with args; the result goes to result unless that is nil.
func (a *api) call(ctx context.Context, method string, result any, args ...any) error {
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/api/"+method, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.token)
	answer, err := a.client.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", method, err)
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s: %s", method, answer.Status, text)
	case result == nil:
		return nil
	}
	if err := json.Unmarshal(text, result); err != nil {
		return fmt.Errorf("%s: read answer: %w", method, err)
	}
	return nil
}
