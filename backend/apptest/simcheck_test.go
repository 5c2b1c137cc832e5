package apptest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// This file says what has to be true at the end of a simulation.

// check compares everything with everything.
func (w *world) check() {
	scopes := append(slices.Clone(w.groups), w.nodes[0].R.CompanyScope())
	for _, s := range scopes {
		w.checkScope(s)
	}
	w.checkLedger()
	w.checkPrivate()
	for _, n := range w.nodes {
		w.checkNode(n, scopes)
	}
}

// inTeam tells whether a node is of the team for the founder, whom nobody can remove. Who was linked by somebody after they had
// been removed, say, is known to nobody.
func (w *world) inTeam(n *node) bool { return n.no == 0 || w.nodes[0].counts(n.Device()) }

// leader is who holds most of a scope of those who take themselves for members; nil if there is none.
func (w *world) leader(scope op.ScopeID) (first *node, most uint64) {
	for _, n := range w.nodes {
		if ops, in := n.knows(scope); in && ops > most && w.inTeam(n) {
			first, most = n, ops
		}
	}
	return first, most
}

// checkScope: equal ops give equal tables, and all members hold equal ops.
func (w *world) checkScope(scope op.ScopeID) {
	first, most := w.leader(scope)
	if first == nil {
		return
	}
	info, _ := first.R.Scope(scope)
	for _, n := range w.nodes {
		if _, in := info.Members[n.person()]; !in || first.R.Former(n.Device()) || !w.inTeam(n) {
			continue
		}
		if n != first && n.Device() == first.Device() && !w.between(first, scope) {
			continue
		}
		ops, in := n.knows(scope)
		switch {
		case !in && ops > most:
			return // the one who holds most knows that nobody is left
		case !in:
			w.fail("%s is a member for %s and not for itself: gone %v, reads the control log %v and the scope %v; holds %d of %d ops", n.Name, first.Name, n.R.Gone(), n.readsAll(controlOf(n.Member)), n.readsAll(scope), ops, most)
		}
		if a, b := first.R.Feeds().Sum(n.Tag(scope)), n.R.Feeds().Sum(n.Tag(scope)); a != b {
			w.fail("%s and %s hold different ops of %s:\n%s\n%s", first.Name, n.Name, scope, feedsOf(first, scope), feedsOf(n, scope))
		}
		if a, b := first.Dump(scope), n.Dump(scope); a != b {
			w.fail("%s sees\n%s%s sees\n%s", first.Name, a, n.Name, b)
		}
		if first.R.Authority().Digest() != n.R.Authority().Digest() {
			w.fail("%s and %s see other rights", first.Name, n.Name)
		}
	}
}

// between tells whether somebody else is in the scope, through whom two machines on copies of one database hear of each other:
// by themselves they refuse to talk (SPEC S17).
func (w *world) between(n *node, scope op.ScopeID) bool {
	for _, o := range w.nodes {
		if _, in := o.knows(scope); in && o.Device() != n.Device() && w.inTeam(o) {
			return true
		}
	}
	return false
}

func feedsOf(n *node, scope op.ScopeID) string {
	out := ""
	for _, f := range n.R.Feeds().Scope(n.Tag(scope)) {
		out += f.Device.String()[:8] + " " + fmt.Sprint(f.Incarnation) + ": " + fmt.Sprint(f.Len) + " fork " + fmt.Sprint(f.Fork) + "\n"
	}
	return out
}

// someKept tells whether somebody of the team held on to what the author's database lost, and can give it back: a copied machine
// does not speak with the one that it is a copy of.
func (w *world) someKept(o *written) bool {
	for n, losses := range o.left {
		if n.losses == losses && w.inTeam(n) && (n == o.by || n.Device() != o.by.Device()) {
			return true
		}
	}
	return false
}

// checkLedger: what somebody was told to be stored is stored, by its author and by whoever leads the scope, unless the disks
// were lost that held it, the feed was forked, or its author lost access before anybody had it.
func (w *world) checkLedger() {
	for _, o := range w.ledger {
		if o.left != nil && !w.someKept(o) {
			continue
		}
		key := oplog.FeedKey{Tag: o.by.Tag(o.scope), Device: o.ref.Device, Incarnation: o.ref.Incarnation}
		first, _ := w.leader(o.scope)
		member := false
		if first != nil && w.inTeam(o.by) {
			info, _ := first.R.Scope(o.scope)
			_, member = info.Members[o.by.person()]
		}
		own := o.by.R.Feeds().Feed(key)
		if own.Fork != 0 && own.Fork <= o.ref.Seq {
			continue
		}
		if own.Len < o.ref.Seq && (o.left == nil || member) { // who lost the disk and the access gets nothing back
			w.fail("%s lost %q, op %d of %d", o.by.Name, o.text, o.ref.Seq, own.Len)
		}
		if !member || first != o.by && first.Device() == o.by.Device() && !w.between(first, o.scope) {
			continue
		}
		if f := first.R.Feeds().Feed(key); f.Len < o.ref.Seq && (f.Fork == 0 || f.Fork > o.ref.Seq) {
			w.fail("%q of %s never reached %s", o.text, o.by.Name, first.Name)
		}
	}
}

// checkPrivate: what was said in a group lies nowhere in the database of somebody who never was in it.
func (w *world) checkPrivate() {
	for _, n := range w.nodes {
		var files []byte
		for _, name := range []string{"team.db", "team.db-wal"} {
			b, err := os.ReadFile(filepath.Join(n.Dir, name))
			if err != nil && !os.IsNotExist(err) {
				w.fail("%v", err)
			}
			files = append(files, b...)
		}
		for _, o := range w.ledger {
			if inside := w.inside[o.scope]; inside != nil && !inside[n.person()] && bytes.Contains(files, []byte(o.text)) {
				w.fail("%s never was in the group and holds %q", n.Name, o.text)
			}
		}
	}
}

// checkNode: nothing is left open, what is stored is whole, and reading it all again gives the same.
func (w *world) checkNode(n *node, scopes []op.ScopeID) {
	if held := n.Count(`SELECT count(*) FROM op WHERE status IN (?, ?)`, int(oplog.Held), int(oplog.Unknown)); held > 0 {
		w.fail("%s: %d ops are held or of unknown type in the end", n.Name, held)
	}
	if _, err := n.R.CheckChains(context.Background()); err != nil {
		w.fail("%s: %v", n.Name, err)
	}
	w.checkOracle(n)
	all := func() (out string) {
		for _, s := range scopes {
			out += n.Dump(s)
		}
		return out + n.Statuses()
	}
	before := all()
	n.Rebuild()
	if after := all(); after != before {
		w.fail("%s rebuilt\n%sinstead of\n%s", n.Name, after, before)
	}
}
