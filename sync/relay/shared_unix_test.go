//go:build unix

package relay

import (
	"context"
	"testing"
	"time"

	"tongzhou/sync/relay/store"
	"tongzhou/sync/relay/store/pgtest"
	"tongzhou/sync/wire"
)

// onServer opens a store once the server has started.
func onServer(t *testing.T, server *pgtest.Server) store.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		s, err := store.OpenPostgres(ctx, server.URL("public"))
		if err == nil {
			return s
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%v\n%s", err, server.Log())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// B13: devices at two relays on one database meet as if they were at one: what one puts is announced to the other, caps and
// rosters count for both at once.
func TestTwoRelaysOnOneDatabase(t *testing.T) {
	server := pgtest.Start(t)
	first, second := newWorldOn(t, onServer(t, server), Limits{}), newWorldOn(t, onServer(t, server), Limits{})
	if err := Allow(t.Context(), first.store, first.token, first.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	a, b := newMachine(1), newMachine(2)
	roster, ca := first.found(a, b)
	ca.mustOpen(ca.prove(companyTag(), 1))
	cb := second.connect(b)
	if cb.welcome.State != wire.RelayOK || cb.welcome.Store != ca.welcome.Store {
		t.Fatalf("%+v", cb.welcome)
	}
	cb.mustOpen(cb.prove(companyTag(), 1))
	cb.since(0)
	ca.put(newFeed(a, companyTag()).next(1500, "hello")[:1000]...)
	have := expect[*wire.Have](cb)
	if len(have.Feeds) != 1 || len(cb.fetch(have.Feeds[0], 1)) == 0 {
		t.Errorf("%+v", have)
	}
	ca.mustOpen(ca.prove(companyTag(), 2, 1))
	if down := expect[*wire.RelayScopes](cb); down.Scopes[0].State != wire.ScopeEpochs {
		t.Errorf("%+v", down)
	}
	ca.mail(wire.MailBox(b.id), "x")
	if got := cb.get(wire.MailBox(b.id), 0); len(got) != 1 {
		t.Errorf("%q", got)
	}
	ca.mail(wire.MailBox(b.id), "y")
	if m := expect[*wire.RelayMail](cb); len(m.Mails) != 1 || string(m.Mails[0].Body) != "y" {
		t.Errorf("%+v", m)
	}
	ca.send(&wire.RelayRoster{Raw: first.roster(2, roster, a, a)})
	expect[*wire.RelayRosterIs](ca)
	expect[*wire.Bye](cb)
}
