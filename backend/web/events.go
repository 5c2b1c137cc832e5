package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

const (
	// heartbeat keeps the stream from looking dead and notices a browser that went away without closing.
	heartbeat = 15 * time.Second
	// writeTimeout ends the stream of a browser that stopped reading; the kernel's buffers are full by then.
	writeTimeout = 10 * time.Second
)

// Events is the source of what the interface is told; *event.Bus is one.
type Events interface {
	Subscribe(fn func(topic string, payload any)) (cancel func())
}

// streamer answers GET /api/events. A browser that opens the stream again must fetch what it shows again: nothing is kept for
// it in between.
type streamer struct {
	events Events
	stop   <-chan struct{} // closed when the server shuts down, which does not end streams by itself
	now    func() time.Time
	log    *slog.Logger
}

func (s streamer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		refuseVerb(w, http.MethodGet)
		return
	}
	pending := newQueue()
	cancel := s.events.Subscribe(func(topic string, payload any) { pending.push(message{topic, payload}) })
	defer cancel()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	client := streamWriter{w, http.NewResponseController(w), s.now}
	// The server's read timeout would otherwise end the stream.
	if err := client.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.Warn("event stream", "err", err)
		return
	}
	// From the first byte on the browser knows that it misses nothing.
	if client.write([]byte(": open\n\n")) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var chunk []byte
		select {
		case <-r.Context().Done():
			return
		case <-s.stop:
			return
		case <-beat.C:
			chunk = []byte(": beat\n\n")
		case <-pending.ready:
			chunk = s.encode(pending.take())
		}
		if client.write(chunk) != nil {
			return // gone or stuck: it reconnects and fetches again
		}
	}
}

func (s streamer) encode(messages []message) []byte {
	var chunk bytes.Buffer
	for _, m := range messages {
		data, err := json.Marshal(m)
		if err != nil {
			s.log.Error("encode event", "topic", m.Topic, "err", err)
			continue
		}
		chunk.WriteString("data: ")
		chunk.Write(data) // JSON holds no line breaks
		chunk.WriteString("\n\n")
	}
	return chunk.Bytes()
}

// streamWriter writes with a deadline and flushes.
type streamWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
}

func (c streamWriter) write(chunk []byte) error {
	if err := c.control.SetWriteDeadline(c.now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := c.w.Write(chunk); err != nil {
		return err
	}
	return c.control.Flush()
}
