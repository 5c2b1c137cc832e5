package command

import (
	"context"
	"io/fs"
	"os"

	"tongzhou/backend/app"
	"tongzhou/backend/desktop"
)

// Main runs the program with the arguments and the environment of this process and returns its exit code. The root of
// frontend is the folder of index.html.
func Main(frontend fs.FS) int {
	attachConsole()
	program := Program{
		Frontend: frontend,
		New:      newApp,
		Doctor:   doctor,
		Verify:   app.Verify,
		CanOpen:  desktop.Available,
		Open:     desktop.Run,
	}
	return program.Run(context.Background(), Environment{
		Args:      os.Args[1:],
		Stdout:    os.Stdout,
		Stderr:    os.Stderr,
		Getenv:    os.Getenv,
		ConfigDir: os.UserConfigDir,
	})
}

func newApp(o Options) (App, error) {
	a, err := app.New(app.Options{
		Data:      o.Data,
		P2PPort:   o.P2PPort,
		P2PListen: o.P2PListen,
		NoMDNS:    o.NoMDNS,
		Log:       o.Log,
		Version:   version,
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
