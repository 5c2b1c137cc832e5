package command

import (
	"context"
	"io"
	"io/fs"
	"os"

	"tongzhou/backend/app"
	"tongzhou/backend/desktop"
	"tongzhou/backend/fault"
	"tongzhou/backend/store"
)

// Main runs the program with the arguments and the environment of this process and returns its exit code. The root of
// frontend is the folder of index.html.
func Main(frontend fs.FS) int {
	attachConsole()
	with := takeUnlock()
	program := Program{
		Frontend: frontend,
		New:      func(o Options) (App, error) { return newApp(o, with) },
		Doctor:   doctor,
		Verify:   func(ctx context.Context, dir string, out io.Writer) error { return app.Verify(ctx, dir, with, out) },
		Backup: func(ctx context.Context, dir string, in Backup, progress Progress) (Outcome, error) {
			return backUp(ctx, dir, in, with, progress)
		},
		Restore: restore,
		Fit:     fit,
		CanOpen: desktop.Available,
		Open:    desktop.Run,
	}
	return program.Run(context.Background(), Environment{
		Args:      os.Args[1:],
		Stdin:     os.Stdin,
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
		Getenv:    os.Getenv,
		ConfigDir: os.UserConfigDir,
	})
}

// takeUnlock reads what opens the data without a person, and removes it from the environment, so that no program started from
// here inherits it. nil if it is not there.
func takeUnlock() *app.Unlock {
	const staffNo, passphrase = "TONGZHOU_STAFF_NO", "TONGZHOU_PASSPHRASE"
	u := app.Unlock{StaffNo: os.Getenv(staffNo), Passphrase: os.Getenv(passphrase)}
	for _, name := range []string{staffNo, passphrase} {
		_ = os.Unsetenv(name) // fails only for names that cannot be
	}
	if u.Passphrase == "" {
		return nil
	}
	return &u
}

// fit refuses to run a release that would not encrypt what it writes. Fault: store.no_cipher.
func fit() error {
	if _, ok := store.Encrypts(); production && !ok {
		return fault.New("store.no_cipher")
	}
	return nil
}

func newApp(o Options, with *app.Unlock) (App, error) {
	a, err := app.New(app.Options{
		Data:      o.Data,
		P2PPort:   o.P2PPort,
		P2PListen: o.P2PListen,
		NoMDNS:    o.NoMDNS,
		Log:       o.Log,
		Version:   version,
		Unlock:    with,
	})
	if err != nil {
		return nil, err // not a, which would be an App that is not nil
	}
	return a, nil
}

func doctor(ctx context.Context, dataDir string) []Check {
	found := app.Doctor(ctx, dataDir)
	checks := make([]Check, len(found))
	for i, c := range found {
		checks[i] = Check{Name: c.Name, State: c.State, Code: c.Code, Params: c.Params}
	}
	return checks
}
