package apptest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/replica"
	"tongzhou/sync/wire"
)

// S23: what is stored, and what is older, is not verified again; another value of the same version is.
func TestStoredRegistersAreNotVerified(t *testing.T) {
	a := Found(t, "a")
	b := a.Join("b")
	Exchange(a, b)
	company := a.R.CompanyScope()
	b.SetMark(company, 1)
	older := b.register(t, company, "mark")
	b.SetMark(company, 2)
	newer := b.register(t, company, "mark")
	if _, err := a.R.VerifyRegister(newer); err != nil {
		t.Fatal("a new one:", err)
	}
	a.TakeRegisters([][]byte{newer})
	for name, raw := range map[string][]byte{"the same": newer, "an older one": older} {
		if _, err := a.R.VerifyRegister(raw); !errors.Is(err, replica.ErrStored) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := bytes.Clone(newer)
	other[len(other)-1] ^= 1
	if _, err := a.R.VerifyRegister(other); err == nil || errors.Is(err, replica.ErrStored) {
		t.Errorf("another one of the version, with a wrong signature: %v", err)
	}
}

// register is the member's stored register under a key.
func (m *Member) register(t *testing.T, scope op.ScopeID, key string) []byte {
	t.Helper()
	regs, err := m.R.RegistersOf(m.Tag(scope))
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range regs {
		if g, _, err := op.ParseRegister(raw); err == nil && g.Device == m.Device() && g.Key == key {
			return bytes.Clone(raw)
		}
	}
	t.Fatalf("no register %s", key)
	return nil
}

// S23: a register is not sent back to who sent it.
func TestRegistersAreNotSentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		l, fromA, fromB := Tapped(a, b)
		defer l.Stop()
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		b.SetMark(a.R.CompanyScope(), 7)
		mark := b.register(t, a.R.CompanyScope(), "mark")
		synctest.Wait()
		times := func(tap *Tap) (n int) {
			for _, m := range Sent[*wire.Registers](tap) {
				for _, raw := range m.Raw {
					if bytes.Equal(raw, mark) {
						n++
					}
				}
			}
			return n
		}
		if there, back := times(fromB), times(fromA); there != 1 || back != 0 {
			t.Errorf("sent %d times, and %d times back", there, back)
		}
	})
}

// S4, S23: while registers wait for ops to go first, no fingerprint lets the peer's cursor pass them.
func TestCursorDoesNotPassWaitingRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := Found(t, "a")
		b := a.Join("b")
		Exchange(a, b)
		l, fromA, _ := Tapped(a, b)
		hold := make(chan struct{})
		held := false
		Eventually(t, "in sync", func() bool { return InSync(a, b) })
		fromA.Keep = func(m wire.Message) bool {
			if _, is := m.(*wire.Registers); is && !held { // a's first register is under way, and does not arrive
				held = true
				<-hold
			}
			return true
		}
		a.SetMark(a.R.CompanyScope(), 1)
		synctest.Wait()
		a.SetMark(a.R.CompanyScope(), 2) // waits behind it
		before := len(Sent[*wire.Fingerprint](fromA))
		<-time.After(40 * time.Second) // a compares; the word waits before the register
		close(hold)
		Eventually(t, "the register is here", func() bool { return b.Count(`SELECT count(*) FROM mark WHERE n = 2`) == 1 })
		prints := Sent[*wire.Fingerprint](fromA)[before:]
		if len(prints) == 0 || prints[0].UpTo != 0 {
			t.Errorf("%d fingerprints, %+v", len(prints), prints)
		}
		l.Stop()
	})
}

// S24: in a scope of many devices each says less often what it has.
func TestHaveRegistersOfManyDevices(t *testing.T) {
	for _, size := range []int{2, 40} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, size)
				a, b := c.members[0], c.members[1]
				l := Connect(a, b)
				defer l.Stop()
				Eventually(t, "in sync", func() bool { return InSync(a, b) })
				a.Note(a.R.CompanyScope(), "the first")
				<-time.After(time.Minute)
				versions := map[uint64]bool{}
				for range 60 { // somebody writes twice a second
					a.Note(a.R.CompanyScope(), "x")
					<-time.After(500 * time.Millisecond)
					g, _, err := op.ParseRegister(b.register(t, a.R.CompanyScope(), "have"))
					if err != nil {
						t.Fatal(err)
					}
					versions[g.Version] = true
				}
				most, least := 31, 20
				if size == 40 {
					most, least = 9, 6
				}
				if len(versions) > most || len(versions) < least {
					t.Errorf("%d registers in half a minute", len(versions))
				}
			})
		})
	}
}
