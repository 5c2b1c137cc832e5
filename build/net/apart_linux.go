package nettest

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// far is what the lines are like in the second half of the story.
const (
	farDelay = 200 * time.Millisecond // one way
	farLoss  = 0.02
)

// apart has three members behind routers of their own, and a relay that is on while the story needs it.
type apart struct {
	*scene
	relay   *program
	on      *machine // the relay's
	a, b, c *member
	chat    string
	said    []string
}

// reachEachOther: members behind routers meet through the relay alone, punch holes where the routers allow it and stay on the
// circuit where they do not; then the lines get bad, break, and change, and everything that was written arrives.
func reachEachOther(ctx context.Context, s *scene) error {
	p := &apart{scene: s}
	for _, step := range []func(context.Context) error{
		p.meet, p.punch, p.stayOnCircuit, p.overBadLines, p.cutOff, p.anotherNetwork, p.relayKilled, p.fromTheRelayAlone,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return verified(ctx, s, p.a, p.b, p.c)
}

// meet founds the team, gives it the relay, and lets the others join through it.
func (p *apart) meet(ctx context.Context) (err error) {
	if p.on, err = p.machine("relay", address{own: "203.0.113.10/24", outer: "203.0.113.10"}); err != nil {
		return err
	}
	if err := p.startRelay(); err != nil {
		return err
	}
	link, err := p.relay.says(ctx, "tongzhou:relay?")
	if err != nil {
		return err
	}
	for _, m := range []struct {
		at      **member
		name    string
		person  string
		staffNo string
		address
	}{
		{&p.a, "a", "安然", "1001", address{own: "10.1.0.2/24", outer: "203.0.113.11", kind: openNAT}},
		{&p.b, "b", "白川", "1002", address{own: "10.2.0.2/24", outer: "203.0.113.12", kind: openNAT}},
		{&p.c, "c", "程远", "1003", address{own: "10.3.0.2/24", outer: "203.0.113.13", kind: strictNAT}},
	} {
		if *m.at, err = p.member(ctx, m.name, m.person, m.staffNo, m.address); err != nil {
			return err
		}
	}
	if err := p.a.found(ctx, teamName); err != nil {
		return err
	}
	if err := p.a.api.call(ctx, "app/AddRelay", nil, link[strings.Index(link, "tongzhou:relay?"):], "机房"); err != nil {
		return err
	}
	if err := p.a.reserved(ctx); err != nil {
		return err
	}
	for _, m := range []*member{p.b, p.c} {
		if err := joinBy(ctx, p.a, m); err != nil {
			return err
		}
	}
	p.ok("two newcomers behind routers joined through the relay")
	p.chat, err = p.a.group(ctx, groupName, p.b, p.c)
	return err
}

// startRelay starts the relay, with the data that it has.
func (p *apart) startRelay() (err error) {
	p.relay, err = launch(p.on, filepath.Join(p.Keep, "relay.log"), p.Binary, []string{"HOME=" + p.Keep}, "relay", "--data", filepath.Join(p.Keep, "relay"))
	if err == nil {
		p.programs = append(p.programs, p.relay)
	}
	return err
}

// reserved waits until others can reach m through the relay.
func (m *member) reserved(ctx context.Context) error {
	var panel struct {
		Self struct{ Addresses []string }
	}
	return until(ctx, 30*time.Second, func() (bool, error) {
		err := m.api.call(ctx, "app/Connections", &panel)
		return slices.ContainsFunc(panel.Self.Addresses, func(a string) bool { return strings.Contains(a, "/p2p-circuit/") }), err
	}, func() string { return fmt.Sprintf("%s has no place at the relay: %v", m.person, panel.Self.Addresses) })
}

// punch: both routers are open, so the two talk directly in the end, and their panels say how.
func (p *apart) punch(ctx context.Context) error {
	began := time.Now()
	if err := p.punched(ctx); err != nil {
		return err
	}
	p.ok("between open routers a hole is punched, and both panels say so (%.1f s)", time.Since(began).Seconds())
	return nil
}

func (p *apart) punched(ctx context.Context) error {
	for _, pair := range [][2]*member{{p.a, p.b}, {p.b, p.a}} {
		if _, err := pair[0].reaches(ctx, pair[1], 60*time.Second, func(l link) bool { return l.Path == "punched" && l.State == "synced" }); err != nil {
			return fmt.Errorf("punch a hole: %w", err)
		}
	}
	return nil
}

// stayOnCircuit: nobody gets through the strict router, so the relay passes everything on, and the panels say why.
func (p *apart) stayOnCircuit(ctx context.Context) error {
	began := time.Now()
	for _, pair := range [][2]*member{{p.a, p.c}, {p.c, p.a}, {p.b, p.c}} {
		_, err := pair[0].reaches(ctx, pair[1], 90*time.Second, func(l link) bool {
			return l.Path == "relayed" && l.State == "synced" && l.Reason == "not_punched"
		})
		if err != nil {
			return fmt.Errorf("stay on the circuit: %w", err)
		}
	}
	p.ok("through a strict router they talk over the relay, and the panels say why (%.1f s)", time.Since(began).Seconds())
	return nil
}

// write lets m say a few things, which must arrive everywhere.
func (p *apart) write(ctx context.Context, m *member, about string, n int) error {
	for i := range n {
		text := fmt.Sprintf("%s：%s %d", m.person, about, i)
		if err := m.send(ctx, p.chat, text); err != nil {
			return err
		}
		p.said = append(p.said, text)
	}
	return nil
}

// arrives waits until everybody has everything.
func (p *apart) arrives(ctx context.Context, limit time.Duration) error {
	for _, m := range []*member{p.a, p.b, p.c} {
		if err := m.holds(ctx, p.chat, p.said, limit); err != nil {
			return err
		}
	}
	return sameHistory(ctx, p.chat, p.a, p.b, p.c)
}

func (p *apart) overBadLines(ctx context.Context) error {
	p.world.set(farDelay, farLoss)
	began := time.Now()
	for _, m := range []*member{p.a, p.b, p.c} {
		if err := p.write(ctx, m, "线路很差", 20); err != nil {
			return err
		}
	}
	if err := p.arrives(ctx, 60*time.Second); err != nil {
		return err
	}
	p.ok("with %v one way and %.0f %% lost, 60 messages are everywhere after %.1f s", farDelay, 100*farLoss, time.Since(began).Seconds())
	return nil
}

// cutOff separates one member from everybody until the others have noticed; both sides go on writing.
func (p *apart) cutOff(ctx context.Context) error {
	p.world.separate(p.b.port, true)
	for _, m := range []*member{p.a, p.b} {
		if err := p.write(ctx, m, "失联时", 10); err != nil {
			return err
		}
	}
	if _, err := p.a.reaches(ctx, p.b, 60*time.Second, func(l link) bool { return l.State == "offline" || l.State == "found" }); err != nil {
		return fmt.Errorf("notice that a colleague is cut off: %w", err)
	}
	p.world.separate(p.b.port, false)
	began := time.Now()
	if err := p.arrives(ctx, 60*time.Second); err != nil {
		return err
	}
	p.ok("cut off and back: what both sides wrote meanwhile is everywhere after %.1f s", time.Since(began).Seconds())
	p.world.set(0, 0)
	return nil
}

// anotherNetwork gives one member's machine another address, as when a laptop changes the Wi-Fi.
func (p *apart) anotherNetwork(ctx context.Context) error {
	if err := p.b.readdress("10.2.0.2/24", "10.2.7.9/24"); err != nil {
		return err
	}
	began := time.Now()
	if err := p.write(ctx, p.a, "换网络后", 5); err != nil {
		return err
	}
	if err := p.arrives(ctx, 60*time.Second); err != nil {
		return err
	}
	arrived := time.Since(began)
	if err := p.punched(ctx); err != nil {
		return fmt.Errorf("on another network: %w", err)
	}
	p.ok("on another network everything is there after %.1f s, and a new hole is punched after %.1f s", arrived.Seconds(), time.Since(began).Seconds())
	return nil
}

// relayKilled takes the relay away without warning. Those with a hole go on; the others come back with it.
func (p *apart) relayKilled(ctx context.Context) error {
	p.relay.kill()
	if err := p.write(ctx, p.a, "中继断电", 5); err != nil {
		return err
	}
	if err := p.b.holds(ctx, p.chat, p.said, 30*time.Second); err != nil {
		return fmt.Errorf("without the relay: %w", err)
	}
	if err := p.startRelay(); err != nil {
		return err
	}
	began := time.Now()
	if err := p.arrives(ctx, 60*time.Second); err != nil {
		return err
	}
	p.ok("the relay was killed: colleagues with a hole went on, and %.1f s after it is back everybody has everything", time.Since(began).Seconds())
	return nil
}
