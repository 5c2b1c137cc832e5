package nettest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is a network namespace with one interface. Whatever must happen inside runs on its one thread.
type machine struct {
	name string
	port *port
	jobs chan func()
	gone chan struct{} // its thread has ended
	done chan struct{} // nothing more comes from its interface
}

// address is a machine's own address and how many bits of it are its network.
type address struct {
	own   string // with the bits, as in 10.1.0.2/24
	outer string // as the internet sees it; without a router it is own's
	kind  natKind
}

// newMachine makes a namespace and plugs it into w.
func newMachine(w *world, name string, a address) (*machine, error) {
	m := &machine{name: name, jobs: make(chan func()), gone: make(chan struct{})}
	made := make(chan error)
	go m.live(made)
	if err := <-made; err != nil {
		return nil, fmt.Errorf("make machine %s: %w", name, err)
	}
	tun, err := m.plugIn(a.own)
	if err != nil {
		m.stop()
		return nil, fmt.Errorf("make machine %s: %w", name, err)
	}
	m.port = &port{tun: tun, outer: netip.MustParseAddr(a.outer)}
	if a.kind != noNAT {
		m.port.router = newNAT(a.kind, m.port.outer, w.rng)
	}
	m.done = w.plug(m.port)
	return m, nil
}

// live is the machine's thread. It ends with the goroutine, and with it and the last process the namespace.
func (m *machine) live(made chan<- error) {
	defer close(m.gone)
	runtime.LockOSThread() // never unlocked: the thread is of no use to anybody else
	err := unix.Unshare(unix.CLONE_NEWNET)
	made <- err
	if err != nil {
		return
	}
	for job := range m.jobs {
		job()
	}
}

// do runs f on the machine.
func (m *machine) do(f func() error) error {
	result := make(chan error, 1)
	m.jobs <- func() { result <- f() }
	return <-result
}

// plugIn makes the interface and brings it up.
func (m *machine) plugIn(own string) (tun *os.File, err error) {
	err = m.do(func() error {
		if tun, err = openTUN("tun0"); err != nil {
			return err
		}
		for _, line := range []string{
			"link set lo up", "addr add " + own + " dev tun0", "link set tun0 mtu 1400 up", "route add default dev tun0",
		} {
			if err := ip(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && tun != nil {
		err = errors.Join(err, tun.Close())
	}
	return tun, err
}

// readdress replaces the machine's address.
func (m *machine) readdress(old, own string) error {
	return m.do(func() error {
		for _, line := range []string{"addr del " + old + " dev tun0", "addr add " + own + " dev tun0", "route replace default dev tun0"} {
			if err := ip(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// ip runs the program of that name in the namespace of the calling thread.
func ip(line string) error {
	if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// openTUN makes an interface in the namespace of the calling thread.
func openTUN(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make interface %s: %w", name, err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "/dev/net/tun"), nil
}

// start begins a process on the machine. It is killed when the thread of the machine ends.
func (m *machine) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	return m.do(cmd.Start)
}

// dial connects to an address on the machine itself.
func (m *machine) dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	err = m.do(func() error {
		var d net.Dialer
		conn, err = d.DialContext(ctx, network, addr)
		return err
	})
	return conn, err
}

// stop takes the machine away. Its processes must have ended.
func (m *machine) stop() {
	if m.port != nil {
		_ = m.port.tun.Close() // ends the reader; there is nothing to lose
		<-m.done
	}
	close(m.jobs)
	<-m.gone
}
