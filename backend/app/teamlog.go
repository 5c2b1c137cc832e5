package app

import (
	"context"
	"time"

	"tongzhou/backend/module"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// teamLog is module.Log over the team's replica, which may not exist yet.
type teamLog struct {
	a *App
	t *team // nil: the app's, while it may do something
}

func (l *teamLog) replica() *replica.Replica {
	if l.t != nil {
		return l.t.replica
	}
	t, err := l.a.ready()
	if err != nil {
		return nil
	}
	return t.replica
}

func (l *teamLog) Ready() error {
	_, err := l.a.ready()
	return err
}

func (l *teamLog) Self() module.Self {
	r := l.replica()
	if r == nil {
		return module.Self{}
	}
	id := r.Self()
	return module.Self{User: id.Root.ID, UserNo: r.UserNo(id.Root.ID), Device: id.Device.ID, Team: id.Team}
}

// nobody is the view before there is a team.
type nobody struct{}

func (nobody) Role(op.UserID) authority.Role                  { return authority.None }
func (nobody) ScopeRole(op.ScopeID, op.UserID) authority.Role { return authority.None }
func (nobody) DeptOf(op.UserID) []byte                        { return nil }
func (nobody) Oversees(op.UserID, []byte) bool                { return false }

func (l *teamLog) View() module.View {
	if r := l.replica(); r != nil {
		return r.View()
	}
	return nobody{}
}

func (l *teamLog) CompanyScope() op.ScopeID {
	if r := l.replica(); r != nil {
		return r.CompanyScope()
	}
	return op.ScopeID{}
}

func (l *teamLog) DirectScope(x, y op.UserID) op.ScopeID {
	if r := l.replica(); r != nil {
		return r.DirectScope(x, y)
	}
	return op.ScopeID{}
}

// with runs fn on the replica and gives its errors their codes.
func (l *teamLog) with(fn func(r *replica.Replica) error) error {
	t, err := l.a.ready()
	if err == nil {
		err = l.a.overdue()
	}
	if err != nil {
		return err
	}
	return storeFault(fn(t.replica))
}

func (l *teamLog) Submit(ctx context.Context, subs []module.Submission, also func(tx module.Tx, ops []module.Op) error) (ops []module.Op, err error) {
	err = l.with(func(r *replica.Replica) error {
		ops, err = r.Submit(ctx, subs, also)
		return err
	})
	return ops, err
}

func (l *teamLog) CreateGroup(ctx context.Context, members []op.UserID, extra ...module.Submission) (id op.ScopeID, err error) {
	err = l.with(func(r *replica.Replica) error {
		id, err = r.CreateGroup(ctx, members, extra)
		return err
	})
	return id, err
}

func (l *teamLog) EnsureDirect(ctx context.Context, other op.UserID) (id op.ScopeID, err error) {
	err = l.with(func(r *replica.Replica) error {
		id, err = r.EnsureDirect(ctx, other)
		return err
	})
	return id, err
}

func (l *teamLog) AddMembers(ctx context.Context, scope op.ScopeID, users []op.UserID) error {
	return l.with(func(r *replica.Replica) error { return r.AddMembers(ctx, scope, users) })
}

func (l *teamLog) Scope(id op.ScopeID) (module.ScopeInfo, bool) {
	if r := l.replica(); r != nil {
		return r.Scope(id)
	}
	return module.ScopeInfo{}, false
}

func (l *teamLog) ScopeByNo(no int64) (module.ScopeInfo, bool) {
	if r := l.replica(); r != nil {
		return r.ScopeByNo(no)
	}
	return module.ScopeInfo{}, false
}

func (l *teamLog) Scopes(kinds ...module.ScopeKind) []module.ScopeInfo {
	if r := l.replica(); r != nil {
		return r.Scopes(kinds...)
	}
	return nil
}

func (l *teamLog) Members() []op.UserID {
	if r := l.replica(); r != nil {
		return r.Members()
	}
	return nil
}

func (l *teamLog) Joined(u op.UserID) time.Time {
	if r := l.replica(); r != nil {
		if x, ok := r.Authority().User(u); ok {
			return x.At.Wall()
		}
	}
	return time.Time{}
}

func (l *teamLog) UserNo(u op.UserID) int64 {
	if r := l.replica(); r != nil {
		return r.UserNo(u)
	}
	return 0
}

func (l *teamLog) UserByNo(no int64) (op.UserID, bool) {
	if r := l.replica(); r != nil {
		return r.UserByNo(no)
	}
	return op.UserID{}, false
}

func (l *teamLog) Online(u op.UserID) bool {
	r := l.replica()
	return r != nil && (u == r.Self().Root.ID || r.Online(u))
}

func (l *teamLog) SetRegister(ctx context.Context, scope op.ScopeID, key string, value any) error {
	return l.with(func(r *replica.Replica) error { return r.SetRegister(ctx, scope, key, value) })
}

func (l *teamLog) Delivery(scope op.ScopeID, ref op.Ref) module.Delivery {
	if r := l.replica(); r != nil {
		return r.Delivery(scope, ref)
	}
	return module.Delivery{}
}

func (l *teamLog) Filling(scope op.ScopeID) bool {
	r := l.replica()
	return r != nil && r.Filling(scope)
}

func (l *teamLog) Arrived(key int64) (time.Time, bool) {
	if r := l.replica(); r != nil {
		return r.Arrived(key)
	}
	return time.Time{}, false
}
