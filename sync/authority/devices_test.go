package authority_test

import (
	"slices"
	"testing"

	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// by writes with one of p's devices, knowing everything.
func (o *office) by(p *person, device int, kind string, payload any) op.ID {
	o.t.Helper()
	return o.write(p.devices[device], 1, kind, payload, o.eval().Frontier()...).ID
}

func (o *office) link(p *person, device, next int) op.ID {
	o.t.Helper()
	return o.by(p, device, authority.TypeDeviceLink, linking(p, next, false))
}

func signOut(p *person, device int, proof op.ID) authority.DeviceRevoke {
	return authority.DeviceRevoke{Device: p.devices[device].ID, Mode: authority.Removed, Proof: proof}
}

func byWords(p *person, device, author int) authority.DeviceRevoke {
	out := signOut(p, device, op.ID{})
	out.RootSig = authority.SignDeviceRevocation(p.root.Sign, team, out.Device, p.devices[author].ID)
	return out
}

func (o *office) active(p *person, want ...int) {
	o.t.Helper()
	st := o.eval()
	var got []int
	for d, device := range p.devices {
		_, peer := st.DeviceByPeer(p.certs[d].PeerPub)
		if active := st.ActiveDevice(device.ID); active {
			got = append(got, d)
		} else if known, ok := st.Device(device.ID); ok && !known.Revoked && st.Role(p.id()) != authority.None {
			o.t.Fatalf("device %d is neither active nor revoked", d)
		}
		_, former := st.FormerByPeer(p.certs[d].PeerPub)
		_, known := st.Device(device.ID)
		if peer != st.ActiveDevice(device.ID) || former != (known && !peer) {
			o.t.Fatalf("device %d: peer %v, former %v", d, peer, former)
		}
	}
	if !slices.Equal(got, want) {
		o.t.Fatalf("active devices of %s: %v, want %v", p.name, got, want)
	}
	if u, ok := st.User(p.id()); ok && st.Role(p.id()) != authority.None && len(u.Devices) != len(want) {
		o.t.Fatalf("%d devices to seal to, want %d", len(u.Devices), len(want))
	}
}

func TestRule7LinkedDevices(t *testing.T) { // R2
	o := newOffice(t)
	b := people()[1]
	admitted := o.join(b)
	linked := o.link(b, 0, 1)
	o.want(linked, authority.Valid, "")
	o.active(b, 0, 1)
	below := o.link(b, 1, 2)
	o.active(b, 0, 1, 2)
	all := o.eval().AllDevices(b.id())
	if len(all) != 3 || all[0].Depth != 1 || all[0].Linked != admitted || !all[0].LinkedBy.IsZero() ||
		all[1].Depth != 2 || all[1].LinkedBy != b.devices[0].ID || all[1].Linked != linked ||
		all[2].Depth != 3 || all[2].LinkedBy != b.devices[1].ID || all[2].Linked != below {
		t.Fatalf("devices %+v", all)
	}
	o.want(o.link(b, 0, 1), authority.Invalid, authority.ReasonKnown)
	o.want(o.by(b, 3, authority.TypeDeviceLink, linking(b, 2, false)), authority.Invalid, authority.ReasonAuthor)

	// What a linked device does counts like what the first does.
	proof := o.grant(people()[0], b, authority.Admin, "")
	x := authority.Grant{Subject: people()[2].id(), Role: authority.Member, Proof: proof}
	o.want(o.by(b, 2, authority.TypeGrant, x), authority.Valid, "")
	o.want(o.by(b, 3, authority.TypeGrant, x), authority.Invalid, authority.ReasonAuthor)
	o.stepwise()
}

func TestRule7NobodyLinksForOthers(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	o.want(o.by(a, 0, authority.TypeDeviceLink, linking(b, 1, false)), authority.Invalid, authority.ReasonAuthor)
	stolen := linking(b, 1, false)
	stolen.User = a.id()
	o.want(o.by(a, 0, authority.TypeDeviceLink, stolen), authority.Invalid, authority.ReasonMalformed)
	forged := linking(b, 1, false)
	forged.Device.DeviceSig = slices.Clone(forged.Device.DeviceSig)
	forged.Device.DeviceSig[0] ^= 1
	o.want(o.by(b, 0, authority.TypeDeviceLink, forged), authority.Invalid, authority.ReasonMalformed)
	renamed := linking(b, 1, false)
	renamed.Device.User = a.id() // b's device did not agree to be a's
	renamed.User = a.id()
	o.want(o.by(a, 0, authority.TypeDeviceLink, renamed), authority.Invalid, authority.ReasonMalformed)
	o.active(a, 0)
	o.active(b, 0)
}

func TestRule7RecoveryByWords(t *testing.T) {
	o := newOffice(t)
	b, c := people()[1], people()[2]
	o.join(b)
	bare := o.by(b, 2, authority.TypeDeviceLink, linking(b, 2, false)) // the device's word alone
	o.want(bare, authority.Invalid, authority.ReasonMalformed)
	back := o.by(b, 2, authority.TypeDeviceLink, linking(b, 2, true))
	o.want(back, authority.Valid, "")
	if d, _ := o.eval().Device(b.devices[2].ID); d.Depth != 1 || d.Linked != back || d.Revoked {
		t.Fatalf("recovered device %+v", d)
	}
	last := o.ops[len(o.ops)-1]
	if key, ok := o.eval().ClaimedKey(last); !ok || op.DeviceIDOf(key) != b.devices[2].ID {
		t.Fatal("the key of a recovered device is not believed")
	}
	stranger := o.by(c, 0, authority.TypeDeviceLink, linking(c, 0, true))
	o.want(stranger, authority.Invalid, authority.ReasonProof)
	if _, ok := o.eval().ClaimedKey(o.ops[len(o.ops)-1]); ok {
		t.Fatal("a stranger's key is believed")
	}
	unsigned := last
	unsigned.Payload, _ = op.Marshal(linking(b, 2, false))
	if _, ok := o.eval().ClaimedKey(unsigned); ok {
		t.Fatal("a key without the root's signature is believed")
	}
	// A linked device that gets the root's signature stands as near to the root as the first.
	o.link(b, 0, 1)
	o.by(b, 1, authority.TypeDeviceLink, linking(b, 1, true))
	if d, _ := o.eval().Device(b.devices[1].ID); d.Depth != 1 {
		t.Fatalf("depth %d", d.Depth)
	}
	o.stepwise()
}

func TestRule7WhoSignsOutWhom(t *testing.T) { // R17, R18
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	o.link(b, 0, 1)
	o.link(b, 0, 2)
	o.by(b, 3, authority.TypeDeviceLink, linking(b, 3, true))
	may := func(author *person, ad int, of *person, d int, proof op.ID, want bool) {
		t.Helper()
		got, ok := o.eval().MayRevokeDevice(author.devices[ad].ID, of.devices[d].ID)
		if ok != want || got != proof {
			t.Fatalf("may %s/%d sign out %s/%d: %v %v", author.name, ad, of.name, d, got, ok)
		}
	}
	for _, x := range []struct {
		by, of int
		want   bool
	}{{0, 1, true}, {1, 0, false}, {1, 2, true}, {2, 1, false}, {0, 3, false}, {3, 0, false}, {2, 2, true}} {
		may(b, x.by, b, x.of, op.ID{}, x.want)
		if !x.want {
			o.want(o.by(b, x.by, authority.TypeDeviceRevoke, signOut(b, x.of, op.ID{})), authority.Invalid, authority.ReasonRole)
		}
	}
	may(a, 0, b, 1, o.genesis, true)
	may(b, 0, a, 0, op.ID{}, false)
	o.want(o.by(a, 0, authority.TypeDeviceRevoke, signOut(b, 1, op.ID{})), authority.Invalid, authority.ReasonAuthor)
	o.active(b, 0, 1, 2, 3)

	o.want(o.by(b, 1, authority.TypeDeviceRevoke, signOut(b, 2, op.ID{})), authority.Valid, "") // the elder of two
	o.active(b, 0, 1, 3)
	o.want(o.by(b, 1, authority.TypeDeviceRevoke, signOut(b, 1, op.ID{})), authority.Valid, "") // itself
	o.active(b, 0, 3)
	o.want(o.by(b, 3, authority.TypeDeviceRevoke, byWords(b, 0, 3)), authority.Valid, "")
	o.active(b, 3)
	o.want(o.by(a, 0, authority.TypeDeviceRevoke, signOut(b, 3, o.genesis)), authority.Valid, "")
	o.active(b)
	o.role(b, authority.Member) // the person stays
	removals := o.eval().Removals()
	if len(removals) != 4 || removals[0].Device != b.devices[2].ID || removals[3].By != a.id() || removals[3].ByDevice != a.devices[0].ID {
		t.Fatalf("removals %+v", removals)
	}
	o.stepwise()
}

func TestRule7ForgedSignatureOfTheRoot(t *testing.T) {
	o := newOffice(t)
	b, c := people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.link(b, 0, 1)
	moved := byWords(b, 0, 2) // made for another device
	o.want(o.by(b, 1, authority.TypeDeviceRevoke, moved), authority.Invalid, authority.ReasonMalformed)
	foreign := byWords(b, 0, 1)
	foreign.RootSig = byWords(c, 0, 1).RootSig
	o.want(o.by(b, 1, authority.TypeDeviceRevoke, foreign), authority.Invalid, authority.ReasonMalformed)
	o.want(o.by(c, 0, authority.TypeDeviceRevoke, byWords(b, 0, 0)), authority.Invalid, authority.ReasonAuthor)
	short := byWords(b, 0, 1)
	short.RootSig = short.RootSig[:8]
	o.want(o.by(b, 1, authority.TypeDeviceRevoke, short), authority.Invalid, authority.ReasonMalformed)
	o.active(b, 0, 1)
	o.want(o.by(b, 1, authority.TypeDeviceRevoke, byWords(b, 0, 1)), authority.Valid, "")
	o.active(b, 1) // what a device linked before it was signed out stays
}

// An admin cannot touch the device of an owner, and what an admin takes from a device is what the admin outranks.
func TestRule7SigningOutUpwards(t *testing.T) {
	o := newOffice(t)
	a, b := people()[0], people()[1]
	o.join(b)
	admin := o.grant(a, b, authority.Admin, "")
	o.want(o.by(b, 0, authority.TypeDeviceRevoke, signOut(a, 0, admin)), authority.Valid, "") // and takes nothing
	o.active(a, 0)
	o.want(o.grant(a, people()[2], authority.Member, ""), authority.Valid, "")
	if got := o.eval().Removals(); len(got) != 0 {
		t.Fatalf("removals %+v", got)
	}
	o.stepwise()
}

// A device that an admin signed out does not come back to life because its person rises above that admin.
func TestRule7PromotionDoesNotReviveADevice(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	o.join(c)
	o.link(c, 0, 1)
	admin := o.grant(a, b, authority.Admin, "")
	o.by(b, 0, authority.TypeDeviceRevoke, signOut(c, 0, admin))
	o.active(c, 1) // linked before
	o.grant(a, c, authority.Owner, "")
	o.active(c, 1)
	o.stepwise()
}

// The device of a chain of links counts as long as each link precedes what ended the one above.
func TestRule7ChainOfDevices(t *testing.T) {
	o := newOffice(t)
	a, b, c := people()[0], people()[1], people()[2]
	o.join(b)
	proof := o.grant(a, b, authority.Admin, "")
	o.link(b, 0, 1)
	frontier := o.eval().Frontier()
	o.write(a.devices[0], 1, authority.TypeDeviceRevoke, signOut(b, 0, o.genesis), frontier...)
	// The lost device goes on linking, as if it did not know.
	l := o.write(b.devices[0], 1, authority.TypeDeviceLink, linking(b, 2, false), frontier...)
	g := o.write(b.devices[2], 1, authority.TypeGrant, authority.Grant{Subject: c.id(), Role: authority.Head, Dept: []byte("x"), Proof: proof}, l.ID)
	o.want(l.ID, authority.Valid, "") // for whoever cannot be outranked
	o.want(g.ID, authority.Invalid, authority.ReasonDevice)
	o.active(b, 1)
	o.role(c, authority.None)

	// Signed out by the words, the link itself has no effect.
	o.write(b.devices[1], 1, authority.TypeDeviceRevoke, byWords(b, 0, 1), frontier...)
	o.want(l.ID, authority.Invalid, authority.ReasonDevice)
	o.want(g.ID, authority.Invalid, authority.ReasonDevice)
	o.stepwise()
}

func TestRule7DepthIsBounded(t *testing.T) {
	o := newOffice(t)
	p := people()[0]
	random := &counterReader{n: 1 << 50}
	at := p.devices[0]
	for depth := 2; depth <= authority.MaxLinkDepth+1; depth++ {
		next, err := keys.NewDevice(random)
		if err != nil {
			t.Fatal(err)
		}
		cert := next.Public("next")
		cert.User = p.id()
		if err := next.Consent(&cert); err != nil {
			t.Fatal(err)
		}
		l := o.write(at, 1, authority.TypeDeviceLink, authority.DeviceLink{User: p.id(), Device: cert}, o.eval().Frontier()...)
		if depth > authority.MaxLinkDepth {
			o.want(l.ID, authority.Invalid, authority.ReasonRole)
			break
		}
		o.want(l.ID, authority.Valid, "")
		at = next
	}
}

// Rule 5: what a senior device decides comes first, however late it was written.
func TestRule7SeniorDevicesAreJudgedFirst(t *testing.T) {
	o := newOffice(t)
	b := people()[1]
	o.join(b)
	o.link(b, 0, 1)
	o.link(b, 1, 2)
	past := o.eval().Frontier()
	x := o.write(b.devices[1], 1, authority.TypeDeviceRevoke, signOut(b, 2, op.ID{}), past...)
	for range 3 {
		o.write(b.devices[0], 1, "x/1", nil, past...)
	}
	r := o.write(b.devices[0], 1, authority.TypeDeviceRevoke, signOut(b, 1, op.ID{}))
	o.want(r.ID, authority.Valid, "")
	o.want(x.ID, authority.Invalid, authority.ReasonDevice)
	o.active(b, 0, 2)
	o.stepwise()
}
