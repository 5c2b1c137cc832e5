package app

import (
	"context"

	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
	"tongzhou/sync/session"
)

// onSync runs one conversation.
func (n *network) onSync(ctx context.Context, dev op.DeviceID, s p2p.Stream, _ bool) {
	n.mu.Lock()
	t := n.team
	n.mu.Unlock()
	if t == nil {
		return
	}
	n.done.Add(1)
	defer n.done.Done()
	t.replica.SetOnline(dev, 1)
	n.setStatus(dev, session.Status{})
	t.fetch.Look()
	err := n.converse(ctx, t, dev, s, func(st session.Status) { n.setStatus(dev, st) })
	if err != nil && ctx.Err() == nil {
		n.log.Info("conversation ended", "peer", dev.String(), "err", err)
	}
	t.replica.SetOnline(dev, -1)
	n.mu.Lock()
	delete(n.sessions, dev)
	n.mu.Unlock()
	n.app.bus.Publish("connections", nil)
}

// converse speaks with a device until one of the two ends it.
func (n *network) converse(ctx context.Context, t *team, dev op.DeviceID, s p2p.Stream, onStatus func(session.Status)) error {
	return session.New(session.Config{
		Replica: t.replica, Peer: dev, App: n.app.opts.Version, Now: n.app.opts.Now, Log: n.log, Claims: n.claims, OnStatus: onStatus,
	}).Run(ctx, s)
}

func (n *network) setStatus(dev op.DeviceID, st session.Status) {
	n.mu.Lock()
	first := n.sessions[dev].State != session.InSync && st.State == session.InSync
	n.sessions[dev] = st
	if !st.SyncedAt.IsZero() {
		n.lastSync[dev] = st.SyncedAt
	}
	watcher, t, ctx := n.watcher, n.team, n.ctx
	n.mu.Unlock()
	if watcher != nil {
		watcher(st)
	}
	if first {
		n.done.Add(1)
		go func() {
			defer n.done.Done()
			n.onInSync(ctx, t, watcher == nil)
		}()
	}
	n.app.bus.Publish("connections", nil)
}

// onInSync does what had to wait for the history. introduce is false while joining, which does that itself.
func (n *network) onInSync(ctx context.Context, t *team, introduce bool) {
	if introduce {
		if err := n.app.introducePending(ctx); err != nil && ctx.Err() == nil {
			n.log.Info("own profile is not written as it was given", "err", err)
		}
	}
	n.app.salvageRest(ctx, t.replica)
	n.tellAddresses(ctx) // unless the key was here before
	t.turn()             // the same for the rescue secret
}
