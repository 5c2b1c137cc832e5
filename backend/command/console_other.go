//go:build !windows

package command

// attachConsole does nothing: only Windows takes the console away from programs with a window.
func attachConsole() {}
