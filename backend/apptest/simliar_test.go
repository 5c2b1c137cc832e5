package apptest

import (
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
	"tongzhou/sync/simnet"
	"tongzhou/sync/wire"
)

// impostor is a member's program that says other things than it should: it withholds, replays, alters, and invents.
type impostor struct {
	w    *world
	n    *node
	said [][]byte // packets of before, to say again
}

// What a liar does.
const (
	lieWithhold simnet.Kind = "lie: withhold"
	lieReplay   simnet.Kind = "lie: replay"
	lieAlter    simnet.Kind = "lie: alter"
	lieLength   simnet.Kind = "lie: length"
	lieForge    simnet.Kind = "lie: forged ops"
)

// corrupt turns a member's program into a liar's, or back.
func (w *world) corrupt(n *node) {
	if n.lies != nil {
		w.reform(n)
		return
	}
	if n.no == 0 || n.hurt {
		return
	}
	for _, o := range w.nodes {
		if o.lies != nil {
			return // one at a time
		}
	}
	n.lies = &impostor{w: w, n: n}
	for _, k := range w.talks {
		switch n {
		case k.a:
			n.lies.speaksOn(k.link)
		case k.b:
			n.lies.speaksOn(k.link)
		}
	}
}

// reform makes a liar honest.
func (w *world) reform(n *node) {
	n.lies = nil
	for _, k := range w.talks {
		if k.a == n || k.b == n {
			k.link.Tamper(n.no, nil)
		}
	}
}

// speaksOn lies to whom the liar speaks with over a link.
func (x *impostor) speaksOn(l *simnet.Link) {
	l.Tamper(x.n.no, func(p []byte) [][]byte {
		w := x.w
		if len(x.said) < 200 {
			x.said = append(x.said, p)
		}
		if !w.src.Chance(15) {
			return [][]byte{p}
		}
		w.stats.Add(simnet.FaultTampered)
		kind, out := x.lie(p)
		w.stats.Add(kind)
		w.trace.Add("%s: %s", x.n.Name, kind)
		return out
	})
}

func (x *impostor) lie(p []byte) (simnet.Kind, [][]byte) {
	w := x.w
	switch w.src.Weighted(5, 4, 2, 5, 6) {
	case 0:
		return lieWithhold, nil
	case 1:
		return lieReplay, [][]byte{p, simnet.Pick(w.src, x.said)}
	case 2:
		q := append([]byte(nil), p...)
		q[4+w.src.IntN(len(q)-4)] ^= 1 << w.src.IntN(8)
		return lieAlter, [][]byte{q}
	case 3:
		return lieLength, [][]byte{x.stretch(p)}
	default:
		if f := x.forge(); f != nil && !x.n.dead {
			return lieForge, [][]byte{p, f}
		}
		return lieWithhold, nil
	}
}

// stretch lies about how long feeds are.
func (x *impostor) stretch(p []byte) []byte {
	m, err := wire.Decode(wire.Type(p[4]), p[5:])
	if err != nil {
		return p
	}
	lie := func(feeds []wire.FeedState) {
		for i := range feeds {
			switch x.w.src.IntN(4) {
			case 0:
				feeds[i].Len += 1 + uint64(x.w.src.IntN(5))
			case 1:
				feeds[i].Len = max(1, feeds[i].Len-min(feeds[i].Len, uint64(x.w.src.IntN(5))))
			case 2:
				feeds[i].Head[0] ^= 1
			}
		}
	}
	switch m := m.(type) {
	case *wire.Delta:
		lie(m.Feeds)
		m.UpTo += int64(x.w.src.IntN(20))
	case *wire.Have:
		lie(m.Feeds)
	case *wire.Ack:
		lie(m.Feeds)
	case *wire.Fingerprint:
		m.Count++
	default:
		return p
	}
	out, err := wire.Encode(nil, m)
	if err != nil {
		x.w.fail("%v", err)
	}
	return out
}

// forge writes ops of the liar's own device that its program would not write.
func (x *impostor) forge() []byte {
	w, n := x.w, x.n
	if n.dead || n.R.Gone() {
		return nil
	}
	company := n.R.CompanyScope()
	if len(n.epochsHeld(company)) == 0 {
		return nil // it lost its disk, and has no key to write under yet
	}
	inc := uint32(70 + w.src.IntN(3))
	if w.src.Chance(20) {
		inc = n.R.Feeds().Incarnation()
	}
	g := n.Forge(company, inc)
	now := hlc.FromWall(n.Now())
	var s op.Sealed
	switch w.src.IntN(5) {
	case 0:
		s = g.Title(TypeTitleBoss, now, "x", w.text())
	case 1:
		s = g.Note(now, w.text())
	case 2:
		s = g.Unsigned(g.Note(now, w.text()))
	case 3:
		s = g.Note(hlc.FromWall(n.Now().Add(-100*3600e9)), w.text())
	default: // a second version of the last op
		f := n.R.Feeds().Feed(n.OwnFeed(company).FeedKey)
		if f.Len < 2 {
			return nil
		}
		first := Parse(w.t, n.Frame(&f, f.Len-1, f.Len-1))[0]
		s = n.Forge(company, f.Incarnation).At(f.Len, first.ID()).Note(now, w.text())
	}
	b, err := wire.Encode(nil, &wire.Frame{Raw: Raw(s), Kind: wire.Live})
	if err != nil {
		w.fail("%v", err)
	}
	return b
}
