package evidence_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"tongzhou/sync/authority"
	"tongzhou/sync/evidence"
	"tongzhou/sync/hlc"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// member is a person with one device and its feed of the control log.
type member struct {
	root   keys.Root
	device keys.Device
	cert   keys.DeviceCert
	ops    []op.Sealed
}

// log is a small team's control log as it stands on disk.
type log struct {
	tb      testing.TB
	team    op.TeamID
	secret  keys.TeamSecret
	tag     op.ScopeTag
	epoch   keys.Epoch
	genesis op.ID
	members []*member
	clock   hlc.Time
	heads   []op.ID
}

// crew makes members once: their keys take a while.
var crew = sync.OnceValue(func() []member {
	var out []member
	for i := range 3 {
		root, err := keys.NewRoot(sha256.Sum256([]byte{byte(i)}))
		if err != nil {
			panic(err)
		}
		device, err := keys.NewDevice(rand.Reader)
		if err != nil {
			panic(err)
		}
		cert, err := keys.Certify(root, device, "laptop")
		if err != nil {
			panic(err)
		}
		out = append(out, member{root: root, device: device, cert: cert})
	}
	return out
})

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// newLog founds a team, admits a second member, and makes them admin.
func newLog(tb testing.TB) *log {
	l := &log{tb: tb, team: op.TeamID{1}, secret: keys.TeamSecret{2}, clock: hlc.FromWall(noon)}
	for _, m := range crew() {
		l.members = append(l.members, &m)
	}
	l.tag = l.secret.ScopeTag(keys.ControlScope(l.team))
	var err error
	if l.epoch, err = keys.NewEpoch(rand.Reader, keys.ControlScope(l.team)); err != nil {
		tb.Fatal(err)
	}
	boss, ann := l.members[0], l.members[1]
	l.genesis = l.write(boss, false, authority.TypeGenesis, authority.Genesis{
		Team: l.team, RootPub: boss.root.SignPub(), RootBox: boss.root.BoxPub(), Device: boss.cert, Nonce: make([]byte, 16),
	})
	inv, err := keys.NewInvite(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	invite := l.write(boss, true, authority.TypeInvite, authority.Invite{
		Pub: inv.Pub(), Role: authority.Member, MaxUses: 1, Expires: noon.Add(time.Hour).UnixMilli(), Proof: l.genesis,
	})
	sig, err := authority.SignAdmission(inv.Sign, l.team, invite, ann.root.SignPub(), ann.cert)
	if err != nil {
		tb.Fatal(err)
	}
	l.write(ann, false, authority.TypeAdmit, authority.Admit{
		Invite: invite, RootPub: ann.root.SignPub(), RootBox: ann.root.BoxPub(), Device: ann.cert, InviteSig: sig,
	})
	l.write(boss, true, authority.TypeGrant, authority.Grant{Subject: ann.root.ID, Role: authority.Admin, Proof: l.genesis})
	return l
}

// write appends a control op, under the epoch key or the bootstrap key.
func (l *log) write(m *member, keyed bool, typ string, payload any) op.ID {
	l.tb.Helper()
	enc, err := op.Marshal(payload)
	if err != nil {
		l.tb.Fatal(err)
	}
	l.clock += 1 << 16
	plain, err := op.EncodeBody(op.Body{HLC: l.clock, Type: typ, Payload: enc, Deps: l.heads})
	if err != nil {
		l.tb.Fatal(err)
	}
	h := op.Header{Version: op.Version, Kind: op.Control, Scope: l.tag, Device: m.device.ID, Incarnation: 7, Seq: uint64(len(m.ops) + 1)}
	if n := len(m.ops); n > 0 {
		h.Prev = m.ops[n-1].ID()
	}
	key, err := l.secret.BootstrapKey(l.tag)
	if keyed {
		h.Epoch = l.epoch.Ref
		key, err = l.epoch.BodyKey()
	}
	if err != nil {
		l.tb.Fatal(err)
	}
	ct, err := op.SealBody(key, h, plain)
	if err != nil {
		l.tb.Fatal(err)
	}
	o := op.Sign(h, ct, m.device.Sign)
	m.ops = append(m.ops, o)
	l.heads = []op.ID{o.ID()}
	return o.ID()
}

// input is what the second member exports.
func (l *log) input() evidence.Input {
	ann := l.members[1]
	return evidence.Input{
		Team: l.team, Genesis: l.genesis, Tag: l.tag, User: ann.root.ID, Device: ann.device.ID, Sign: ann.device.Sign, At: noon.Add(time.Minute),
		Bootstrap: l.secret.BootstrapSecret(l.tag), Epochs: []keys.Epoch{l.epoch},
		Frames: func(frame func([]byte) error) error {
			for _, m := range l.members {
				if len(m.ops) == 0 {
					continue
				}
				if err := frame(raw(m.ops...)); err != nil {
					return err
				}
			}
			return nil
		},
		Names: []evidence.Name{{ID: ann.root.ID[:], Name: "李娜", StaffNo: "XH002"}},
	}
}

func raw(ops ...op.Sealed) []byte {
	var out []byte
	for i := range ops {
		out = ops[i].AppendTo(out)
	}
	return out
}

func write(tb testing.TB, in evidence.Input) []byte {
	tb.Helper()
	var out bytes.Buffer
	if _, err := evidence.Write(&out, in); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}
