package nettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// joinLimit is for joining over slow lines.
const joinLimit = 90 * time.Second

// Options say what to run.
type Options struct {
	Binary string    // the headless build
	Keep   string    // folder for data and logs, emptied first
	Out    io.Writer // one line per check, "ok: …"
}

// Possible says why machines cannot be made here; nil: they can.
func Possible() error {
	if _, err := exec.LookPath("ip"); err != nil {
		return errors.New("the program ip is missing (package iproute2)")
	}
	file, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("no TUN interfaces: %w", err)
	}
	_ = file.Close() // nothing was done with it
	tried := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is in another namespace
		tried <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	if err := <-tried; err != nil {
		return fmt.Errorf("no network namespaces, which need root: %w", err)
	}
	return nil
}

// scene is one set of machines with what runs on them.
type scene struct {
	Options
	world    *world
	stop     context.CancelFunc
	running  sync.WaitGroup
	machines []*machine
	programs []*program // other than members'
	members  []*member
}

func newScene(ctx context.Context, o Options) *scene {
	ctx, stop := context.WithCancel(ctx)
	s := &scene{Options: o, world: newWorld(1), stop: stop}
	s.running.Go(func() { s.world.run(ctx) })
	return s
}

func (s *scene) machine(name string, a address) (*machine, error) {
	m, err := newMachine(s.world, name, a)
	if err == nil {
		s.machines = append(s.machines, m)
	}
	return m, err
}

// member makes a machine and starts the app there.
func (s *scene) member(ctx context.Context, name, person, staffNo string, a address) (*member, error) {
	on, err := s.machine(name, a)
	if err != nil {
		return nil, err
	}
	m := &member{machine: on, binary: s.Binary, dir: s.Keep, person: person, staffNo: staffNo}
	s.members = append(s.members, m)
	return m, m.start(ctx)
}

// close ends everything. Processes are killed: those whose end is looked at were stopped before.
func (s *scene) close() {
	for _, m := range s.members {
		if m.program != nil {
			m.program.kill()
		}
	}
	for _, p := range s.programs {
		p.kill()
	}
	for _, m := range s.machines {
		m.stop()
	}
	s.stop()
	s.running.Wait()
}

func (s *scene) ok(format string, args ...any) { fmt.Fprintf(s.Out, "ok: "+format+"\n", args...) }

// Run plays every story and returns the first thing that is wrong. The logs and data stay in Keep then.
func Run(ctx context.Context, o Options) error {
	for _, story := range []struct {
		name string
		play func(context.Context, *scene) error
	}{
		{"apart", reachEachOther},
		{"killed", killedWhileWriting},
	} {
		part := o
		part.Keep = filepath.Join(o.Keep, story.name)
		if err := errors.Join(os.RemoveAll(part.Keep), os.MkdirAll(part.Keep, 0o755)); err != nil {
			return fmt.Errorf("make the folder for data and logs: %w", err)
		}
		s := newScene(ctx, part)
		began := time.Now()
		err := story.play(ctx, s)
		s.close()
		if err != nil {
			fmt.Fprintf(o.Out, "FAIL: %s: %v\n", story.name, err)
			return fmt.Errorf("%s: %w", story.name, err)
		}
		fmt.Fprintf(o.Out, "ok: story %q took %.1f s\n", story.name, time.Since(began).Seconds())
		if err := os.RemoveAll(part.Keep); err != nil {
			return fmt.Errorf("remove the data: %w", err)
		}
	}
	return nil
}
