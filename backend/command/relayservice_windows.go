package command

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows/svc"
)

// relayService is the name under which install-service.ps1 registers the relay.
const relayService = "TongzhouRelay"

// asService runs a command as a Windows service where the system started it as one: the service manager says when to stop, and
// is told what is going on. Elsewhere it runs it as it is.
func asService(ctx context.Context, run func(context.Context) error) error {
	is, err := svc.IsWindowsService()
	if err != nil {
		return fmt.Errorf("ask who started the program: %w", err)
	}
	if !is {
		return run(ctx)
	}
	s := &service{ctx: ctx, run: run}
	if err := svc.Run(relayService, s); err != nil {
		return fmt.Errorf("run as a service: %w", err)
	}
	return s.err
}

// service is a command under the service manager.
type service struct {
	ctx context.Context
	run func(context.Context) error
	err error // of run
}

// Execute is called by the service manager.
func (s *service) Execute(_ []string, asked <-chan svc.ChangeRequest, say chan<- svc.Status) (specific bool, code uint32) {
	say <- svc.Status{State: svc.StartPending}
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx) }()
	const accepts = svc.AcceptStop | svc.AcceptShutdown
	say <- svc.Status{State: svc.Running, Accepts: accepts}
	for {
		select {
		case q := <-asked:
			switch q.Cmd {
			case svc.Interrogate:
				say <- q.CurrentStatus
			case svc.Stop, svc.Shutdown:
				say <- svc.Status{State: svc.StopPending}
				stop()
			}
		case s.err = <-ended:
			if s.err != nil {
				return true, 1
			}
			return false, 0
		}
	}
}
