package moduletest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
)

// Ready is always nil: the team exists.
func (p *Peer) Ready() error { return nil }

// Self is the person and device of this peer.
func (p *Peer) Self() module.Self { return p.self }

// View is the same on every peer: roles reach everybody at once.
func (p *Peer) View() module.View { return p.World }

// CompanyScope is the company's scope.
func (p *Peer) CompanyScope() op.ScopeID { return p.World.company }

// DirectScope is the scope of a one-to-one chat, whether it exists or not.
func (p *Peer) DirectScope(a, b op.UserID) op.ScopeID { return direct(a, b) }

// Submit writes ops of this peer; they reach others by Receive.
func (p *Peer) Submit(ctx context.Context, subs []module.Submission, also func(tx module.Tx, ops []module.Op) error) ([]module.Op, error) {
	p.state.Lock()
	defer p.state.Unlock()
	var ops []module.Op
	w := p.World
	written, seqs := len(w.ops), map[feed]uint64{}
	err := p.transact(ctx, func(f *folder) error {
		for _, s := range subs {
			if _, ok := w.scope(s.Scope, p.self.User); !ok {
				return fmt.Errorf("submit %s: no scope %s", s.Type, s.Scope)
			}
			key := feed{s.Scope, p.self.Device}
			if _, ok := seqs[key]; !ok {
				seqs[key] = w.seqs[key]
			}
			o := w.stamp(p.self.User, p.self.Device, s.Scope, p.clock.Now(), s.Type, s.Entity, s.Payload)
			if err := p.verdict(o, s.Entity == nil); err != nil {
				return err
			}
			if err := f.add(o); err != nil {
				return err
			}
			ops = append(ops, o)
		}
		if also == nil {
			return nil
		}
		return also(f.tx, ops)
	})
	if err != nil {
		w.ops = w.ops[:written]
		for k, n := range seqs {
			w.seqs[k] = n
		}
		return nil, err
	}
	return ops, nil
}

// CreateGroup makes a private scope that every member can read at once.
func (p *Peer) CreateGroup(ctx context.Context, members []op.UserID, extra ...module.Submission) (op.ScopeID, error) {
	id := p.World.Group(p.self.User, members...)
	for i := range extra {
		extra[i].Scope = id
	}
	if _, err := p.Submit(ctx, extra, nil); err != nil {
		delete(p.World.scopes, id)
		return op.ScopeID{}, err
	}
	return id, nil
}

// EnsureDirect makes the scope of a one-to-one chat.
func (p *Peer) EnsureDirect(_ context.Context, other op.UserID) (op.ScopeID, error) {
	return p.World.Direct(p.self.User, other), nil
}

// AddMembers adds members to a group.
func (p *Peer) AddMembers(_ context.Context, scope op.ScopeID, users []op.UserID) error {
	if p.World.ScopeRole(scope, p.self.User) > authority.Admin {
		return fault.New("denied")
	}
	for _, u := range users {
		if _, member := p.World.scopes[scope].Members[u]; !member {
			p.World.SetScopeRole(scope, u, authority.Member)
		}
	}
	return nil
}

// Scope describes a scope that this peer's user is a member of.
func (p *Peer) Scope(id op.ScopeID) (module.ScopeInfo, bool) { return p.World.scope(id, p.self.User) }

// ScopeByNo is Scope by local number.
func (p *Peer) ScopeByNo(no int64) (module.ScopeInfo, bool) {
	for id, s := range p.World.scopes {
		if s.No == no {
			return p.Scope(id)
		}
	}
	return module.ScopeInfo{}, false
}

// Scopes lists the scopes of the given kinds that this peer's user is a member of.
func (p *Peer) Scopes(kinds ...module.ScopeKind) []module.ScopeInfo {
	var out []module.ScopeInfo
	for id, s := range p.World.scopes {
		if c, ok := p.Scope(id); ok && slices.Contains(kinds, s.Kind) {
			out = append(out, c)
		}
	}
	return out
}

// Members lists the active users of the team.
func (p *Peer) Members() []op.UserID {
	var out []op.UserID
	for _, u := range p.World.users {
		if p.World.Role(u) != authority.None {
			out = append(out, u)
		}
	}
	return out
}

// Joined tells when the user was added to the World.
func (p *Peer) Joined(user op.UserID) time.Time {
	if u := p.World.people[user]; u != nil {
		return u.joined
	}
	return time.Time{}
}

// UserNo is the user's local number.
func (p *Peer) UserNo(user op.UserID) int64 {
	if u := p.World.people[user]; u != nil {
		return u.no
	}
	return 0
}

// UserByNo is the inverse of UserNo.
func (p *Peer) UserByNo(no int64) (op.UserID, bool) {
	if no < 1 || no > int64(len(p.World.users)) {
		return op.UserID{}, false
	}
	return p.World.users[no-1], true
}

// Online tells what SetOnline said.
func (p *Peer) Online(user op.UserID) bool {
	u := p.World.people[user]
	return u != nil && u.online
}

// SetRegister gives this device's register a new value; others get it by ReceiveRegisters.
func (p *Peer) SetRegister(ctx context.Context, scope op.ScopeID, key string, value any) error {
	s, ok := p.Scope(scope)
	if !ok {
		return fmt.Errorf("set register %s: no scope %s", key, scope)
	}
	enc, err := op.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode register %s: %w", key, err)
	}
	p.state.Lock()
	defer p.state.Unlock()
	p.sent++
	return p.applyRegisters(ctx, []module.RegisterValue{{
		Scope: scope, ScopeNo: s.No, Device: p.self.Device, User: p.self.User, UserNo: p.self.UserNo, Key: key, Version: uint64(p.sent), Value: enc,
	}})
}

// Delivery tells who holds the op: people with a peer that received it.
func (p *Peer) Delivery(scope op.ScopeID, ref op.Ref) module.Delivery {
	d := module.Delivery{Received: map[op.UserID]bool{}, OnRelay: p.Relayed}
	s, ok := p.Scope(scope)
	if !ok {
		return d
	}
	var author op.UserID
	holders := map[op.UserID]bool{}
	for _, other := range p.World.peers {
		other.state.RLock()
		if o := other.ops[opKey{scope, ref}]; o != nil {
			author = o.User
			holders[other.self.User] = true
		}
		other.state.RUnlock()
	}
	for _, u := range p.World.users {
		if _, member := s.Members[u]; !member || u == author {
			continue
		}
		d.Total = append(d.Total, u)
		if holders[u] {
			d.Received[u] = true
		}
	}
	return d
}

// Filling is false: a peer gets the ops of a scope in their order.
func (p *Peer) Filling(op.ScopeID) bool { return false }

// Arrived tells when this peer received the op.
func (p *Peer) Arrived(key int64) (time.Time, bool) {
	p.state.RLock()
	defer p.state.RUnlock()
	t, ok := p.arrived[key]
	return t, ok
}
