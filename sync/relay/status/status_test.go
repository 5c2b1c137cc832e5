package status

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tongzhou/sync/relay"
	"tongzhou/sync/wire"
)

type source struct {
	status relay.Status
	err    error
}

func (s source) Status(context.Context) (relay.Status, error) { return s.status, s.err }
func (source) Circuits() (reservations, circuits int)         { return 3, 2 }

func sample() relay.Status {
	return relay.Status{
		Teams:  []relay.TeamStatus{{Tag: wire.TeamTag{0xab, 0xcd}, Devices: 7, Online: 4, Bytes: 3 << 20, Chunks: 9, ChunkBytes: 1 << 20, Room: 20 << 30, Waiting: 90 * time.Second}, {Tag: wire.TeamTag{1}}},
		Tokens: 1, Connections: 5, Strangers: 1, StoredOps: 11, StoredBytes: 12, ServedOps: 13, ServedBytes: 14, StoredChunks: 18, ServedChunks: 19, Busy: 15, Failed: 16,
		Refused: map[wire.RelayCode]uint64{wire.RelayQuota: 17},
	}
}

func get(t *testing.T, s Source, host, path string) (int, string) {
	t.Helper()
	h, err := Handler(s, Words{Lang: "zh-CN", Title: "同舟中继", Team: "团队标识", None: "无", NoTeam: "还没有团队接入。"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	q := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	q.Host = host
	out := httptest.NewRecorder()
	h.ServeHTTP(out, q)
	text, err := io.ReadAll(out.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return out.Code, string(text)
}

func TestPage(t *testing.T) {
	code, text := get(t, source{status: sample()}, "127.0.0.1:80", "/")
	if code != http.StatusOK {
		t.Fatalf("%d: %s", code, text)
	}
	for _, want := range []string{`lang="zh-CN"`, "同舟中继", "abcd0000", ">7<", ">4<", "3.0 / 20480.0 MiB", ">1.0 MiB<", "1m30s", "无"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if _, text := get(t, source{}, "localhost:80", "/"); !strings.Contains(text, "还没有团队接入。") {
		t.Error("without a team, the page does not say so")
	}
}

func TestMetrics(t *testing.T) {
	_, text := get(t, source{status: sample()}, "[::1]:80", "/metrics")
	for _, want := range []string{
		`tongzhou_relay_devices{team="abcd0000000000000000000000000000"} 7`, `tongzhou_relay_devices_online{team="abcd0000000000000000000000000000"} 4`,
		`tongzhou_relay_bytes{team="abcd0000000000000000000000000000"} 3.145728e+06`, `tongzhou_relay_oldest_waiting_seconds{team="abcd0000000000000000000000000000"} 90`,
		"tongzhou_relay_connections 5", "tongzhou_relay_strangers 1", "tongzhou_relay_reservations 3", "tongzhou_relay_circuits 2",
		"tongzhou_relay_stored_ops_total 11", "tongzhou_relay_served_ops_total 13", `tongzhou_relay_chunks{team="abcd0000000000000000000000000000"} 9`, `tongzhou_relay_chunk_bytes{team="abcd0000000000000000000000000000"} 1.048576e+06`,
		"tongzhou_relay_stored_chunks_total 18", "tongzhou_relay_served_chunks_total 19", "tongzhou_relay_busy_total 15", "tongzhou_relay_failed_total 16",
		`tongzhou_relay_refused_total{code="7"} 17`, "# TYPE tongzhou_relay_connections gauge",
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("lacks %q", want)
		}
	}
}

// The page has no password: only this machine sees it, under no other name.
func TestOnlyLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "relay.example:80"} {
		if _, err := Listen(address); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, host := range []string{"relay.example", "192.0.2.1:80", ""} {
		if code, text := get(t, source{status: sample()}, host, "/metrics"); code != http.StatusForbidden || strings.Contains(text, "abcd") {
			t.Errorf("asked as %q: %d", host, code)
		}
	}
	if code, _ := get(t, source{err: errors.New("broken")}, "localhost", "/"); code != http.StatusInternalServerError {
		t.Errorf("a store that does not answer: %d", code)
	}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
