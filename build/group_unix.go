//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup lets the program and everything it starts be ended together, and keeps a Ctrl-C in the terminal from reaching
// it twice.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func interruptGroup(cmd *exec.Cmd) error {
	return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
}

// killGroup ends what is left of the group. There is nothing to report: usually there is nothing left.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
