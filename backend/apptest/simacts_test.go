package apptest

import (
	"context"
	"errors"
	"fmt"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
	"tongzhou/sync/simnet"
)

// This file is what people do in a simulation.

// maxNodes bounds a simulated team.
const maxNodes = 7

// act is something that a person does.
type act struct {
	name   simnet.Kind
	weight int
	do     func(w *world, n *node) error
}

func acts() []act {
	ctx := context.Background()
	return []act{
		{"note", 40, func(w *world, n *node) error { return w.note(n, w.where(n)) }},
		{"title", 12, func(w *world, n *node) error { return w.title(n, TypeTitle) }},
		{"title of a boss", 5, func(w *world, n *node) error { return w.title(n, TypeTitleBoss) }},
		{"mark", 4, func(w *world, n *node) error { return n.R.SetRegister(ctx, w.where(n), "mark", int64(w.src.IntN(100))) }},
		{"grant", 5, func(w *world, n *node) error {
			role := simnet.Pick(w.src, []authority.Role{authority.Owner, authority.Admin, authority.Admin, authority.Member, authority.Member, authority.Guest})
			return n.R.GrantRole(ctx, w.somebody(), role, nil)
		}},
		{"found a group", 3, func(w *world, n *node) error {
			if len(w.groups) >= 4 {
				return nil
			}
			with := w.somebody()
			id, err := n.R.CreateGroup(ctx, []op.UserID{with}, nil)
			if err == nil {
				w.groups = append(w.groups, id)
				w.insiders(id, n.person(), with)
			}
			return err
		}},
		{"add to a group", 5, func(w *world, n *node) error {
			group, whom := w.group(), w.somebody()
			w.insiders(group, whom) // also where the program dies before it says so
			return n.R.AddMembers(ctx, group, []op.UserID{whom})
		}},
		{"take out of a group", 4, func(w *world, n *node) error { return n.R.RemoveMembers(ctx, w.group(), []op.UserID{w.somebody()}) }},
		{"leave a group", 1, func(w *world, n *node) error { return n.R.LeaveScope(ctx, w.group()) }},
		{"role in a group", 3, func(w *world, n *node) error {
			role := simnet.Pick(w.src, []authority.Role{authority.Owner, authority.Admin, authority.Member})
			group, whom := w.group(), w.somebody()
			w.insiders(group, whom)
			return n.R.GrantScopeRole(ctx, group, whom, role)
		}},
		{"remove", 3, func(w *world, n *node) error {
			mode := simnet.Pick(w.src, []authority.Mode{authority.Removed, authority.Removed, authority.Compromised})
			return n.R.Remove(ctx, w.somebody(), mode)
		}},
		{"freeze", 3, func(w *world, n *node) error { return n.R.Remove(ctx, w.somebody(), authority.Frozen) }},
		{"unfreeze", 4, func(w *world, n *node) error { return n.R.Unfreeze(ctx, w.somebody()) }},
		{"leave", 1, func(w *world, n *node) error {
			if n.person() == w.nodes[0].person() {
				return nil // somebody has to let people in, and to say in the end who is of the team
			}
			return n.R.Leave(ctx)
		}},
		{"rotate", 3, func(w *world, n *node) error { return n.R.Rotate(ctx, w.where(n)) }},
		{"join", 2, (*world).join},
		{"link a device", 2, (*world).link},
		{"sign a device out", 1, func(w *world, n *node) error {
			which := simnet.Pick(w.src, w.nodes)
			if which.no == 0 {
				return nil
			}
			return n.R.RevokeDevice(ctx, which.Device(), authority.Removed, &n.ID.Root)
		}},
	}
}

// refusals are what an act may meet.
var refusals = []error{
	replica.ErrDenied, replica.ErrNoScope, replica.ErrNoKey, replica.ErrInvalid, oplog.ErrFull, simnet.ErrCrashed, errNoRoom,
}

func refused(err error) bool {
	for _, e := range refusals {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// act lets somebody do something.
func (w *world) act() {
	up := w.alive()
	if len(up) == 0 {
		return
	}
	n, all := simnet.Pick(w.src, up), acts()
	weights := make([]int, len(all))
	for i := range all {
		weights[i] = all[i].weight
	}
	a := &all[w.src.Weighted(weights...)]
	err := a.do(w, n)
	w.trace.Add("%s: %s: %v", n.Name, a.name, err)
	switch {
	case err == nil:
		w.stats.Add("act: " + a.name)
	case !refused(err):
		w.fail("%s: %s: %v", n.Name, a.name, err)
	}
}

// where is a scope in which n may write, as far as it knows.
func (w *world) where(n *node) op.ScopeID {
	scopes := []op.ScopeID{n.R.CompanyScope()}
	for _, s := range w.groups {
		if info, ok := n.R.Scope(s); ok && info.Members[n.person()] != authority.Role(0) || ok && info.Creator == n.person() {
			scopes = append(scopes, s)
		}
	}
	return simnet.Pick(w.src, scopes)
}

func (w *world) somebody() op.UserID { return simnet.Pick(w.src, w.nodes).person() }

func (w *world) group() op.ScopeID { return simnet.Pick(w.src, w.groups) }

// text is one that nobody has written before.
func (w *world) text() string { w.texts++; return fmt.Sprint(plainMark, w.texts, ";") }

// plainMark begins every text, so that it is found where it should not be.
const plainMark = "明文 plain text "

func (w *world) note(n *node, scope op.ScopeID) error {
	text := w.text()
	o, err := n.TryNote(scope, text)
	w.keep(n, scope, &o, text, err)
	return err
}

func (w *world) title(n *node, typ string) error {
	text, scope := w.text(), w.where(n)
	o, err := n.submit(replica.Submission{Scope: scope, Type: typ, Entity: []byte(simnet.Pick(w.src, []string{"x", "y"})), Payload: textPayload{text}})
	w.keep(n, scope, &o, text, err)
	return err
}

// keep remembers what somebody was told to be stored.
func (w *world) keep(n *node, scope op.ScopeID, o *replica.Op, text string, err error) {
	if err == nil {
		w.ledger = append(w.ledger, &written{by: n, scope: scope, ref: o.Ref, text: text})
	}
}

// join lets somebody new in, whom the device beside it hands everything.
func (w *world) join(n *node) error {
	if len(w.nodes) >= maxNodes {
		return nil
	}
	ctx := context.Background()
	invite, key, err := n.R.Invite(ctx, authority.Member, n.Now().Add(24*3600e9))
	if err != nil {
		return err
	}
	x := w.node(newMember(w.t, string(rune('a'+len(w.nodes))), NewIdentity(w.t, "new", n.ID.Team, n.ID.TeamSecret), w.genesis))
	x.skew = n.skew
	w.setClock(x)
	w.start(x)
	if err := n.R.Welcome(ctx, x.Device(), x.ID.Device.Public(x.Name).BoxPub); err != nil {
		w.forget(x)
		return err
	}
	n.CopyControl(x.Member)
	if err := x.R.Admit(ctx, invite, key); err != nil {
		w.forget(x)
		return err
	}
	x.CopyControl(n.Member)
	return nil
}

// forget takes a node out of the world that did not get in.
func (w *world) forget(n *node) {
	w.end(n, true)
	w.nodes = w.nodes[:len(w.nodes)-1]
}

// link gives somebody another device.
func (w *world) link(n *node) error {
	if len(w.nodes) >= maxNodes {
		return nil
	}
	if n.R.Gone() {
		return nil
	}
	m := n.OtherDevice(fmt.Sprintf("%s%d", n.Name, len(w.nodes)), w.src.Chance(50))
	m.Close()
	x := w.node(m)
	x.skew = n.skew
	w.setClock(x)
	w.start(x)
	if err := n.TryLink(x.Member); err != nil {
		w.forget(x)
		return err
	}
	return nil
}

// setClock sets a node's clock to what the world's time and its own error make of it.
func (w *world) setClock(n *node) { n.clock.Set(w.jump + n.skew) }
