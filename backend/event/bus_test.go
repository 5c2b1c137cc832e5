package event_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/backend/event"
)

type chat struct {
	Chat string `json:"chat"`
}

func TestFirstAtOnceThenMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(50 * time.Millisecond)
		var got []string
		cancel := b.Subscribe(func(topic string, p any) { got = append(got, fmt.Sprint(topic, p)) })
		defer cancel()

		b.Publish("chat.changed", chat{"a"})
		synctest.Wait()
		if want := []string{"chat.changed{a}"}; !slices.Equal(got, want) {
			t.Fatalf("after the first event: %v", got)
		}
		for range 1000 {
			b.Publish("chat.changed", chat{"a"})
			b.Publish("chat.changed", chat{"b"})
			b.Publish("org.changed", nil)
		}
		synctest.Wait()
		if len(got) != 1 {
			t.Fatalf("delivered within the gap: %v", got)
		}
		time.Sleep(60 * time.Millisecond)
		synctest.Wait()
		want := []string{"chat.changed{a}", "chat.changed{a}", "chat.changed{b}", "org.changed<nil>"}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestEventDuringDeliveryIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(0)
		n := 0
		cancel := b.Subscribe(func(string, any) {
			if n++; n == 1 {
				b.Publish("state", nil) // the change came after this reader read
			}
		})
		defer cancel()
		b.Publish("state", nil)
		synctest.Wait()
		if n != 2 {
			t.Fatalf("delivered %d times, want 2", n)
		}
	})
}

func TestSlowSubscriberDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(0)
		release := make(chan struct{})
		stop := b.Subscribe(func(string, any) { <-release })
		defer stop()
		n := 0
		cancel := b.Subscribe(func(string, any) { n++ })
		defer cancel()
		b.Publish("state", nil)
		synctest.Wait()
		b.Publish("settings", nil)
		synctest.Wait()
		if n != 2 {
			t.Fatalf("delivered %d, want 2", n)
		}
		close(release)
	})
}

func TestCancelStopsDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := event.NewBus(time.Minute)
		n := 0
		var cancel func()
		cancel = b.Subscribe(func(string, any) {
			n++
			cancel()
		})
		b.Publish("state", nil)
		b.Publish("settings", nil)
		synctest.Wait()
		cancel()
		b.Publish("join", nil)
		synctest.Wait()
		if n != 1 {
			t.Fatalf("delivered %d, want 1", n)
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
