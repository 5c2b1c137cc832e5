package event_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/backend/event"
)

// recorder keeps what a subscriber heard.
type recorder struct {
	mu   sync.Mutex // guards the field below
	list []string
}

func (r *recorder) hear(topic string, p any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, fmt.Sprint(topic, p))
}

func (r *recorder) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

type chat struct {
	Chat string `json:"chat"`
}

func TestFirstAtOnceThenMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(50 * time.Millisecond)
		var r recorder
		cancel := b.Subscribe(r.hear)
		defer cancel()

		b.Publish("chat.changed", chat{"a"})
		synctest.Wait()
		if got, want := r.heard(), []string{"chat.changed{a}"}; !slices.Equal(got, want) {
			t.Fatalf("after the first event: %v", got)
		}
		for range 1000 {
			b.Publish("chat.changed", chat{"a"})
			b.Publish("chat.changed", chat{"b"})
			b.Publish("org.changed", nil)
		}
		synctest.Wait()
		if got := r.heard(); len(got) != 1 {
			t.Fatalf("delivered within the gap: %v", got)
		}
		time.Sleep(60 * time.Millisecond)
		synctest.Wait()
		want := []string{"chat.changed{a}", "chat.changed{a}", "chat.changed{b}", "org.changed<nil>"}
		if got := r.heard(); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestEventDuringDeliveryIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(0)
		var n atomic.Int32
		cancel := b.Subscribe(func(string, any) {
			if n.Add(1) == 1 {
				b.Publish("state", nil) // the change came after this reader read
			}
		})
		defer cancel()
		b.Publish("state", nil)
		synctest.Wait()
		if n.Load() != 2 {
			t.Fatalf("delivered %d times, want 2", n.Load())
		}
	})
}

func TestSlowSubscriberDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(0)
		release := make(chan struct{})
		stop := b.Subscribe(func(string, any) { <-release })
		defer stop()
		var n atomic.Int32
		cancel := b.Subscribe(func(string, any) { n.Add(1) })
		defer cancel()
		b.Publish("state", nil)
		synctest.Wait()
		b.Publish("settings", nil)
		synctest.Wait()
		if n.Load() != 2 {
			t.Fatalf("delivered %d, want 2", n.Load())
		}
		close(release)
	})
}

func TestCancelStopsDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(time.Minute)
		var n atomic.Int32
		var cancel func()
		cancel = b.Subscribe(func(string, any) {
			n.Add(1)
			cancel()
		})
		b.Publish("state", nil)
		b.Publish("settings", nil)
		synctest.Wait()
		cancel()
		b.Publish("join", nil)
		synctest.Wait()
		if n.Load() != 1 {
			t.Fatalf("delivered %d, want 1", n.Load())
		}
		// The bubble itself fails when the subscription's goroutine is still there at the end.
	})
}

func TestUnencodablePayloadPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("a payload that cannot travel went unnoticed")
		}
	}()
	event.NewBus(0).Publish("state", func() {})
}
