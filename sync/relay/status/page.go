package status

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tongzhou/sync/relay"
)

//go:embed page.html
var pageText string

// ErrNotLoopback is returned for an address that others could reach: the page has no password.
var ErrNotLoopback = errors.New("status page: only loopback addresses are served")

// Words are the sentences of the page in one language.
type Words struct {
	Lang, Title, Blind, Team, Devices, Online, Stored, Chunks, Waiting, NoTeam, Connections, Circuits, Tokens, None string
}

// Source is what the page shows.
type Source interface {
	Status(ctx context.Context) (relay.Status, error)
	Circuits() (reservations, circuits int)
}

// Handler serves the page under / and the metrics under /metrics.
func Handler(s Source, w Words, log *slog.Logger) (http.Handler, error) {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("status page: %w", err)
	}
	mux := http.NewServeMux()
	serve := func(kind string, write func(http.ResponseWriter, relay.Status) error) http.HandlerFunc {
		return func(out http.ResponseWriter, q *http.Request) {
			if !local(q.Host) { // a page elsewhere must not read this one through a name that it points here
				http.Error(out, "only by a loopback address", http.StatusForbidden)
				return
			}
			status, err := s.Status(q.Context())
			if err != nil {
				log.Error("the status cannot be read", "err", err)
				http.Error(out, "the status cannot be read", http.StatusInternalServerError)
				return
			}
			out.Header().Set("Content-Type", kind)
			out.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
			if err := write(out, status); err != nil {
				log.Debug("the status was not read to its end", "err", err)
			}
		}
	}
	mux.Handle("GET /{$}", serve("text/html; charset=utf-8", func(out http.ResponseWriter, status relay.Status) error {
		_, circuits := s.Circuits()
		return page.Execute(out, pageOf(status, circuits, w))
	}))
	mux.Handle("GET /metrics", serve("text/plain; version=0.0.4; charset=utf-8", func(out http.ResponseWriter, status relay.Status) error {
		reservations, circuits := s.Circuits()
		return writeMetrics(out, status, reservations, circuits)
	}))
	return mux, nil
}

// Listen opens the page's port. Error: ErrNotLoopback.
func Listen(address string) (net.Listener, error) {
	if !local(address) {
		return nil, fmt.Errorf("%w: %s", ErrNotLoopback, address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("status page: %w", err)
	}
	return l, nil
}

func local(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

type pageTeam struct {
	Tag, Stored, Chunks, Waiting string
	Devices, Online              int
}

type pageData struct {
	Words                         Words
	Teams                         []pageTeam
	Connections, Circuits, Tokens int
}

func pageOf(s relay.Status, circuits int, w Words) pageData {
	d := pageData{Words: w, Connections: s.Connections, Circuits: circuits, Tokens: s.Tokens}
	for i := range s.Teams {
		t := &s.Teams[i]
		waiting := w.None
		if t.Waiting > 0 {
			waiting = t.Waiting.Round(time.Second).String()
		}
		d.Teams = append(d.Teams, pageTeam{
			Tag: hex.EncodeToString(t.Tag[:]), Devices: t.Devices, Online: t.Online,
			Stored: fmt.Sprintf("%.1f / %.1f MiB", float64(t.Bytes)/(1<<20), float64(t.Room)/(1<<20)), Waiting: waiting,
			Chunks: fmt.Sprintf("%.1f MiB", float64(t.ChunkBytes)/(1<<20)),
		})
	}
	return d
}
