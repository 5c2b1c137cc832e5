package evidence

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

// ahead is how far in the future an op may lie to count, as for a replica (SPEC P3).
const ahead = 5 * time.Minute

// Report is what a verified file says.
type Report struct {
	Team     op.TeamID
	Genesis  op.ID
	By       op.UserID // whose device wrote the file
	Device   op.DeviceID
	At       time.Time // when, by that device
	Digest   [32]byte
	Feeds    int
	Ops      int // of all kinds; what hands out keys is no entry
	Void     int // ops of the feeds that have no effect anywhere: unreadable for everybody, or out of order
	Entries  []Entry
	names    map[string]Name
	state    *authority.State
	deviceOf map[op.DeviceID]authority.Device
}

// Entry is one control op and what became of it.
type Entry struct {
	authority.Op
	User    op.UserID // zero while the device is unknown
	Verdict authority.Verdict
	Reason  authority.Reason
}

// Name is what the exporter calls a user or department, false if nothing.
func (r *Report) Name(id []byte) (Name, bool) {
	n, ok := r.names[string(id)]
	return n, ok
}

// DeviceName is the name that a device bears in its certificate.
func (r *Report) DeviceName(id op.DeviceID) string { return r.deviceOf[id].Name }

// State is the authority that the ops make.
func (r *Report) State() *authority.State { return r.state }

// Verify reads a file and proves it. The error wraps one of this package's and says which part is wrong; there is a report
// only without an error.
func Verify(from io.Reader) (*Report, error) {
	c, err := readFile(from)
	if err != nil {
		return nil, err
	}
	ops, void := c.control()
	state := authority.Eval(c.header.Team, c.header.Genesis, ops)
	if state.Status(c.header.Genesis).Verdict != authority.Valid {
		return nil, fmt.Errorf("%w: the genesis of the team", ErrIncomplete)
	}
	for _, k := range c.order {
		if err := c.verifyFeed(k, state); err != nil {
			return nil, err
		}
	}
	for i := range c.forked {
		if err := c.verifyBranch(&c.forked[i], state); err != nil {
			return nil, err
		}
	}
	if err := complete(ops, state); err != nil {
		return nil, err
	}
	exporter, ok := state.Device(c.header.Device)
	if !ok || exporter.User != c.header.User {
		return nil, fmt.Errorf("%w: the exporter's device is not of this team", ErrTampered)
	}
	if !ed25519.Verify(exporter.SignPub, signedText(c.digest), c.sig) {
		return nil, fmt.Errorf("%w: the exporter's signature does not fit the file", ErrTampered)
	}
	r := &Report{
		Team: c.header.Team, Genesis: c.header.Genesis, By: c.header.User, Device: c.header.Device, At: time.UnixMilli(c.header.At).UTC(),
		Digest: c.digest, Feeds: len(c.feeds), Ops: c.ops, Void: void, names: map[string]Name{}, state: state, deviceOf: map[op.DeviceID]authority.Device{},
	}
	for _, n := range c.names {
		r.names[string(n.ID)] = n
	}
	r.list(ops)
	return r, nil
}

// verifyFeed checks the chain of a feed with the key that the log certifies for its device. The device that nobody certified
// brings its own key in its first op, as for a replica (SPEC L2).
func (c *contents) verifyFeed(k feedKey, state *authority.State) error {
	ops := c.feeds[k]
	key := c.deviceKey(&ops[0], state)
	if key == nil {
		return fmt.Errorf("%w: %s is of a device that nobody certified", ErrTampered, k)
	}
	if err := op.VerifyChain(op.ID{}, 1, ops, key); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrTampered, k, err)
	}
	return nil
}

// verifyBranch checks an op of a forked feed by its own signature.
func (c *contents) verifyBranch(o *op.Sealed, state *authority.State) error {
	k := feedKey{o.Device, o.Incarnation}
	key := c.deviceKey(o, state)
	switch {
	case key == nil:
		return fmt.Errorf("%w: a branch of %s, of a device that nobody certified", ErrTampered, k)
	case o.CheckBody() != nil || !o.VerifySig(key):
		return fmt.Errorf("%w: op %d of a branch of %s", ErrTampered, o.Seq, k)
	}
	return nil
}

// deviceKey is the key of the device that wrote the feed of which first is the first op at hand; nil if nobody knows it.
func (c *contents) deviceKey(first *op.Sealed, state *authority.State) ed25519.PublicKey {
	if d, ok := state.Device(first.Device); ok {
		return d.SignPub
	}
	body, err := c.open(first)
	if err != nil {
		return nil
	}
	key, _ := authority.AuthorKey(controlOp(first, body))
	return key
}

// complete refuses a log of which a part is missing, and names who refers to it: somebody who refers to what never existed
// can spoil the file, but not unseen.
func complete(ops []authority.Op, state *authority.State) error {
	missing := state.Missing()
	if len(missing) == 0 {
		return nil
	}
	for i := range ops {
		if slices.Contains(ops[i].Deps, missing[0]) {
			k := feedKey{ops[i].Device, ops[i].Ref.Incarnation}
			return fmt.Errorf("%w: %d ops, the first is %s, cited by op %d of %s", ErrIncomplete, len(missing), missing[0], ops[i].Ref.Seq, k)
		}
	}
	return fmt.Errorf("%w: %d ops, the first is %s", ErrIncomplete, len(missing), missing[0])
}

// control returns the control ops that count as far as they go by themselves, and how many do not.
func (c *contents) control() (ops []authority.Op, void int) {
	latest := hlc.FromWall(time.UnixMilli(c.header.At).Add(ahead))
	for _, k := range c.order {
		var before hlc.Time
		for i := range c.feeds[k] {
			o := &c.feeds[k][i]
			body, err := c.open(o)
			if err != nil || body.HLC <= before || body.HLC > latest {
				void++
				continue
			}
			before = body.HLC
			if o.Kind == op.Control {
				ops = append(ops, controlOp(o, body))
			}
		}
	}
	for i := range c.forked {
		if body, err := c.open(&c.forked[i]); err == nil && c.forked[i].Kind == op.Control {
			ops = append(ops, controlOp(&c.forked[i], body))
		} else {
			void++
		}
	}
	return ops, void
}

func controlOp(o *op.Sealed, body op.Body) authority.Op {
	return authority.Op{ID: o.ID(), Ref: o.Ref(), Device: o.Device, Type: body.Type, Payload: body.Payload, Deps: body.Deps, HLC: body.HLC}
}

// list fills in the entries, by the clocks of their authors.
func (r *Report) list(ops []authority.Op) {
	slices.SortFunc(ops, func(a, b authority.Op) int {
		if a.HLC != b.HLC {
			if a.HLC < b.HLC {
				return -1
			}
			return 1
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	for _, o := range ops {
		st := r.state.Status(o.ID)
		d, _ := r.state.Device(o.Device)
		r.deviceOf[o.Device] = d
		r.Entries = append(r.Entries, Entry{Op: o, User: d.User, Verdict: st.Verdict, Reason: st.Reason})
	}
}
