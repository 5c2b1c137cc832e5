package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `
usage: go run ./build <command>

  run [-- ARGS]     install what is missing, build, open the window (or serve on loopback where there is no display)
  test [-fuzz D]    everything: check, tests with the race detector, end-to-end tests, networks with faults, the real window
  test -net         only the networks with faults, on machines made of namespaces; Linux, as root
  check             formatting, vet, staticcheck, structure, bindings, TypeScript, lint, unit tests of the frontend
  bench [ARGS]      measure; -only NAME,… and -json FILE are understood
  package           release binaries into out/
  setup             only install what is missing, and compile SQLite with encryption`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	if err == nil {
		return
	}
	if exit, ok := errors.AsType[handedOn](err); ok {
		os.Exit(exit.code)
	}
	fmt.Fprintln(os.Stderr, "build:", err)
	os.Exit(1)
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("which command?" + usage)
	}
	t, err := newTool()
	if err != nil {
		return err
	}
	switch name, rest := args[0], args[1:]; name {
	case "run":
		return t.run(ctx, rest)
	case "test":
		return t.test(ctx, rest)
	case "check":
		return t.check(ctx, rest)
	case "bench":
		return t.bench(ctx, rest)
	case "package":
		return t.release(ctx, rest)
	case "setup":
		return t.setup(ctx, forWindow|forTests)
	case "help", "-h", "--help":
		fmt.Println(usage[1:])
		return nil
	default:
		return fmt.Errorf("no command %q%s", name, usage)
	}
}
