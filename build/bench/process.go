package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// process is a worker.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func spawn() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), workerEnv+"=1")
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 64<<20)
	return p, p.cmd.Start()
}

// begin sends a command; end reads its reply.
func (p *process) begin(q request) error {
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	_, err = p.in.Write(append(b, '\n'))
	return err
}

func (p *process) end() (reply, error) {
	var r reply
	if !p.out.Scan() {
		return r, errors.Join(errors.New("worker ended"), p.out.Err())
	}
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		return r, err
	}
	if r.Err != "" {
		return r, errors.New(r.Err)
	}
	return r, nil
}

func (p *process) do(q request) (reply, error) {
	if err := p.begin(q); err != nil {
		return reply{}, err
	}
	r, err := p.end()
	if err != nil {
		err = fmt.Errorf("%s: %w", q.Cmd, err)
	}
	return r, err
}

// close ends the worker, which closes its app.
func (p *process) close() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// team is two workers that share a team; chat is a group of both.
type team struct {
	plain      bool // its databases are not encrypted
	a, b       *process
	aDir, bDir string
	bUser      string
	chat       string
}

// founder starts a worker and founds a team in dir.
func (r *run) founder(dir string, past int) (*process, error) {
	p, err := spawn()
	if err != nil {
		return nil, err
	}
	for _, q := range []request{{Cmd: "start", Data: dir, Past: past, Plain: r.plain}, {Cmd: "found", Name: "甲成员"}} {
		if _, err := p.do(q); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// withMate is founder and a group with a second member, who is away; past messages will be filled in.
func (r *run) withMate(name string, past int) (*team, error) {
	t, err := r.two(name, past)
	if err == nil {
		t.b.close()
		t.b = nil
	}
	return t, err
}

// two makes a team of two with a common group.
func (r *run) two(name string, past int) (*team, error) {
	t := &team{aDir: filepath.Join(r.tmp, name+"-a"), bDir: filepath.Join(r.tmp, name+"-b"), plain: r.plain}
	var err error
	if t.a, err = r.founder(t.aDir, past); err != nil {
		return nil, err
	}
	if _, err = t.joinB(past); err != nil {
		t.close()
		return nil, err
	}
	g, err := t.a.do(request{Cmd: "group", IDs: []string{t.bUser}})
	t.chat = g.Text
	return t, err
}

// joinB starts the second worker and lets it join; begin is when it was given the link.
func (t *team) joinB(past int) (begin time.Time, err error) {
	link, err := t.a.do(request{Cmd: "invite"})
	if err != nil {
		return begin, err
	}
	if t.b, err = spawn(); err != nil {
		return begin, err
	}
	if _, err = t.b.do(request{Cmd: "start", Data: t.bDir, Past: past, Plain: t.plain}); err != nil {
		return begin, err
	}
	begin = time.Now()
	if _, err = t.b.do(request{Cmd: "join", Link: link.Text, Name: "乙成员"}); err != nil {
		return begin, err
	}
	me, err := t.b.do(request{Cmd: "me"})
	t.bUser = me.Text
	return begin, err
}

func (t *team) close() {
	for _, p := range []*process{t.a, t.b} {
		if p != nil {
			p.close()
		}
	}
}
