package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// readEvent returns the next data line of a stream, without its prefix.
func readEvent(t *testing.T, stream *bufio.Reader) string {
	t.Helper()
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return strings.TrimSuffix(data, "\n")
		}
	}
}

func openEvents(t *testing.T, b *bridge) (stream *bufio.Reader, hangUp func()) {
	t.Helper()
	answer, err := http.DefaultClient.Do(b.request(t, http.MethodGet, "/api/events", ""))
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("answer %d %v", answer.StatusCode, answer.Header)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	stream = bufio.NewReader(answer.Body)
	if line, err := stream.ReadString('\n'); err != nil || line != ": open\n" {
		t.Fatalf("first line %q, %v", line, err)
	}
	return stream, func() { _ = answer.Body.Close() }
}

func TestEventsArriveInOrderAtEveryBrowser(t *testing.T) {
	b := startBridge(t)
	first, hangUp := openEvents(t, b)
	second, _ := openEvents(t, b)
	b.bus.publish("chat.changed", map[string]string{"chat": "甲\n乙"})
	b.bus.publish("state", nil)
	for _, stream := range []*bufio.Reader{first, second} {
		if got, want := readEvent(t, stream), `{"topic":"chat.changed","payload":{"chat":"甲\n乙"}}`; got != want {
			t.Errorf("event %s, want %s", got, want)
		}
		if got, want := readEvent(t, stream), `{"topic":"state","payload":null}`; got != want {
			t.Errorf("event %s, want %s", got, want)
		}
	}
	<-b.bus.changed // 1
	<-b.bus.changed // 2
	hangUp()
	if left := <-b.bus.changed; left != 1 {
		t.Errorf("%d subscribers after a browser left, want 1", left)
	}
	b.bus.publish("settings", 1)
	if got := readEvent(t, second); !strings.Contains(got, "settings") {
		t.Errorf("event %s", got)
	}
}

func TestEventThatCannotBeEncodedIsLoggedAndSkipped(t *testing.T) {
	b := startBridge(t)
	stream, _ := openEvents(t, b)
	b.bus.publish("bad", func() {})
	b.bus.publish("good", 1)
	if got := readEvent(t, stream); !strings.Contains(got, "good") {
		t.Errorf("event %s", got)
	}
	if !strings.Contains(b.log.String(), "bad") {
		t.Error("the log lacks the topic")
	}
}

func TestCloseEndsStreams(t *testing.T) {
	b := startBridge(t)
	stream, _ := openEvents(t, b)
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.ReadString(0); err == nil {
		t.Error("the stream goes on")
	}
}

func TestLeavingBrowserCancelsItsCall(t *testing.T) {
	b := startBridge(t)
	ctx, leave := context.WithCancel(t.Context())
	r := b.request(t, http.MethodPost, "/api/web/Wait", "[]").WithContext(ctx)
	done := make(chan error, 1)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		done <- err
	}()
	<-b.api.waiting
	leave()
	<-b.api.canceled
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("call ended with %v", err)
	}
}

func TestSlowBrowserIsToldToFetchAgain(t *testing.T) {
	q := newQueue()
	for i := range maxQueue + 50 {
		q.push(message{Topic: fmt.Sprint(i)})
	}
	<-q.ready
	if got := q.take(); len(got) != 1 || got[0].Topic != topicResync {
		t.Fatalf("after an overflow: %v", got)
	}
	q.push(message{Topic: "next"})
	<-q.ready
	if got := q.take(); len(got) != 1 || got[0].Topic != "next" {
		t.Errorf("after the resync: %v", got)
	}
}

func TestQueueHoldsItsLimit(t *testing.T) {
	q := newQueue()
	for i := range maxQueue {
		q.push(message{Topic: fmt.Sprint(i)})
	}
	got := q.take()
	if len(got) != maxQueue || got[0].Topic != "0" || got[maxQueue-1].Topic != fmt.Sprint(maxQueue-1) {
		t.Errorf("%d events of %d, or out of order", len(got), maxQueue)
	}
}

// stuckBrowser blocks writes after the first, as a connection with full buffers does, until released.
type stuckBrowser struct {
	*httptest.ResponseRecorder
	release chan struct{}

	mu     sync.Mutex
	writes []string
}

func (s *stuckBrowser) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.writes = append(s.writes, string(p))
	second := len(s.writes) == 2
	s.mu.Unlock()
	if second {
		<-s.release
	}
	return len(p), nil
}

func (s *stuckBrowser) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.writes, "")
}

func TestStreamToASlowBrowser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := newBus()
		stop := make(chan struct{})
		browser := &stuckBrowser{ResponseRecorder: httptest.NewRecorder(), release: make(chan struct{})}
		done := make(chan struct{})
		go func() {
			defer close(done)
			streamer{events, stop, time.Now, slog.New(slog.DiscardHandler)}.
				ServeHTTP(browser, httptest.NewRequest(http.MethodGet, "/api/events", nil))
		}()
		synctest.Wait()
		for i := range 3 * maxQueue {
			events.publish(fmt.Sprintf("topic-%d", i), nil) // never blocks, although the browser does
			synctest.Wait()
		}
		close(browser.release)
		synctest.Wait()
		got := browser.written()
		if !strings.HasSuffix(got, "data: {\"topic\":\"resync\",\"payload\":null}\n\n") {
			t.Errorf("the last event is not a resync: %q", got)
		}
		if n := strings.Count(got, "data:"); n != 2 { // the one it was stuck on, and the resync
			t.Errorf("%d events were sent, want 2", n)
		}
		close(stop)
		<-done
	})
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		browser := &stuckBrowser{ResponseRecorder: httptest.NewRecorder(), release: make(chan struct{})}
		close(browser.release)
		go streamer{newBus(), stop, time.Now, slog.New(slog.DiscardHandler)}.
			ServeHTTP(browser, httptest.NewRequest(http.MethodGet, "/api/events", nil))
		time.Sleep(2*heartbeat + time.Second) // the bubble's clock
		synctest.Wait()
		if got := browser.written(); got != ": open\n\n: beat\n\n: beat\n\n" {
			t.Errorf("stream %q", got)
		}
		close(stop)
	})
}

// brokenBrowser fails as soon as the stream writes.
type brokenBrowser struct{ *httptest.ResponseRecorder }

func (brokenBrowser) Write([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestStreamEndsWhenTheBrowserIsGone(t *testing.T) {
	events := newBus()
	streamer{events, nil, time.Now, slog.New(slog.DiscardHandler)}.
		ServeHTTP(brokenBrowser{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/api/events", nil))
	<-events.changed
	if left := <-events.changed; left != 0 {
		t.Errorf("%d subscriptions remain", left)
	}
}
