package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// killedEnv names the database that this program, started again, writes to until it is killed.
const killedEnv = "TONGZHOU_RELAY_STORE_KILLED"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedEnv); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends ops to one feed, some at a time, and says after each commit how many there are.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	s, err := OpenSQLite(ctx, path)
	if err != nil {
		return err
	}
	for {
		length := uint64(0)
		err := s.Update(ctx, func(tx Tx) error {
			team, ok, err := tx.Team(ctx, wire.TeamTag{1})
			if err == nil && !ok {
				team, err = tx.AddTeam(ctx, wire.TeamTag{1}, 1)
			}
			if err != nil {
				return err
			}
			k := wire.KeyOf(&chain(op.ScopeTag{1}, 1, op.ID{}, 1, op.Content)[0].Header)
			f, ok, err := tx.Feed(ctx, team.No, k)
			if err != nil {
				return err
			}
			if !ok {
				f = Feed{FeedKey: k, First: 1}
			}
			prev := f.Head
			ops := chain(op.ScopeTag{1}, f.Len+1, prev, 7, op.Content, op.Epoch)
			f.Len, f.Head = f.Len+7, ops[6].ID()
			length = f.Len
			if f.LSeq, err = tx.Next(ctx, team.No); err != nil {
				return err
			}
			_, err = tx.Append(ctx, team.No, f, ops, 1)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(length)
	}
}

// B10: what was committed is there after the process was killed, whole, and nothing half.
func TestKilledWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relay.db")
	said := uint64(0)
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), killedEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 10+7*round && lines.Scan(); n++ {
			if said, err = strconv.ParseUint(strings.TrimSpace(lines.Text()), 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it said before it died counts too
			if last, err := strconv.ParseUint(strings.TrimSpace(lines.Text()), 10, 64); err == nil {
				said = max(said, last)
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it was not killed")
		}
		checkAfterKill(t, path, said)
	}
}

func checkAfterKill(t *testing.T, path string, said uint64) {
	t.Helper()
	s := openSQLite(t, path)
	defer s.Close()
	team, ok, err := s.Team(t.Context(), wire.TeamTag{1})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	feeds, err := s.Scope(t.Context(), team.No, op.ScopeTag{1})
	if err != nil || len(feeds) != 1 {
		t.Fatal(feeds, err)
	}
	f := feeds[0]
	if f.Len < said || f.Len%7 != 0 || f.LSeq != team.LSeq || f.LSeq != int64(f.Len/7) {
		t.Errorf("%d ops were said to be stored, there are %d, arrival number %d of %d", said, f.Len, f.LSeq, team.LSeq)
	}
	prev := op.ID{}
	for from := uint64(1); from <= f.Len; {
		b, n, err := s.Ops(t.Context(), f.No, from, f.Len, wire.MaxFrameBytes, wire.MaxFrameOps)
		if err != nil || n == 0 {
			t.Fatalf("op %d is missing, %v", from, err)
		}
		for range n {
			o, rest, err := op.Parse(b)
			if err != nil || o.Seq != from || o.Prev != prev || o.CheckBody() != nil {
				t.Fatalf("op %d is broken: %v", from, err)
			}
			prev, b = o.ID(), rest
			from++
		}
	}
	if prev != f.Head {
		t.Error("the head is not that of the last op")
	}
}
