package command

import (
	"os"

	"golang.org/x/sys/windows"
)

// attachConsole connects the output of a program that was built for the window, and so starts without a console, to the
// terminal it was called from. Output that was redirected stays where it goes.
func attachConsole() {
	if handle, err := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE); err == nil && handle != 0 && handle != windows.InvalidHandle {
		return
	}
	const parentProcess = ^uintptr(0)
	attach := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole")
	if attached, _, _ := attach.Call(parentProcess); attached == 0 {
		return // started from the desktop
	}
	console, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		return
	}
	os.Stdout, os.Stderr = console, console
}
