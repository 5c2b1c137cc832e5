package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"tongzhou/backend/store"
	"tongzhou/backend/vault"
)

// Check is one answer of the doctor. Names, states and codes are those of the command line, which has a sentence and a remedy
// for each.
type Check struct {
	Name   string
	State  string // ok, warn, fail
	Code   string
	Params map[string]string
}

// CheckDTO is Check for the interface.
type CheckDTO struct {
	Name   string            `json:"name"`
	OK     bool              `json:"ok"`
	State  string            `json:"state"`
	Code   string            `json:"code"`
	Params map[string]string `json:"params"`
}

// Doctor tells what works on this machine.
func (p *API) Doctor() []CheckDTO {
	out := []CheckDTO{}
	for _, c := range Doctor(context.Background(), p.a.opts.Data) {
		params := c.Params
		if params == nil {
			params = map[string]string{}
		}
		out = append(out, CheckDTO{Name: c.Name, OK: c.State == "ok", State: c.State, Code: c.Code, Params: params})
	}
	return out
}

// Doctor tells what works on this machine, without the app running.
func Doctor(_ context.Context, dir string) []Check {
	return []Check{checkCipher(), checkKeychain(), checkMDNS(), checkPorts(), checkDisk(dir), checkClock(time.Now())}
}

// checkCipher tells whether this program encrypts what it writes.
func checkCipher() Check {
	version, ok := store.Encrypts()
	if !ok {
		return Check{Name: "cipher", State: "fail", Code: "cipher.missing"}
	}
	return Check{Name: "cipher", State: "ok", Code: "cipher.ok", Params: map[string]string{"version": version}}
}

func keychainAvailable(k vault.Keychain) bool {
	_, _, err := k.Get("doctor")
	return err == nil
}

func checkKeychain() Check {
	if keychainAvailable(vault.System{}) {
		return Check{Name: "keychain", State: "ok", Code: "keychain.ok"}
	}
	return Check{Name: "keychain", State: "warn", Code: "keychain.missing"}
}

func checkMDNS() Check {
	ifaces, err := net.Interfaces()
	if err != nil {
		return Check{Name: "mdns", State: "warn", Code: "mdns.blocked", Params: map[string]string{"reason": err.Error()}}
	}
	usable := false
	for _, i := range ifaces {
		usable = usable || i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0
	}
	if !usable {
		return Check{Name: "mdns", State: "warn", Code: "mdns.no_interface"}
	}
	c, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
	if err != nil {
		return Check{Name: "mdns", State: "warn", Code: "mdns.blocked", Params: map[string]string{"reason": err.Error()}}
	}
	_ = c.Close()
	return Check{Name: "mdns", State: "ok", Code: "mdns.ok"}
}

func checkPorts() Check {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return Check{Name: "ports", State: "fail", Code: "ports.blocked", Params: map[string]string{"reason": err.Error()}}
	}
	_ = l.Close()
	u, err := net.ListenPacket("udp", ":0")
	if err != nil {
		return Check{Name: "ports", State: "fail", Code: "ports.blocked", Params: map[string]string{"reason": err.Error()}}
	}
	_ = u.Close()
	return Check{Name: "ports", State: "ok", Code: "ports.ok"}
}

// lowDisk is where writing becomes a risk.
const lowDisk = 500 << 20

func checkDisk(dir string) Check {
	where := dir
	for { // the folder may not exist yet: ask about the nearest one that does
		if _, err := os.Stat(where); err == nil || filepath.Dir(where) == where {
			break
		}
		where = filepath.Dir(where)
	}
	f, err := os.CreateTemp(where, ".tongzhou-check-")
	if err != nil {
		reason := err.Error()
		var no syscall.Errno
		if errors.As(err, &no) {
			reason = no.Error()
		}
		return Check{Name: "disk", State: "fail", Code: "disk.not_writable", Params: map[string]string{"dir": where, "reason": reason}}
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	free, err := freeBytes(where)
	if err != nil {
		return Check{Name: "disk", State: "ok", Code: "disk.ok", Params: map[string]string{"free": "?"}}
	}
	params := map[string]string{"free": size(free)}
	if free < lowDisk {
		return Check{Name: "disk", State: "warn", Code: "disk.low", Params: params}
	}
	return Check{Name: "disk", State: "ok", Code: "disk.ok", Params: params}
}

func size(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	default:
		return strconv.FormatUint(n>>20, 10) + " MB"
	}
}

// released is a time before which no machine that runs this program can truly be.
var released = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func checkClock(now time.Time) Check {
	if now.Before(released) || now.After(released.AddDate(30, 0, 0)) {
		return Check{Name: "clock", State: "fail", Code: "clock.wrong", Params: map[string]string{"time": now.Format(time.RFC3339)}}
	}
	return Check{Name: "clock", State: "ok", Code: "clock.ok"}
}
