package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"tongzhou/backend/fault"
)

// Options is what a server serves.
type Options struct {
	Bound    []any        // pointers to structs; their exported methods are callable
	Events   Events       // not nil
	Frontend http.Handler // see Frontend
	Token    Token        // not empty
	Now      func() time.Time
	Log      *slog.Logger
}

// Server is the bridge on one listener. Its methods are safe for concurrent use.
type Server struct {
	listener net.Listener
	address  string
	http     *http.Server

	stopOnce sync.Once
	stop     chan struct{} // closed by Close
}

// New prepares a server for the listener and takes ownership of it. It returns ErrNotLoopback for a listener that other
// machines can reach, and an error for structs that cannot be bound; the listener is then still the caller's.
func New(listener net.Listener, o Options) (*Server, error) {
	hosts, err := hostsOf(listener)
	if err != nil {
		return nil, err
	}
	if o.Token == "" {
		return nil, errors.New("serve the interface: no access token")
	}
	table, err := newDispatchTable(o.Bound)
	if err != nil {
		return nil, err
	}
	s := &Server{
		listener: listener,
		address:  "http://" + hosts[0] + "/#token=" + string(o.Token),
		stop:     make(chan struct{}),
	}
	routes := http.NewServeMux()
	routes.Handle(apiPrefix+"{package}/{method}", caller{table, o.Log})
	routes.Handle(apiPrefix+"events", streamer{o.Events, s.stop, o.Now, o.Log})
	routes.HandleFunc(apiPrefix, func(w http.ResponseWriter, _ *http.Request) {
		writeFailure(w, http.StatusNotFound, fault.New("web.method"))
	})
	routes.Handle("/", o.Frontend)
	s.http = &http.Server{
		Handler:           guarded(guard{hosts, o.Token}, routes, o.Log),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

// guarded puts the guard and the security headers before every route.
func guarded(g guard, next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurityHeaders(w.Header())
		if status, code := g.refusal(r); status != 0 {
			log.Warn("request refused", "code", code, "host", r.Host, "origin", r.Header.Get("Origin"), "path", r.URL.Path)
			writeFailure(w, status, fault.New(code))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Address is the URL to open in a browser, with the token in its fragment.
func (s *Server) Address() string { return s.address }

// Serve answers requests until Close, and then returns nil.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the interface: %w", err)
	}
	return nil
}

// Close ends event streams, lets running calls finish until ctx ends, and closes the listener.
func (s *Server) Close(ctx context.Context) error {
	s.stopOnce.Do(func() { close(s.stop) })
	if err := s.http.Shutdown(ctx); err != nil {
		// Calls that are still running lose their connection.
		return errors.Join(fmt.Errorf("close the interface: %w", err), s.http.Close())
	}
	// The HTTP server knows the listener only once Serve ran.
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the interface: %w", err)
	}
	return nil
}
