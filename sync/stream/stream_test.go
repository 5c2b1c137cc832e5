package stream

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/wire"
)

var errFault = errors.New("their fault")

// read is all that an Inbox hands on of what begin writes, and why it ends.
func read(ctx context.Context, first, other time.Duration, begin func(io.WriteCloser)) (got []wire.Message, err error) {
	here, there := net.Pipe()
	defer here.Close()
	in := NewInbox(errFault)
	go begin(there)
	go in.Read(ctx, here, first, other)
	for m := range in.Packets() {
		got = append(got, m)
	}
	return got, in.Err()
}

func packets(t *testing.T, ms ...wire.Message) []byte {
	t.Helper()
	var b []byte
	for _, m := range ms {
		var err error
		if b, err = wire.Encode(b, m); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func reasons(ms []wire.Message) (list []string) {
	for _, m := range ms {
		list = append(list, m.(*wire.Bye).Reason)
	}
	return list
}

func TestPacketsComeInOrderUntilTheEnd(t *testing.T) {
	unknown := []byte{0, 0, 0, 2, 255, 7}
	text := slices.Concat(packets(t, &wire.Bye{Reason: "a"}), unknown, packets(t, &wire.Bye{Reason: "b"}))
	got, err := read(t.Context(), time.Minute, time.Minute, func(w io.WriteCloser) {
		_, _ = w.Write(text)
		_ = w.Close()
	})
	if want := []string{"a", "b"}; !slices.Equal(reasons(got), want) || !errors.Is(err, ErrEnd) {
		t.Errorf("%q, %v", reasons(got), err)
	}
}

func TestWhatIsTheOtherSidesFaultSaysSo(t *testing.T) {
	for name, text := range map[string][]byte{"too large": {255, 255, 255, 255, 1}, "malformed": {0, 0, 0, 2, byte(wire.TBye), 255}} {
		if _, err := read(t.Context(), time.Minute, time.Minute, func(w io.WriteCloser) { _, _ = w.Write(text) }); !errors.Is(err, errFault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := read(t.Context(), time.Minute, time.Minute, func(w io.WriteCloser) {
		_, _ = w.Write([]byte{0, 0, 0, 9, 1})
		_ = w.Close()
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrEnd) || errors.Is(err, errFault) {
		t.Errorf("torn: %v", err)
	}
}

func TestSilenceEndsAnInbox(t *testing.T) {
	hello := packets(t, &wire.Bye{Reason: "a"})
	cases := []struct {
		name         string
		first, other time.Duration
		text         []byte
		after        time.Duration
	}{
		{"no first packet", 10 * time.Second, time.Minute, nil, 10 * time.Second},
		{"no second packet", 10 * time.Second, time.Minute, hello, time.Minute},
		{"half a first packet", 10 * time.Second, time.Minute, hello[:3], 10 * time.Second},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			_, err := read(t.Context(), c.first, c.other, func(w io.WriteCloser) { _, _ = w.Write(c.text) })
			if took := time.Since(begin); !errors.Is(err, os.ErrDeadlineExceeded) || took != c.after {
				t.Errorf("%s: %v after %v", c.name, err, took)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // 0 is no limit
		_, err := read(t.Context(), 10*time.Second, 0, func(w io.WriteCloser) {
			_, _ = w.Write(hello)
			<-time.After(24 * time.Hour)
			_ = w.Close()
		})
		if !errors.Is(err, ErrEnd) {
			t.Errorf("without a limit: %v", err)
		}
	})
}

func TestABusyReaderHoldsTheStreamBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		in := NewInbox(errFault)
		ctx, cancel := context.WithCancelCause(t.Context())
		go in.Read(ctx, here, time.Minute, time.Minute)
		written := 0
		go func() {
			w := NewWriter(there)
			for w.Write(&wire.Registers{Raw: [][]byte{make([]byte, 1000)}}) == nil {
				written++
			}
		}()
		synctest.Wait()
		if most := maxPackets + 1 + 32<<10/1000; written == 0 || written > most {
			t.Errorf("%d packets were read and not handled, want at most %d", written, most)
		}
		gone := errors.New("gone")
		cancel(gone)
		synctest.Wait()
		for range in.Packets() {
			continue
		}
		if !errors.Is(in.Err(), gone) {
			t.Errorf("ended by %v", in.Err())
		}
		_ = here.Close()
	})
}

func TestAnIdleWriterKeepsNoRoom(t *testing.T) {
	w := NewWriter(io.Discard)
	if err := w.Write(&wire.Registers{Raw: [][]byte{make([]byte, 200<<10)}}); err != nil {
		t.Fatal(err)
	}
	if w.Rest(); w.buf != nil {
		t.Errorf("%d bytes are kept", cap(w.buf))
	}
	if err := w.Write(&wire.Bye{}); err != nil {
		t.Fatal(err)
	}
	if w.Rest(); w.buf == nil {
		t.Error("a small buffer is given back")
	}
}

func TestABoxIsTakenWholeAndRingsOnce(t *testing.T) {
	b := NewBox[[]int]()
	for i := range 3 {
		b.Put(func(held *[]int) { *held = append(*held, i) })
	}
	<-b.Bell()
	if got := b.Take(); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("took %v", got)
	}
	select {
	case <-b.Bell():
		t.Error("rang again")
	default:
	}
	if got := b.Take(); got != nil {
		t.Errorf("took %v twice", got)
	}
}

func TestS8TheWindowIsCountedAndGivenBackInPortions(t *testing.T) {
	var in Intake
	const portion = wire.Window / 8
	if !in.Take(2 * portion) {
		t.Fatal("refused what fits")
	}
	if m := in.Give(portion - 1); m != nil || in.Idle() {
		t.Errorf("gave %v back early", m)
	}
	if m := in.Give(1); m == nil || m.Bytes != portion {
		t.Errorf("gave %v back, want a portion", m)
	}
	if m := in.Give(portion); m == nil || m.Bytes != portion || !in.Idle() {
		t.Errorf("gave %v back at the end", m)
	}
	if !in.Take(wire.Window + wire.MaxFrameBytes) {
		t.Error("refused a last frame that began inside the window")
	}
	if in.Take(1) {
		t.Error("took more than the window")
	}
}
