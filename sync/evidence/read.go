package evidence

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/crypto/chacha20poly1305"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// feedKey names a feed of the control log.
type feedKey struct {
	device op.DeviceID
	inc    uint32
}

func (k feedKey) String() string { return fmt.Sprintf("feed %s/%08x", k.device, k.inc) }

// contents is a file taken apart; only its bounds are checked.
type contents struct {
	header header
	epochs map[op.EpochRef]op.BodyKey
	feeds  map[feedKey][]op.Sealed
	order  []feedKey // as they first appear
	forked []op.Sealed
	ops    int
	names  []Name
	digest [32]byte
	sig    []byte
}

func readFile(from io.Reader) (*contents, error) {
	r, err := newReader(from)
	if err != nil {
		return nil, err
	}
	c := &contents{epochs: map[op.EpochRef]op.BodyKey{}, feeds: map[feedKey][]op.Sealed{}}
	for n := 0; ; n++ {
		kind, data, before, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			return nil, err
		case n == 0 != (kind == chunkHeader):
			return nil, fmt.Errorf("%w: chunk %q in place %d", ErrFormat, kind, n)
		case c.sig != nil:
			return nil, fmt.Errorf("%w: something follows the signature", ErrTampered)
		}
		if kind == chunkSignature {
			c.sig, c.digest = data, before
			continue
		}
		if err := c.take(kind, data); err != nil {
			return nil, err
		}
	}
	if len(c.sig) != ed25519.SignatureSize {
		return nil, fmt.Errorf("%w: no signature at the end", ErrFormat)
	}
	return c, nil
}

// take adds a chunk. One of a kind that a newer program writes is passed over; the signature covers it all the same.
func (c *contents) take(kind byte, data []byte) error {
	switch kind {
	case chunkHeader:
		if err := op.Unmarshal(data, &c.header); err != nil || len(c.header.Bootstrap) != 32 {
			return fmt.Errorf("%w: header", ErrFormat)
		}
	case chunkEpochs:
		return c.takeEpochs(data)
	case chunkFrame:
		return c.takeOps(data, func(o op.Sealed) {
			k := feedKey{o.Device, o.Incarnation}
			if c.feeds[k] == nil {
				c.order = append(c.order, k)
			}
			c.feeds[k] = append(c.feeds[k], o)
		})
	case chunkBranches:
		return c.takeOps(data, func(o op.Sealed) { c.forked = append(c.forked, o) })
	case chunkNames:
		return c.takeNames(data)
	}
	return nil
}

func (c *contents) takeEpochs(data []byte) error {
	var list []epochKey
	if err := op.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("%w: epochs", ErrFormat)
	}
	for _, x := range list {
		if len(x.Key) != 32 || len(x.Parents) > keys.MaxParents {
			return fmt.Errorf("%w: epoch", ErrFormat)
		}
		e := keys.Disclosed(keys.ControlScope(c.header.Team), x.Gen, x.Parents, [32]byte(x.Key))
		key, err := e.BodyKey()
		if err != nil {
			return fmt.Errorf("%w: epoch %s", ErrFormat, e.Ref)
		}
		c.epochs[e.Ref] = key
	}
	return nil
}

// takeOps adds the ops that lie back to back.
func (c *contents) takeOps(data []byte, add func(op.Sealed)) error {
	for len(data) > 0 {
		o, rest, err := op.Parse(data)
		if err != nil {
			return fmt.Errorf("%w: op %d: %w", ErrFormat, c.ops+1, err)
		}
		if c.ops++; c.ops > MaxOps {
			return fmt.Errorf("%w: more than %d ops", ErrTooLarge, MaxOps)
		}
		if o.Stub { // the control log is whole or none
			return fmt.Errorf("%w: op %d has no body", ErrTampered, c.ops)
		}
		if o.Scope != c.header.Tag {
			return fmt.Errorf("%w: %s is not of the control log", ErrFormat, feedKey{o.Device, o.Incarnation})
		}
		add(o)
		data = rest
	}
	return nil
}

func (c *contents) takeNames(data []byte) error {
	var list []Name
	if err := op.Unmarshal(data, &list); err != nil || len(list) > maxNames {
		return fmt.Errorf("%w: names", ErrFormat)
	}
	for _, n := range list {
		if len(n.ID) > 64 || len(n.Name) > maxName || len(n.StaffNo) > maxName || !utf8.ValidString(n.Name) {
			return fmt.Errorf("%w: names", ErrFormat)
		}
	}
	if c.names = append(c.names, list...); len(c.names) > MaxOps {
		return fmt.Errorf("%w: more than %d names", ErrTooLarge, MaxOps)
	}
	return nil
}

// open decrypts an op.
func (c *contents) open(o *op.Sealed) (op.Body, error) {
	key := c.epochs[o.Epoch]
	if o.Epoch.IsZero() {
		var err error
		if key, err = chacha20poly1305.NewX(c.header.Bootstrap); err != nil {
			return op.Body{}, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	if key == nil {
		return op.Body{}, fmt.Errorf("%w: no key of epoch %s", ErrUnreadable, o.Epoch)
	}
	plain, err := op.OpenBody(key, o.Header, o.Ciphertext)
	if err != nil {
		return op.Body{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	body, err := op.DecodeBody(plain)
	if err != nil {
		return op.Body{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return body, nil
}
