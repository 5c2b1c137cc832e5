package join

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"sync"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// OfferStep is how far an offer got.
type OfferStep string

// The steps of an offer.
const (
	OfferWaiting   OfferStep = "waiting"   // for the new device
	OfferConnected OfferStep = "connected" // it is proving that it has the link
	OfferCompare   OfferStep = "compare"   // both screens show a code; Confirm is due
	OfferAdding    OfferStep = "adding"    // being added, and told what the team is
	OfferDone      OfferStep = "done"
	OfferFailed    OfferStep = "failed"
)

// How an offer fails for reasons that only its own side can tell.
const (
	CodeLinkBroken     = "link.broken"     // the connection broke before anything was added
	CodeLinkUnfinished = "link.unfinished" // the device was added and has not said that it knows: it may come again, or be signed out
)

// OfferStatus is an offer as its person sees it.
type OfferStatus struct {
	Step   OfferStep
	Code   string // what both screens must show, at OfferCompare
	Device string // name of the new device, once known
	Fault  string // why it failed
}

// Offer is one link for a further device, on the device that shows it. It is kept in memory only. It is good for one try: with
// a second one, somebody between the devices could try until the codes are equal by chance. Only a device that was added
// through it may come again, in case that the answer was lost. It is safe for concurrent use.
type Offer struct {
	key     keys.Invite
	expires time.Time
	add     func(ctx context.Context, cert keys.DeviceCert) error
	changed func()

	mu      sync.Mutex // guards what follows; a leaf
	status  OfferStatus
	asked   bool      // a code is shown and Confirm was not called
	answer  chan bool // receives Confirm's answer once
	stopped chan struct{}
	added   op.DeviceID // zero until a device was added
}

// NewOffer makes an offer of the given secret. add makes a device the person's own, with everything that the person may read;
// it may be called again for the same device. changed is called after every change of the status.
func NewOffer(key keys.Invite, expires time.Time, add func(context.Context, keys.DeviceCert) error, changed func()) *Offer {
	return &Offer{
		key: key, expires: expires, add: add, changed: changed,
		status: OfferStatus{Step: OfferWaiting}, answer: make(chan bool, 1), stopped: make(chan struct{}),
	}
}

// Expires is until when the link may be used.
func (o *Offer) Expires() time.Time { return o.expires }

// Status tells how far the offer got.
func (o *Offer) Status(now time.Time) OfferStatus {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.status.Step == OfferWaiting && now.After(o.expires) {
		return OfferStatus{Step: OfferFailed, Fault: CodeLinkExpired}
	}
	return o.status
}

// Confirm is what the person says of the two codes. It is false when nothing was asked.
func (o *Offer) Confirm(equal bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.status.Step != OfferCompare || !o.asked {
		return false
	}
	o.asked = false
	o.answer <- equal
	return true
}

// Cancel ends an offer that has added no device yet.
func (o *Offer) Cancel() {
	o.set(func(s *OfferStatus) {
		switch s.Step {
		case OfferWaiting, OfferConnected, OfferCompare:
			*s = OfferStatus{Step: OfferFailed, Device: s.Device, Fault: CodeLinkCancelled}
			close(o.stopped)
		}
	})
}

func (o *Offer) set(change func(*OfferStatus)) {
	o.mu.Lock()
	change(&o.status)
	o.mu.Unlock()
	o.changed()
}

func (o *Offer) names(pub []byte) bool {
	return len(pub) == ed25519.PublicKeySize && string(o.key.Pub()) == string(pub)
}

// begin takes the one try. The code says why there is none; again, that a device was added before, which alone may go on.
func (o *Offer) begin(now time.Time) (again bool, code string) {
	o.set(func(s *OfferStatus) {
		switch {
		case !o.added.IsZero():
			again = true
		case s.Fault == CodeLinkCancelled:
			code = CodeLinkCancelled
		case s.Step != OfferWaiting:
			code = CodeLinkUsed
		case now.After(o.expires):
			code = CodeLinkExpired
		default:
			s.Step = OfferConnected
		}
	})
	return again, code
}

// compare shows the code and waits for the person's answer. gone receives when the new device has hung up. The code of the
// refusal is "" when the screens are equal.
func (o *Offer) compare(ctx context.Context, code, device string, gone <-chan error) (refusal string, err error) {
	shown := false
	o.set(func(s *OfferStatus) {
		if s.Step == OfferConnected {
			*s = OfferStatus{Step: OfferCompare, Code: code, Device: device}
			o.asked, shown = true, true
		}
	})
	if !shown {
		return CodeLinkCancelled, nil
	}
	select {
	case equal := <-o.answer:
		if !equal {
			return CodeLinkDiffers, nil
		}
	case <-o.stopped:
		return CodeLinkCancelled, nil
	case err := <-gone:
		return "", fmt.Errorf("join: the new device did not wait: %w", err)
	case <-ctx.Done():
		return "", ctx.Err()
	}
	refusal = CodeLinkCancelled
	o.set(func(s *OfferStatus) {
		if s.Step == OfferCompare { // not stopped at the same moment
			*s = OfferStatus{Step: OfferAdding, Device: device}
			refusal = ""
		}
	})
	return refusal, nil
}

// was notes the device that was added.
func (o *Offer) was(added op.DeviceID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.added = added
}

func (o *Offer) is(device op.DeviceID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.added == device
}

// ended tells how the try came out; fault is "" if the new device knows that it belongs to the team.
func (o *Offer) ended(fault string) {
	o.set(func(s *OfferStatus) {
		switch {
		case fault == "":
			*s = OfferStatus{Step: OfferDone, Device: s.Device}
		case s.Step == OfferDone || s.Step == OfferFailed && s.Fault == CodeLinkCancelled:
		default:
			*s = OfferStatus{Step: OfferFailed, Device: s.Device, Fault: fault}
		}
	})
}
