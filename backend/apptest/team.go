package apptest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// NewIdentity makes a person with one device.
func NewIdentity(t TB, name string, team op.TeamID, secret keys.TeamSecret) *keys.Identity {
	t.Helper()
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	root, err := keys.NewRoot(seed)
	if err != nil {
		t.Fatal(err)
	}
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &keys.Identity{Root: root, Device: dev, DeviceName: name, Team: team, TeamSecret: secret}
}

// Found makes a team of one.
func Found(t TB, name string) *Member { return FoundAt(t, name, time.Now) }

// FoundAt is Found by a clock of choice, which those who join through the founder share.
func FoundAt(t TB, name string, now func() time.Time) *Member {
	t.Helper()
	var team op.TeamID
	var secret keys.TeamSecret
	_, _ = rand.Read(team[:])
	_, _ = rand.Read(secret[:])
	m := newMember(t, name, NewIdentity(t, name, team, secret), op.ID{})
	m.Now = now
	m.Open()
	g, err := m.R.Found(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m.genesis = g
	return m
}

// Newcomer is somebody with an empty database of the team, not admitted yet.
func (m *Member) Newcomer(name string) *Member {
	m.T.Helper()
	n := newMember(m.T, name, NewIdentity(m.T, name, m.ID.Team, m.ID.TeamSecret), m.genesis)
	n.Now = m.Now
	n.Open()
	return n
}

// Join lets a new person join through m.
func (m *Member) Join(name string) *Member {
	m.T.Helper()
	n := m.Newcomer(name)
	invite, key := m.Invite()
	m.Welcome(n)
	n.Admit(invite, key)
	n.CopyControl(m)
	return n
}

// OtherDevice is another machine of the same person, not linked yet. It has no secrets of the root unless whole.
func (m *Member) OtherDevice(name string, whole bool) *Member {
	m.T.Helper()
	dev, err := keys.NewDevice(rand.Reader)
	if err != nil {
		m.T.Fatal(err)
	}
	id := *m.ID
	id.Device, id.DeviceName = dev, name
	if !whole {
		id.Root = id.Root.Public()
	}
	n := newMember(m.T, name, &id, m.genesis)
	n.Now = m.Now
	n.Open()
	return n
}

// Link adds another machine of the same person, and hands it everything.
func (m *Member) Link(n *Member) {
	m.T.Helper()
	if err := m.TryLink(n); err != nil {
		m.T.Fatalf("%s: link %s: %v", m.Name, n.Name, err)
	}
}

// TryLink is Link where it may fail.
func (m *Member) TryLink(n *Member) error {
	m.T.Helper()
	cert := n.ID.Device.Public(n.Name)
	cert.User = m.ID.Root.ID
	if err := n.ID.Device.Consent(&cert); err != nil {
		m.T.Fatal(err)
	}
	if err := m.R.LinkDevice(context.Background(), cert); err != nil {
		return err
	}
	m.Copy(n)
	return nil
}

// Invite writes an invitation of one use.
func (m *Member) Invite() (op.ID, keys.Invite) {
	m.T.Helper()
	id, key, err := m.R.Invite(context.Background(), authority.Member, m.Now().Add(24*time.Hour))
	if err != nil {
		m.T.Fatalf("%s: invite: %v", m.Name, err)
	}
	return id, key
}

// Welcome hands keys and control log to a newcomer.
func (m *Member) Welcome(n *Member) {
	m.T.Helper()
	if err := m.R.Welcome(context.Background(), n.Device(), n.ID.Device.Public(n.Name).BoxPub); err != nil {
		m.T.Fatalf("%s: welcome: %v", m.Name, err)
	}
	m.CopyControl(n)
}

// Admit writes the newcomer's own admission.
func (m *Member) Admit(invite op.ID, key keys.Invite) {
	m.T.Helper()
	if err := m.R.Admit(context.Background(), invite, key); err != nil {
		m.T.Fatalf("%s: admit: %v", m.Name, err)
	}
}

// Grant gives a role in the team.
func (m *Member) Grant(to *Member, role authority.Role) {
	m.T.Helper()
	if err := m.R.GrantRole(context.Background(), to.ID.Root.ID, role, nil); err != nil {
		m.T.Fatalf("%s: grant: %v", m.Name, err)
	}
}

// CopyControl hands over every op of the control log that n lacks, without a conversation.
func (m *Member) CopyControl(n *Member) {
	m.T.Helper()
	if !n.R.KnownDevice(n.Device()) { // a newcomer gets the keys too
		err := m.R.ControlLog(func(raw []byte, _ uint64) error {
			_ = n.Take(raw) // what cannot be verified yet comes again below
			return nil
		})
		if err != nil {
			m.T.Fatal(err)
		}
	}
	m.copy(n, func(f *oplog.Feed) bool { return f.Tag == m.Tag(keys.ControlScope(m.ID.Team)) })
}

// Copy hands over every op and register that n may read, as far as m knows, and lacks, without a conversation: as in one, keys go
// ahead (SPEC S12).
func (m *Member) Copy(n *Member) {
	m.T.Helper()
	m.copyKeys(n)
	m.CopyControl(n)
	m.copyUpTo(n, func(f *oplog.Feed) uint64 { return m.R.ReadsUpTo(n.Device(), f.FeedKey) })
	regs, err := m.R.RegistersFor(n.Device(), 0)
	if err != nil {
		m.T.Fatal(err)
	}
	n.TakeRegisters(regs)
	forks, err := m.R.Forks(n.Device())
	if err != nil {
		m.T.Fatal(err)
	}
	for _, proof := range forks {
		if err := n.R.ProveFork(context.Background(), proof); err != nil {
			m.T.Fatal(err)
		}
	}
}

// copyKeys hands over keys ahead of the feeds, unless n was handed the same ones and knows the same devices as then.
func (m *Member) copyKeys(n *Member) {
	m.T.Helper()
	raws, err := m.R.KeysFor(n.Device(), 0)
	if err != nil {
		m.T.Fatal(err)
	}
	knows := n.R.AuthDigest()
	all := sha256.Sum256(append(bytes.Join(raws, nil), knows[:]...))
	if m.handed[n] == all {
		return
	}
	if err := n.R.LearnKeys(context.Background(), raws); err != nil && !errors.Is(err, replica.ErrStranger) && !errors.Is(err, replica.ErrInvalid) { // m's disk may be damaged
		m.T.Fatal(err)
	}
	if m.handed == nil {
		m.handed = map[*Member][32]byte{}
	}
	m.handed[n] = all
}

func (m *Member) copy(n *Member, which func(*oplog.Feed) bool) {
	m.T.Helper()
	m.copyUpTo(n, func(f *oplog.Feed) uint64 {
		if which(f) {
			return f.Len
		}
		return 0
	})
}

func (m *Member) copyUpTo(n *Member, limit func(*oplog.Feed) uint64) {
	m.T.Helper()
	for moved := true; moved; { // again while it helps: a device is known only after its admission
		moved = false
		for _, f := range sortFeeds(m.R.Feeds().Feeds()) {
			to := limit(&f)
			for have := n.R.Feeds().Feed(f.FeedKey); have.Len < to; have = n.R.Feeds().Feed(f.FeedKey) {
				if err := n.Take(m.Frame(&f, have.Len+1, to)); err != nil {
					break
				}
				moved = true
			}
		}
	}
}

// Frame reads stored ops, at most what fits into one frame.
func (m *Member) Frame(f *oplog.Feed, from, to uint64) []byte {
	m.T.Helper()
	raw, _, err := oplog.ReadFrame(m.R.Reader(), f.No, from, to, 200<<10, 1000)
	if err != nil {
		m.T.Fatal(err)
	}
	return raw
}

// Take ingests ops that lie back to back, all of one feed.
func (m *Member) Take(raw []byte) error {
	return m.R.TakeOps(context.Background(), bytes.Clone(raw))
}

// TakeAhead is Take for ops before which some are missing. The error is oplog.ErrGap where they are.
func (m *Member) TakeAhead(raw []byte) error {
	m.T.Helper()
	raw = bytes.Clone(raw)
	v, err := m.R.Verify(Parse(m.T, raw), raw)
	if err != nil {
		return err
	}
	v.Ahead = true
	done := make(chan error, 1)
	m.R.Ingest(context.Background(), v, func(err error) { done <- err })
	return <-done
}

// TakeRegisters ingests registers as a conversation does: those of unknown devices or scopes are left out.
func (m *Member) TakeRegisters(raws [][]byte) {
	m.T.Helper()
	var regs []op.Register
	var kept [][]byte
	for _, raw := range raws {
		if g, err := m.R.VerifyRegister(raw); err == nil {
			regs, kept = append(regs, g), append(kept, raw)
		}
	}
	if len(regs) == 0 {
		return
	}
	done := make(chan error, 1)
	m.R.IngestRegisters(context.Background(), regs, kept, func(err error) { done <- err })
	if err := <-done; err != nil {
		m.T.Fatalf("%s: registers: %v", m.Name, err)
	}
}

// Exchange hands everything to everybody until nothing moves.
func Exchange(members ...*Member) {
	for range members {
		for _, a := range members {
			for _, b := range members {
				if a != b {
					a.Copy(b)
				}
			}
		}
	}
}

// Parse splits ops that lie back to back.
func Parse(t TB, raw []byte) []op.Sealed {
	t.Helper()
	var ops []op.Sealed
	for len(raw) > 0 {
		o, rest, err := op.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		ops, raw = append(ops, o), rest
	}
	return ops
}

// Received tells whether a member holds the op, as far as m can prove.
func (m *Member) Received(scope op.ScopeID, o *replica.Op, by *Member) bool {
	return m.R.Delivery(scope, o.Ref).Received[by.ID.Root.ID]
}

// controlOf is the team's control scope.
func controlOf(m *Member) op.ScopeID { return keys.ControlScope(m.ID.Team) }

// sortFeeds gives random choices a fixed order to choose from.
func sortFeeds(feeds []oplog.Feed) []oplog.Feed {
	slices.SortFunc(feeds, func(a, b oplog.Feed) int { return cmp.Compare(a.No, b.No) })
	return feeds
}
