package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// What is measured by simulation is measured by the tests of backend/apptest, at other sizes than in a test run: they hold the
// simulated team. They say a figure in a line of its own.

// simulate runs tests of backend/apptest and adds the figures that they say.
func (r *run) simulate(args ...string) error {
	var said bytes.Buffer
	if err := simTest(io.MultiWriter(&said, os.Stderr), append(args, "-timeout", "30m")...); err != nil {
		return err
	}
	for lines := bufio.NewScanner(&said); lines.Scan(); {
		f := strings.Split(lines.Text(), "\t")
		if len(f) != 6 || f[0] != "figure" {
			continue
		}
		value, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			return fmt.Errorf("figure %s: %w", f[1], err)
		}
		n, err := strconv.Atoi(f[4])
		if err != nil {
			return fmt.Errorf("figure %s: %w", f[1], err)
		}
		r.add(Figure{Name: f[1], Value: value, Unit: f[3], N: n, Note: f[5]})
	}
	return nil
}

// simTest runs tests of backend/apptest, which takes as long as it takes.
func simTest(out io.Writer, args ...string) error {
	line := append([]string{"test", "-tags", "sqlite_fts5", "-count", "1", "-timeout", "0", "-v", "./backend/apptest"}, args...)
	cmd := exec.Command("go", line...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("simulate: %w", err)
	}
	return nil
}

// membersConverge: 200 members of whom 50 write at once, parted and united, until all hold the same.
func (r *run) membersConverge() error {
	return r.simulate("-run", "^TestMembersConverge$", "-sim.members", "200", "-sim.writers", "50")
}

// oneChange: the bytes of one change between two that share 100,000 feeds.
func (r *run) oneChange() error {
	return r.simulate("-run", "^TestOneChangeAmongManyFeeds$", "-sim.feeds", "100000")
}
