package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"tongzhou/backend/durable"
	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/p2p"
)

// colleagues remembers the transport keys of colleagues' devices in a file beside the database. A device that lost its
// database, and with it the control log, still knows from it whom to ask for all that. Devices of which the control log
// says anything are none of its business: it cannot bring back who was removed.
type colleagues struct {
	path string
	mu   sync.Mutex // guards list
	list []colleague
}

// colleague is a device of a colleague. A list of them is ordered by device.
type colleague struct {
	Device  op.DeviceID `json:"device"`
	PeerPub []byte      `json:"peer"`
}

func openColleagues(path string) (*colleagues, error) {
	c := &colleagues{path: path}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read colleagues: %w", err)
	}
	if err := json.Unmarshal(raw, &c.list); err != nil {
		c.list = nil // damaged: the control log says it all while it is there
	}
	return c, nil
}

// update notes the devices of the active members, except for this one. Those that the control log does not know yet stay.
func (c *colleagues) update(auth *authority.State, self op.DeviceID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.unknown(auth)
	for _, u := range auth.Users() {
		for _, d := range u.Devices {
			if d.ID != self {
				list = append(list, colleague{d.ID, d.PeerPub})
			}
		}
	}
	slices.SortFunc(list, func(a, b colleague) int { return slices.Compare(a.Device[:], b.Device[:]) })
	if slices.EqualFunc(list, c.list, func(a, b colleague) bool { return a.Device == b.Device && slices.Equal(a.PeerPub, b.PeerPub) }) {
		return nil
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode colleagues: %w", err)
	}
	if err := durable.Write(c.path, raw); err != nil {
		return err
	}
	c.list = list
	return nil
}

// unknownTo lists the devices of which the control log says nothing. There are none unless the database was lost.
func (c *colleagues) unknownTo(auth *authority.State) []p2p.RosterDevice {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []p2p.RosterDevice
	for _, x := range c.unknown(auth) {
		out = append(out, p2p.RosterDevice{ID: x.Device, PeerPub: x.PeerPub})
	}
	return out
}

func (c *colleagues) unknown(auth *authority.State) []colleague {
	var out []colleague
	for _, x := range c.list {
		if _, known := auth.Device(x.Device); !known {
			out = append(out, x)
		}
	}
	return out
}
