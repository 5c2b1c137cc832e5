package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/replica"
)

// addressKey is the register in which a device publishes where it can be reached.
const addressKey = "addr"

const maxAddresses = 12

// addressRegister keeps what devices publish.
func addressRegister() replica.RegisterKind {
	drop := func(tx replica.Tx, _, user int64) error {
		if _, err := tx.Exec(`DELETE FROM app_peer_address WHERE user = ?`, user); err != nil {
			return fmt.Errorf("forget addresses: %w", err)
		}
		return nil
	}
	return replica.RegisterKind{Key: addressKey, Drop: drop, Apply: func(tx replica.Tx, r replica.RegisterValue) error {
		var addrs []string
		if err := op.Unmarshal(r.Value, &addrs); err != nil || len(addrs) > maxAddresses {
			return nil
		}
		b, err := json.Marshal(addrs)
		if err != nil {
			return nil
		}
		if _, err := tx.Exec(`INSERT OR REPLACE INTO app_peer_address (device, user, addrs) VALUES (?, ?, ?)`, r.Device[:], r.UserNo, string(b)); err != nil {
			return fmt.Errorf("store addresses: %w", err)
		}
		tx.Changed("addresses", r.Device.String())
		return nil
	}}
}

// loadAddresses reads what devices published.
func (n *network) loadAddresses() error {
	db := n.app.database()
	if db == nil {
		return nil
	}
	rows, err := db.Read().Query(`SELECT device, addrs FROM app_peer_address`)
	if err != nil {
		return fmt.Errorf("read addresses: %w", err)
	}
	defer rows.Close()
	all := map[op.DeviceID][]string{}
	for rows.Next() {
		var dev []byte
		var text string
		if err := rows.Scan(&dev, &text); err != nil {
			return fmt.Errorf("read addresses: %w", err)
		}
		var addrs []string
		if err := json.Unmarshal([]byte(text), &addrs); err != nil || len(dev) != 16 {
			continue
		}
		all[op.DeviceID(dev)] = addrs
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read addresses: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addrs = all
	return nil
}

// tellAddresses publishes where this device can be reached, if that changed.
func (n *network) tellAddresses(ctx context.Context) {
	n.telling.Lock()
	defer n.telling.Unlock()
	n.mu.Lock()
	h, t := n.host, n.team
	n.mu.Unlock()
	if h == nil || t == nil {
		return
	}
	addrs := h.Addrs()
	if len(addrs) > maxAddresses {
		addrs = addrs[:maxAddresses]
	}
	text := strings.Join(addrs, " ")
	if text == n.told || len(addrs) == 0 {
		return
	}
	err := t.replica.SetRegister(ctx, keys.ControlScope(t.id.Team), addressKey, addrs)
	if errors.Is(err, replica.ErrNoKey) || ctx.Err() != nil {
		return // comes with the history
	}
	if err != nil {
		n.log.Warn("could not publish own addresses", "err", err)
		return
	}
	n.told = text
}

const portKey = "p2p_port"

// port is the port of the last run, so that addresses in other people's memory stay true.
func (a *App) port() int {
	if a.opts.P2PPort != 0 {
		return a.opts.P2PPort
	}
	port, err := strconv.ParseUint(a.setting(portKey), 10, 16)
	if err != nil {
		return 0 // none yet
	}
	return int(port)
}

func (a *App) rememberPort(ctx context.Context, addrs []string) {
	for _, addr := range addrs {
		parts := strings.Split(addr, "/")
		for i := 0; i+1 < len(parts); i++ {
			if parts[i] != "tcp" {
				continue
			}
			if parts[i+1] == a.setting(portKey) {
				return
			}
			if err := a.setSetting(ctx, portKey, parts[i+1]); err != nil {
				a.log.Warn("could not remember the port", "err", err)
			}
			return
		}
	}
}
