package apptest

import (
	"context"
	"net"
	"testing"

	"tongzhou/sync/wire"
)

// relayStranger speaks with a relay by hand.
type relayStranger struct {
	t       *testing.T
	conn    net.Conn
	in      *wire.Reader
	cancel  context.CancelFunc
	welcome *wire.RelayWelcome
}

func dialRelay(t *testing.T, r *Relay, a *Applicant) *relayStranger {
	t.Helper()
	mine, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _ = r.R.Serve(ctx, theirs, a.transportKey()) }()
	x := &relayStranger{t: t, conn: mine, in: wire.NewReader(mine), cancel: cancel}
	x.say(&wire.RelayHello{Version: wire.RelayVersion, Team: wire.TeamTag(a.Application.Invitation.Post.Tag), Device: a.Application.Identity.Device.ID, App: "test"})
	var ok bool
	if x.welcome, ok = x.hear().(*wire.RelayWelcome); !ok {
		t.Fatal("no welcome")
	}
	return x
}

func (x *relayStranger) say(m wire.Message) {
	x.t.Helper()
	b, err := wire.Encode(nil, m)
	if err == nil {
		_, err = x.conn.Write(b)
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *relayStranger) hear() wire.Message {
	x.t.Helper()
	m, _, err := x.in.Next()
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

func (x *relayStranger) close() {
	_ = x.conn.Close()
	x.cancel()
}
