package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// DeviceDTO is a device of a person.
type DeviceDTO struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Current    bool   `json:"current"` // this one
	AddedAt    string `json:"addedAt"`
	AddedBy    string `json:"addedBy"`  // name of the device that linked it; "" for the first, and by recovery words
	LastSeen   string `json:"lastSeen"` // the last sign of it that is known here; "" if none
	Online     bool   `json:"online"`
	State      string `json:"state"` // active, revoked
	CanRevoke  bool   `json:"canRevoke"`
	NeedsWords bool   `json:"needsWords"` // signing it out takes the recovery words
}

// RevokeDeviceInput signs a device out. Lost says that somebody else may have it: what it says from now on about what it wrote
// before does not count either. Words are needed where the device says so.
type RevokeDeviceInput struct {
	DeviceID string   `json:"deviceId"`
	Lost     bool     `json:"lost"`
	Words    []string `json:"words"`
}

// Devices lists this person's devices, this one first, those signed out last (R17).
func (p *API) Devices() ([]DeviceDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return nil, err
	}
	return t.devicesOf(t.id.Root.ID)
}

// DevicesOf lists the devices of a colleague, for those who may sign them out (R16). Fault: denied.
func (p *API) DevicesOf(userID string) ([]DeviceDTO, error) {
	t, err := p.a.ready()
	if err != nil {
		return nil, err
	}
	user, err := op.ParseUserID(userID)
	if err != nil {
		return nil, fault.Wrap("org.member_unknown", err)
	}
	if _, ok := t.replica.Authority().MayRevoke(t.id.Root.ID, user); !ok && user != t.id.Root.ID {
		return nil, fault.New("denied")
	}
	return t.devicesOf(user)
}

// RevokeDevice signs a device out: one of this person's, this one included, or one of somebody whom this person outranks. It
// refuses all operation from its next contact on, and the keys change at once (R17, R18). Faults: device.unknown, device.gone,
// device.needs_words, device.words, vault.words {word}, denied.
func (p *API) RevokeDevice(in RevokeDeviceInput) error {
	t, err := p.a.ready()
	if err != nil {
		return err
	}
	id, err := op.ParseDeviceID(in.DeviceID)
	if err != nil {
		return fault.Wrap("device.unknown", err)
	}
	auth := t.replica.Authority()
	d, known := auth.Device(id)
	_, may := auth.MayRevokeDevice(t.id.Device.ID, id)
	var root *keys.Root
	switch {
	case !known:
		return fault.New("device.unknown")
	case d.Revoked:
		return fault.New("device.gone")
	case may:
	case d.User != t.id.Root.ID:
		return fault.New("denied")
	case len(in.Words) == 0:
		return fault.New("device.needs_words")
	default:
		r, err := rootOfWords(in.Words)
		if err != nil {
			return err
		}
		if r.ID != t.id.Root.ID {
			return fault.New("device.words")
		}
		root = &r
	}
	mode := authority.Removed
	if in.Lost {
		mode = authority.Compromised
	}
	if err := t.replica.RevokeDevice(context.Background(), id, mode, root); err != nil {
		return storeFault(err)
	}
	p.a.bus.Publish("state", nil)
	return nil
}

func (t *team) devicesOf(user op.UserID) ([]DeviceDTO, error) {
	auth := t.replica.Authority()
	seen, err := t.lastSigns()
	if err != nil {
		return nil, err
	}
	all := auth.AllDevices(user)
	slices.SortStableFunc(all, func(a, b authority.Device) int { return cmp.Compare(a.At, b.At) })
	out := make([]DeviceDTO, 0, len(all))
	for _, d := range all {
		_, may := auth.MayRevokeDevice(t.id.Device.ID, d.ID)
		own := user == t.id.Root.ID
		dto := DeviceDTO{
			ID: d.ID.String(), Name: d.Name, Current: d.ID == t.id.Device.ID, AddedAt: timestamp(d.At.Wall()), State: "active",
			CanRevoke: may || own, NeedsWords: own && !may, LastSeen: timestamp(seen[d.ID].at), Online: seen[d.ID].online,
		}
		if by, ok := auth.Device(d.LinkedBy); ok {
			dto.AddedBy = by.Name
		}
		if dto.Current {
			dto.LastSeen, dto.Online = timestamp(t.app.opts.Now()), true
		}
		if d.Revoked {
			dto.State, dto.CanRevoke, dto.NeedsWords = "revoked", false, false
		}
		out = append(out, dto)
	}
	slices.SortStableFunc(out, func(a, b DeviceDTO) int { return cmp.Compare(order(a), order(b)) })
	return out, nil
}

func order(d DeviceDTO) int {
	switch {
	case d.Current:
		return 0
	case d.State == "active":
		return 1
	}
	return 2
}

// sign is the last that is known of a device here.
type sign struct {
	at     time.Time
	online bool
}

// lastSigns is, of each device, when it was last heard or wrote something that is here.
func (t *team) lastSigns() (map[op.DeviceID]sign, error) {
	out := map[op.DeviceID]sign{}
	rows, err := lateDB{t.app}.Read().Query(`SELECT device, max(hlc) FROM feed GROUP BY device`)
	if err != nil {
		return nil, fmt.Errorf("read when devices wrote: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var dev []byte
		var at int64
		if err := rows.Scan(&dev, &at); err != nil {
			return nil, fmt.Errorf("read when a device wrote: %w", err)
		}
		if len(dev) == len(op.DeviceID{}) && at > 0 {
			out[op.DeviceID(dev)] = sign{at: hlc.Time(at).Wall()}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read when devices wrote: %w", err)
	}
	for _, p := range t.net.peers() {
		s := out[p.Device]
		if p.LastSeen.After(s.at) {
			s.at = p.LastSeen
		}
		s.online = p.State == p2p.StateConnected
		out[p.Device] = s
	}
	return out, nil
}

// peers is how the network sees the other devices; nothing while it does not run.
func (n *network) peers() []p2p.PeerInfo {
	n.mu.Lock()
	h := n.host
	n.mu.Unlock()
	if h == nil {
		return nil
	}
	return h.Peers()
}
