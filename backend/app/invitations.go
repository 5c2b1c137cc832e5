package app

import (
	"context"
	"fmt"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/backend/rules"
	"tongzhou/sync/authority"
	"tongzhou/sync/join"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// InvitationInput is a new invitation.
type InvitationInput struct {
	Note string `json:"note"` // for whom; only on this device
}

// InvitationDTO is an invitation made on this device.
type InvitationDTO struct {
	ID        string `json:"id"`
	Link      string `json:"link"` // "" when it can no longer be used
	CreatedAt string `json:"createdAt"`
	ExpiresAt string `json:"expiresAt"`
	State     string `json:"state"` // open, used, expired
	UsedBy    string `json:"usedBy"`
	Note      string `json:"note"`
}

// CreateInvitation writes an invitation for one person, for as long as the house rule says. Fault: denied.
func (p *API) CreateInvitation(in InvitationInput) (InvitationDTO, error) {
	return p.a.invite(context.Background(), authority.Member, nil, in.Note)
}

// invite writes an invitation for one person, into a department or none, and keeps its secret on this device. Fault: denied.
func (a *App) invite(ctx context.Context, role authority.Role, dept []byte, note string) (InvitationDTO, error) {
	t, err := a.ready()
	if err == nil {
		err = a.overdue()
	}
	if err != nil {
		return InvitationDTO{}, err
	}
	now := a.opts.Now()
	t.net.wait(a.tune.linkWait)
	id, inv, err := t.replica.InviteInto(ctx, role, dept, now.Add(time.Duration(a.rules.Int(rules.InviteDays))*day))
	if err != nil {
		return InvitationDTO{}, storeFault(err)
	}
	err = lateDB{a}.Write(ctx, func(tx replica.Tx) error {
		if _, err := tx.Exec(`INSERT INTO app_invitation (op, secret, created, note) VALUES (?, ?, ?, ?)`, id[:], inv.Secret[:], now.UnixMilli(), trimmed(note, 200)); err != nil {
			return fmt.Errorf("keep invitation: %w", err)
		}
		return nil
	})
	if err != nil {
		return InvitationDTO{}, err
	}
	all, err := a.api.Invitations()
	if err != nil {
		return InvitationDTO{}, err
	}
	for _, i := range all {
		if i.ID == id.String() {
			return i, nil
		}
	}
	return InvitationDTO{}, fault.New("join.unknown")
}

// Invitations lists the invitations made on this device, newest first.
func (p *API) Invitations() ([]InvitationDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return nil, err
	}
	rows, err := (lateDB{p.a}).Read().Query(`SELECT op, secret, created, note FROM app_invitation ORDER BY created DESC LIMIT 200`)
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	defer rows.Close()
	out := []InvitationDTO{}
	names := p.a.directory.Names()
	for rows.Next() {
		var opID, secret []byte
		var created int64
		d := InvitationDTO{State: "expired"}
		if err := rows.Scan(&opID, &secret, &created, &d.Note); err != nil {
			return nil, fmt.Errorf("read invitation: %w", err)
		}
		id := op.ID(opID)
		d.ID, d.CreatedAt = id.String(), timestamp(time.UnixMilli(created))
		st, ok := t.replica.Authority().Invite(id)
		if ok {
			d.ExpiresAt = timestamp(time.UnixMilli(st.Expires))
			switch {
			case st.Uses() >= st.MaxUses:
				d.State = "used"
				if len(st.Users) > 0 {
					d.UsedBy = names(st.Users[0])
				}
			case st.Open(p.a.opts.Now().UnixMilli()):
				d.State = "open"
				if d.Link, err = t.link(p.a, id, [16]byte(secret), st.Expires); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// link makes the link with the addresses of this moment: this device's, and those of a few colleagues who can let people in
// too.
func (t *team) link(a *App, id op.ID, secret [16]byte, expires int64) (string, error) {
	inv := join.Invitation{
		Team: t.id.Team, Genesis: t.replica.Genesis(), Invite: id, Secret: secret, Expires: expires,
		TeamName: trimmed(a.directory.TeamName(), 100), Inviter: trimmed(a.directory.Names()(t.id.Root.ID), 100), MDNS: t.id.TeamSecret.MDNSName(),
	}
	inv.Peers = t.net.reachable(2)
	if relays := teamRelays(t.replica.Authority()); len(relays) > 0 {
		inv.Post = &join.Mailbox{Tag: t.id.TeamSecret.RelayTeam(), Key: t.id.TeamSecret.LetterKey(keys.InviteFromSecret(secret).Pub())}
		for i := range relays {
			inv.Post.AddRelay(relays[i].Key, relays[i].Addrs)
		}
		if len(inv.Post.Relays) == 0 {
			inv.Post = nil
		}
	}
	return inv.Link()
}

// wait waits until the network runs, at most for so long: just after the start it may not know yet where it can be reached.
func (n *network) wait(limit time.Duration) {
	select {
	case <-n.up:
	case <-time.After(limit):
	}
}

// reachable lists where this device answers, then up to n connected others.
func (n *network) reachable(others int) []join.Peer {
	n.mu.Lock()
	h, addrs := n.host, n.addrs
	var online []op.DeviceID
	for dev := range n.sessions {
		online = append(online, dev)
	}
	n.mu.Unlock()
	var out []join.Peer
	if h != nil {
		if p, ok := join.NewPeer(h.Addrs(), 5); ok {
			out = append(out, p)
		}
	}
	for _, dev := range online {
		if len(out) > others {
			break
		}
		if p, ok := join.NewPeer(addrs[dev], 3); ok {
			out = append(out, p)
		}
	}
	return out
}
