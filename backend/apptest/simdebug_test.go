package apptest

import (
	"fmt"

	"tongzhou/sync/oplog"
	"tongzhou/sync/simnet"
	"tongzhou/sync/wire"
)

// This file tells a developer what happened.

// describe says what a packet is.
func describe(p []byte) string {
	if len(p) < 5 {
		return "end"
	}
	m, err := wire.Decode(wire.Type(p[4]), p[5:])
	if err != nil {
		return err.Error()
	}
	switch m := m.(type) {
	case *wire.Frame:
		h := m.Ops[0].Header
		return fmt.Sprintf("frame %s/%s/%d %d..%d kind %d", h.Scope.String()[:5], h.Device.String()[:5], h.Incarnation, h.Seq, m.Ops[len(m.Ops)-1].Seq, m.Kind)
	case *wire.Want:
		return fmt.Sprintf("want %s/%s/%d %d..%d", m.Tag.String()[:5], m.Device.String()[:5], m.Incarnation, m.From, m.To)
	case *wire.Delta:
		s := fmt.Sprintf("delta control %v up to %d more %v", m.Control, m.UpTo, m.More)
		for _, f := range m.Feeds {
			s += fmt.Sprintf(" %s/%s/%d:%d", f.Tag.String()[:5], f.Device.String()[:5], f.Incarnation, f.Len)
		}
		return s
	case *wire.Have:
		s := "have"
		for _, f := range m.Feeds {
			s += fmt.Sprintf(" %s/%s/%d:%d", f.Tag.String()[:5], f.Device.String()[:5], f.Incarnation, f.Len)
		}
		return s
	case *wire.Bye:
		return "bye " + m.Reason
	case *wire.Since:
		return fmt.Sprintf("since %+v", *m)
	case *wire.Hello:
		return fmt.Sprintf("hello lseq %d auth %x", m.LSeq, m.AuthDigest[:4])
	case *wire.Fingerprint:
		return fmt.Sprintf("fingerprint %x %d auth %x upto %d", m.Sum[:4], m.Count, m.AuthDigest[:4], m.UpTo)
	}
	return fmt.Sprintf("%T", m)
}

// debug tells what every node holds and how its conversations are.
func (w *world) debug() {
	for _, n := range w.nodes {
		if n.dead {
			w.t.Logf("%s: dead", n.Name)
			continue
		}
		w.t.Logf("%s: device %s, incarnation %d, gone %v, rights %x, %d ops without a key", n.Name, n.Device().String()[:5], n.R.Feeds().Incarnation(), n.R.Gone(), n.R.AuthDigest(), n.countStatus(oplog.NoKey))
		for _, f := range sortFeeds(n.R.Feeds().Feeds()) {
			w.t.Logf("   %s/%s/%d: %d, fork %d, author known %v", f.Tag.String()[:5], f.Device.String()[:5], f.Incarnation, f.Len, f.Fork, n.R.KnownDevice(f.Device))
		}
		for _, g := range w.groups {
			info, known := n.R.Scope(g)
			in := ""
			for _, o := range w.nodes {
				if r, is := info.Members[o.person()]; is {
					in += fmt.Sprintf(" %s (%s)", o.Name, r)
				}
			}
			w.t.Logf("   group %s, known %v:%s", n.Tag(g).String()[:5], known, in)
		}
		for _, o := range w.nodes {
			if o != n {
				w.t.Logf("   with %s: of the team %v, was %v; %+v", o.Name, n.counts(o.Device()), n.R.Former(o.Device()), n.Status(o.Member))
			}
		}
		w.t.Logf("   ended: %v", n.Ends())
	}
}

// nameOf names a node, or the relay.
func (w *world) nameOf(no simnet.NodeID) string {
	if int(no) < len(w.nodes) {
		return w.nodes[no].Name
	}
	return "relay"
}
