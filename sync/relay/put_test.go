package relay

import (
	"bytes"
	"testing"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// company is the scope of most tests.
func companyTag() op.ScopeTag { return op.ScopeTag{10} }

// B1: what one device put, another gets byte for byte, though they were never on at the same time.
func TestStoreAndForward(t *testing.T) {
	w := newWorld(t, Limits{})
	a, b := newMachine(1), newMachine(2)
	_, ca := w.found(a, b)
	ca.mustOpen(ca.prove(companyTag(), 1))
	f := newFeed(a, companyTag())
	ops := f.next(3000, "hello")
	for from := 0; from < len(ops); from += 1000 {
		ca.put(ops[from : from+1000]...)
	}
	ca.close()
	if err := ca.ended(); err != nil {
		t.Errorf("a clean end: %v", err)
	}

	cb := w.connect(b)
	if cb.welcome.State != wire.RelayOK {
		t.Fatalf("state %d", cb.welcome.State)
	}
	if feeds, _ := cb.since(0); len(feeds) != 0 {
		t.Errorf("without a cap: %v", feeds)
	}
	cb.mustOpen(cb.prove(companyTag(), 1))
	have := expect[*wire.Have](cb)
	if len(have.Feeds) != 1 || have.Feeds[0].Len != 3000 {
		t.Fatalf("what opening the scope listed: %+v", have)
	}
	want := frame(ops...).Raw
	if got := cb.fetch(have.Feeds[0], 1); !bytes.Equal(got, want) {
		t.Error("other bytes come out than went in")
	}
}
