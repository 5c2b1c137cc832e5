package command

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"tongzhou/backend/fault"
	"tongzhou/sync/relay"
	"tongzhou/sync/relay/link"
	"tongzhou/sync/relay/store"
	"tongzhou/sync/wire"
)

// allowFor is how long a link lets a team in.
const allowFor = 7 * 24 * time.Hour

// relayAllowCommand lets one more team in.
type relayAllowCommand struct {
	relayFlags
}

func (r *relayAllowCommand) Run(ctx context.Context, c *call) (err error) {
	s, dir, err := r.existing(ctx, c.Environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	key, err := relayKey(filepath.Join(dir, relayKeyFile))
	if err != nil {
		return err
	}
	return c.allowTeam(ctx, s, dir, key)
}

// allowTeam makes a token and prints the link that carries it, for eyes and for a camera.
func (c *call) allowTeam(ctx context.Context, s store.Store, dir string, key ed25519.PrivateKey) error {
	addrs, err := relayAddrs(dir)
	if err != nil {
		return err
	}
	var token [16]byte
	if _, err := io.ReadFull(rand.Reader, token[:]); err != nil {
		return fmt.Errorf("make a token: %w", err)
	}
	text := link.Link{Key: [32]byte(key.Public().(ed25519.PublicKey)), Addrs: addrs, Token: token[:]}.String()
	if text == "" {
		return fault.New("relay.addresses", "n", strconv.Itoa(len(addrs)))
	}
	if err := relay.Allow(ctx, s, token, time.Now().Add(allowFor)); err != nil {
		return err
	}
	fmt.Fprintf(c.Stdout, "%s\n\n%s\n\n", c.words.say("relay.link", map[string]string{"days": strconv.Itoa(int(allowFor / (24 * time.Hour)))}), text)
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return fmt.Errorf("draw the link: %w", err)
	}
	fmt.Fprintln(c.Stdout, drawCode(code))
	return nil
}

// relayAddrs reads where the relay listens, those first that others can reach.
func relayAddrs(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, relayAddrsFile))
	if err != nil {
		return nil, fault.Wrap("relay.missing", err, "dir", dir)
	}
	all := strings.Fields(string(text))
	var near, far []string
	for _, a := range all {
		if strings.HasPrefix(a, "/ip4/127.") || strings.HasPrefix(a, "/ip6/::1/") {
			near = append(near, a)
		} else {
			far = append(far, a)
		}
	}
	const most = 8 // so that the code stays readable for a camera
	far = append(far, near...)
	return far[:min(len(far), most)], nil
}

// drawCode draws a code with half blocks, light on dark and dark on light terminals alike, with the quiet zone around it.
func drawCode(code *qr.Code) string {
	const quiet = 2
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -quiet; x < code.Size+quiet; x++ {
			switch upper, lower := code.Black(x, y), code.Black(x, y+1); {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

// relayTeamsCommand lists the teams that were let in.
type relayTeamsCommand struct {
	relayFlags
}

func (r *relayTeamsCommand) Run(ctx context.Context, c *call) (err error) {
	s, _, err := r.existing(ctx, c.Environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	teams, err := s.Teams(ctx)
	if err != nil {
		return err
	}
	if len(teams) == 0 {
		fmt.Fprintln(c.Stdout, c.words.say("relay.no_team", nil))
	}
	for _, t := range teams {
		fmt.Fprintln(c.Stdout, c.words.say("relay.team", map[string]string{
			"tag": hex.EncodeToString(t.Tag[:]), "since": time.UnixMilli(t.SinceMS).Format(time.DateOnly), "mib": strconv.FormatFloat(float64(t.Bytes)/(1<<20), 'f', 1, 64),
		}))
	}
	return nil
}

// relayRemoveCommand puts a team out and deletes what was kept for it.
type relayRemoveCommand struct {
	relayFlags
	Tag string `arg:"" help:"${relay_tag}"`
}

func (r *relayRemoveCommand) Run(ctx context.Context, c *call) (err error) {
	raw, err := hex.DecodeString(r.Tag)
	if err != nil || len(raw) != len(wire.TeamTag{}) {
		return fault.New("relay.tag", "tag", r.Tag)
	}
	s, _, err := r.existing(ctx, c.Environment)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	found, err := relay.Remove(ctx, s, wire.TeamTag(raw))
	if err != nil {
		return err
	}
	if !found {
		return fault.New("relay.tag", "tag", r.Tag)
	}
	fmt.Fprintln(c.Stdout, c.words.say("relay.removed", nil))
	return nil
}
