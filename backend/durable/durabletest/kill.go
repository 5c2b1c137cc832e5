package durabletest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// childPath tells the test binary to be the program that gets killed, and where it saves.
const childPath = "TONGZHOU_TEST_CHILD"

// Main is for TestMain. Started by KillAfter it runs save, which goes on until it is killed and prints a line for each thing
// that is saved, afterwards; otherwise it runs the tests.
func Main(m *testing.M, save func(path string) error) {
	if path := os.Getenv(childPath); path != "" {
		fmt.Fprintln(os.Stderr, save(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// KillAfter runs the program until it has said n times that something is saved, and kills it. It returns the last that it said.
func KillAfter(t *testing.T, path string, n int) (said string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe)
	c.Env = append(os.Environ(), childPath+"="+path)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said = lines.Text()
		if n--; n == 0 {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = c.Wait() // it was killed
	if n > 0 {
		t.Fatal("the child ended by itself")
	}
	return said
}
