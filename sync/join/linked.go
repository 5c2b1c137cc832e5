package join

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"

	"tongzhou/sync/op"
)

// linked takes in a further device of this device's own person, who confirms it on both screens.
func (v *visit) linked(ctx context.Context, he hello) (op.UserID, error) {
	var none op.UserID
	var o *Offer
	if v.door.Offer != nil {
		o = v.door.Offer()
	}
	if o == nil || !o.names(he.Pub) {
		return none, v.refuse(&challenge{Refusal: CodeLinkUnknown}, CodeLinkUnknown)
	}
	again, code := o.begin(v.door.Now())
	if code != "" {
		return none, v.refuse(&challenge{Refusal: code}, code)
	}
	added, err := v.link(ctx, he, o, again)
	var no *Refused
	switch {
	case err == nil:
		o.ended("")
		return v.door.Host.Self().Root.ID, nil
	case again: // nothing that a later visitor does changes how the first try came out
	case errors.As(err, &no):
		o.ended(no.Code)
	case added:
		o.ended(CodeLinkUnfinished)
	default:
		o.ended(CodeLinkBroken)
	}
	return none, err
}

// link is the conversation after the hello. added tells whether the device belongs to the person now.
func (v *visit) link(ctx context.Context, he hello, o *Offer, again bool) (added bool, err error) {
	self := v.door.Host.Self()
	c := challenge{RootPub: self.Root.SignPub(), RootBox: self.Root.BoxPub()}
	p, err := v.challenge(&c)
	if err != nil {
		return false, err
	}
	t := transcript{
		team: self.Team, user: self.Root.ID, link: he.Pub,
		device: v.newcomer, member: self.Device.Peer.Public().(ed25519.PublicKey),
	}
	if t.cert, err = certHash(p.Cert); err != nil {
		return false, err
	}
	id := p.Cert.DeviceID()
	switch {
	case !t.opens(he.Commit, p.Reveal), !v.signed(kindLink, o.key.Pub(), c.Nonce, &p), !v.ofNewcomer(&p),
		p.Cert.User != self.Root.ID, p.Cert.VerifyConsent() != nil, again && !o.is(id):
		return false, v.refuse(&welcome{Refusal: CodeLinkProof}, CodeLinkProof)
	}
	v.proven()
	gone := make(chan error, 1)
	go func() { gone <- hear(v.rw) }() // it says nothing before it has everything; ends with the stream at the latest
	if !again {
		code, err := o.compare(ctx, t.code(p.Reveal, c.Nonce), p.Cert.Name, gone)
		if err != nil {
			return false, err
		}
		if code != "" {
			return false, v.refuse(&welcome{Refusal: code}, code)
		}
	}
	// Whoever confirmed wants it, even if the new device hangs up now: it comes again.
	if err := o.add(context.WithoutCancel(ctx), p.Cert); err != nil {
		return false, errors.Join(err, v.refuse(&welcome{Refusal: CodeLinkAdd}, CodeLinkAdd))
	}
	o.was(id)
	if err := v.sendLog(); err != nil {
		return true, err
	}
	select {
	case err = <-gone:
		return true, err
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// hear waits for the word that the new device has everything.
func hear(r io.Reader) error {
	var d done
	if err := read(r, &d); err != nil {
		return err
	}
	if d.Refusal != "" {
		return errUnfinished
	}
	return nil
}

var errUnfinished = errors.New("join: the new device could not store what it was sent")
