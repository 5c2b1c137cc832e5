package command

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/sync/relay"
	"tongzhou/sync/relay/host"
	"tongzhou/sync/relay/status"
	"tongzhou/sync/relay/store"
)

// relayCommand keeps ciphertext for teams, blindly.
type relayCommand struct {
	Start  relayStartCommand  `cmd:"" default:"withargs" help:"${relay_start}"`
	Allow  relayAllowCommand  `cmd:"" help:"${relay_allow}"`
	Teams  relayTeamsCommand  `cmd:"" help:"${relay_teams}"`
	Remove relayRemoveCommand `cmd:"" help:"${relay_remove}"`
}

// relayFlags say where a relay keeps what it has.
type relayFlags struct {
	Data  string `help:"${relay_data}" placeholder:"DIR"`
	Store string `help:"${relay_store}" placeholder:"sqlite|postgres://…" default:"sqlite"`
}

// What is in a relay's data directory.
const (
	relayKeyFile   = "relay.key"
	relayDatabase  = "relay.db"
	relayAddrsFile = "addresses"
)

// dir returns the absolute path of the relay's data directory, which is not the app's: one machine may be both.
func (f relayFlags) dir(e Environment) (string, error) {
	if f.Data == "" {
		config, err := e.ConfigDir()
		if err != nil {
			return "", fmt.Errorf("find the data directory: %w", err)
		}
		f.Data = filepath.Join(config, "Tongzhou-Relay")
	}
	dir, err := filepath.Abs(f.Data)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	return dir, nil
}

// open opens the store. Fault: relay.store.
func (f relayFlags) open(ctx context.Context, dir string) (store.Store, error) {
	var s store.Store
	var err error
	switch {
	case f.Store == "sqlite":
		s, err = store.OpenSQLite(ctx, filepath.Join(dir, relayDatabase))
	case strings.HasPrefix(f.Store, "postgres://"), strings.HasPrefix(f.Store, "postgresql://"):
		s, err = store.OpenPostgres(ctx, f.Store)
	default:
		return nil, fault.New("relay.store", "store", f.Store)
	}
	return s, err
}

// existing opens the store of a relay that has run before. Fault: data.missing.
func (f relayFlags) existing(ctx context.Context, e Environment) (store.Store, string, error) {
	dir, err := f.dir(e)
	if err != nil {
		return nil, "", err
	}
	if _, err := os.Stat(filepath.Join(dir, relayKeyFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, "", fault.Wrap("relay.missing", err, "dir", dir)
	}
	s, err := f.open(ctx, dir)
	return s, dir, err
}

// relayStartCommand runs a relay until a signal.
type relayStartCommand struct {
	relayFlags
	Listen   []string `help:"${relay_listen}" placeholder:"MULTIADDR" sep:"none"`
	Announce []string `help:"${relay_announce}" placeholder:"MULTIADDR" sep:"none"`
	Status   string   `help:"${relay_status}" placeholder:"127.0.0.1:PORT" default:"127.0.0.1:0"`
	TeamGiB  float64  `name:"team-gib" help:"${relay_team_gib}" placeholder:"N" default:"20"`
}

func (r *relayStartCommand) Run(ctx context.Context, c *call) error {
	return asService(ctx, func(ctx context.Context) error { return r.run(ctx, c) })
}

func (r *relayStartCommand) run(ctx context.Context, c *call) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	dir, err := r.dir(c.Environment)
	if err != nil {
		return err
	}
	release, err := createAndHold(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	key, err := relayKey(filepath.Join(dir, relayKeyFile))
	if err != nil {
		return err
	}
	s, err := r.open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	blind := relay.New(relay.Config{Store: s, Limits: relay.Limits{TeamBytes: int64(r.TeamGiB * (1 << 30))}, Log: c.log})
	defer func() { err = errors.Join(err, blind.Close()) }()
	network, err := host.New(host.Config{Relay: blind, Key: key, Listen: r.Listen, Announce: r.Announce, Log: c.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, network.Close()) }()
	if err := durable.Write(filepath.Join(dir, relayAddrsFile), []byte(strings.Join(network.Addrs(), "\n")+"\n")); err != nil {
		return fmt.Errorf("note the addresses: %w", err)
	}
	if err := c.greetRelay(ctx, s, dir, key, network.Addrs()); err != nil {
		return err
	}
	return c.showRelay(ctx, r.Status, blind, network)
}

// greetRelay says where the relay is, and on its first day how a team gets in.
func (c *call) greetRelay(ctx context.Context, s store.Store, dir string, key ed25519.PrivateKey, addrs []string) error {
	fmt.Fprintln(c.Stdout, c.words.say("relay.ready", nil))
	for _, a := range addrs {
		fmt.Fprintln(c.Stdout, "  "+a)
	}
	teams, err := s.Teams(ctx)
	if err != nil {
		return err
	}
	tokens, err := s.Tokens(ctx, time.Now().UnixMilli())
	if err != nil {
		return err
	}
	if len(teams) > 0 || tokens > 0 {
		return nil
	}
	return c.allowTeam(ctx, s, dir, key)
}

// relaySource is what the status page shows.
type relaySource struct {
	*relay.Relay
	*host.Host
}

// showRelay serves the status page until ctx ends.
func (c *call) showRelay(ctx context.Context, address string, blind *relay.Relay, network *host.Host) (err error) {
	listener, err := status.Listen(address)
	if errors.Is(err, status.ErrNotLoopback) {
		return fault.Wrap("relay.not_loopback", err, "address", address)
	}
	if err != nil {
		return err
	}
	page, err := status.Handler(relaySource{blind, network}, c.relayPage(), c.log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute}
	fmt.Fprintf(c.Stdout, "%s\n  http://%s/\n", c.words.say("relay.status", nil), listener.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err = server.Shutdown(limit)
	if serving := <-served; !errors.Is(serving, http.ErrServerClosed) && !errors.Is(serving, net.ErrClosed) {
		err = errors.Join(err, serving)
	}
	return err
}

func (c *call) relayPage() status.Words {
	say := func(key string) string { return c.words.say("relay.page."+key, nil) }
	return status.Words{
		Lang: say("lang"), Title: say("title"), Blind: say("blind"), Team: say("team"), Devices: say("devices"), Online: say("online"),
		Stored: say("stored"), Chunks: say("chunks"), Waiting: say("waiting"), NoTeam: say("no_team"), Connections: say("connections"), Circuits: say("circuits"),
		Tokens: say("tokens"), None: say("none"),
	}
}

// relayKey reads the relay's transport key, or makes it. Devices know the relay by it: it must not change. Fault:
// relay.key.
func relayKey(path string) (ed25519.PrivateKey, error) {
	seed, err := os.ReadFile(path)
	switch {
	case err == nil && len(seed) == ed25519.SeedSize:
		return ed25519.NewKeyFromSeed(seed), nil
	case err == nil:
		return nil, fault.New("relay.key", "path", path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the relay's key: %w", err)
	}
	seed = make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand.Reader, seed); err != nil {
		return nil, fmt.Errorf("make the relay's key: %w", err)
	}
	if err := durable.Write(path, seed); err != nil {
		return nil, fmt.Errorf("keep the relay's key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
