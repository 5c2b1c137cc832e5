package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

const (
	// idlePeers is how many colleagues the member that is looked at is connected to.
	idlePeers = 20
	// idleSettle lets what follows joining come to rest: fingerprints go round every 30 s.
	idleSettle = 70 * time.Second
	idleWindow = 3 * time.Minute
)

// idle: a whole team in sync, and nobody does anything. The bytes are those on the wire, with all headers, acknowledgements and
// keep-alives, where the members can have a network of their own; otherwise those inside the streams.
func (r *run) idle() error {
	return onOwnNetwork(func(wire func() (float64, error)) error {
		dir := func(i int) string { return filepath.Join(r.tmp, "idle-"+strconv.Itoa(i)) }
		var members []*process
		defer func() {
			for _, p := range members {
				p.close()
			}
		}()
		for i := range idlePeers + 1 {
			p, err := spawn()
			if err != nil {
				return err
			}
			members = append(members, p)
			if _, err := p.do(request{Cmd: "start", Data: dir(i), QUIC: true}); err != nil {
				return err
			}
			enter := request{Cmd: "found", Name: idleName(i)}
			if i > 0 {
				link, err := members[0].do(request{Cmd: "invite"})
				if err != nil {
					return err
				}
				enter = request{Cmd: "join", Link: link.Text, Name: idleName(i)}
			}
			if _, err := p.do(enter); err != nil {
				return err
			}
		}
		for _, p := range members {
			if _, err := p.do(request{Cmd: "insync", N: idlePeers}); err != nil {
				return err
			}
		}
		time.Sleep(idleSettle)
		return r.restOf(members, wire)
	})
}

// idleName is a name as people have; digits are none.
func idleName(i int) string {
	return "成员" + string([]rune("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥")[i])
}

// restOf looks at a team at rest for idleWindow.
func (r *run) restOf(members []*process, wire func() (float64, error)) error {
	look := func() (cpu, streams, wired float64, err error) {
		c, err := members[0].do(request{Cmd: "cost"})
		if err == nil && wire != nil {
			wired, err = wire()
		}
		if err != nil {
			return 0, 0, 0, err
		}
		return c.Values[0], c.Values[1], wired, nil
	}
	cpu, streams, wired, err := look()
	if err != nil {
		return err
	}
	begin := time.Now()
	time.Sleep(idleWindow)
	cpu2, streams2, wired2, err := look()
	if err != nil {
		return err
	}
	hours := time.Since(begin).Hours()
	pairs := float64(len(members)*(len(members)-1)) / 2
	bytes, note := (wired2-wired)/pairs/hours, "on the wire, both directions"
	if wire == nil {
		bytes, note = (streams2-streams)/idlePeers/hours, "in the streams only: no network of its own here"
	}
	n := int(idleWindow.Seconds())
	r.add(Figure{Name: "idle_bytes_per_peer_hour", Value: bytes, Unit: "bytes", N: n, Note: fmt.Sprintf("reach: ≤ 200,000; %d peers; %s; in the streams %.0f", idlePeers, note, (streams2-streams)/idlePeers/hours)})
	r.add(Figure{Name: "idle_cpu_percent", Value: 100 * (cpu2 - cpu) / 3600 / hours, Unit: "%", N: n, Note: fmt.Sprintf("reach: ≤ 1 of one core; %d peers", idlePeers)})
	return nil
}

// cost is the processor time that this process has used, in seconds, and the bytes of all its conversations.
func (m *member) cost() (reply, error) {
	cpu, err := processorSeconds()
	if err != nil {
		return reply{}, err
	}
	c, err := m.api.Connections()
	if err != nil {
		return reply{}, err
	}
	bytes := 0.0
	for _, p := range c.Peers {
		bytes += float64(p.BytesIn + p.BytesOut)
	}
	return reply{Values: []float64{cpu, bytes}}, nil
}

// inSync waits until n colleagues are in sync with this member.
func (m *member) inSync(n int) error {
	return until(3*time.Minute, func() (bool, error) {
		c, err := m.api.Connections()
		in := 0
		for _, p := range c.Peers {
			if p.State == "synced" {
				in++
			}
		}
		return in >= n, err
	})
}
