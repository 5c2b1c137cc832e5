package main

import (
	"context"
	"crypto/hpke"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"tongzhou/backend/store"
	"tongzhou/sync/authority"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
	"tongzhou/sync/replica"
)

// rotateDevices is the size of the team whose company scope gets a new key.
const rotateDevices = 200

// rotate: a new key for a scope that 200 people read with a device each, sealed to every device and to every root, until it is
// durable. The floor is the bare sealing of as many boxes on all processors, and a bare commit.
func (r *run) rotate() error {
	t, err := r.largeTeam()
	if err != nil {
		return err
	}
	defer t.close()
	var own, floor []float64
	for range max(r.rounds, 3) {
		begin := time.Now()
		if err := t.r.Rotate(context.Background(), t.r.CompanyScope()); err != nil {
			return err
		}
		own = append(own, float64(time.Since(begin).Nanoseconds())/1e6)
		begin = time.Now()
		if err := sealBare(2 * rotateDevices); err != nil {
			return err
		}
		sealing := float64(time.Since(begin).Nanoseconds()) / 1e6
		commits, err := r.commits(20)
		if err != nil {
			return err
		}
		floor = append(floor, sealing+median(commits))
	}
	r.add(Figure{
		Name: "rotate_200_devices_ms", Value: median(own), Unit: "ms", Floor: median(floor), N: len(own),
		Note: fmt.Sprintf("reach: ≤ 500; %d boxes: a device and a root each", 2*rotateDevices),
	})
	return nil
}

// largeOne is the founder of a large team, without the app around.
type largeOne struct {
	r      *replica.Replica
	db     *store.DB
	id     *keys.Identity
	secret keys.TeamSecret
}

func (t *largeOne) close() {
	t.r.Close()
	_ = t.db.Close()
}

func (r *run) largeTeam() (*largeOne, error) {
	dir := filepath.Join(r.tmp, "rotate")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	id, err := newIdentity(op.TeamID{1}, keys.TeamSecret{2})
	if err != nil {
		return nil, err
	}
	db, err := store.Open(filepath.Join(dir, "team.db"), store.Options{})
	if err != nil {
		return nil, err
	}
	t := &largeOne{db: db, id: id, secret: id.TeamSecret}
	err = db.Write(context.Background(), func(tx replica.Tx) error { return store.Script(tx, oplog.Schema) })
	if err != nil {
		return nil, err
	}
	t.r, err = replica.Open(replica.Config{DB: db, Identity: id, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return nil, err
	}
	if _, err := t.r.Found(context.Background()); err != nil {
		return nil, err
	}
	for range rotateDevices - 1 {
		if err := t.admit(); err != nil {
			return nil, err
		}
	}
	if n := len(t.r.Members()); n != rotateDevices {
		return nil, fmt.Errorf("team of %d", n)
	}
	return t, nil
}

func newIdentity(team op.TeamID, secret keys.TeamSecret) (*keys.Identity, error) {
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	root, err := keys.NewRoot(seed)
	if err != nil {
		return nil, err
	}
	dev, err := keys.NewDevice(rand.Reader)
	return &keys.Identity{Root: root, Device: dev, DeviceName: "bench", Team: team, TeamSecret: secret}, err
}

// admit lets somebody in, whose admission is written here in their name.
func (t *largeOne) admit() error {
	ctx := context.Background()
	invite, key, err := t.r.Invite(ctx, authority.Member, time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	id, err := newIdentity(t.id.Team, t.secret)
	if err != nil {
		return err
	}
	cert, err := keys.Certify(id.Root, id.Device, id.DeviceName)
	if err != nil {
		return err
	}
	sig, err := authority.SignAdmission(key.Sign, t.id.Team, invite, id.Root.SignPub(), cert)
	if err != nil {
		return err
	}
	payload, err := op.Marshal(authority.Admit{Invite: invite, RootPub: id.Root.SignPub(), RootBox: id.Root.BoxPub(), Device: cert, InviteSig: sig})
	if err != nil {
		return err
	}
	plain, err := op.EncodeBody(op.Body{HLC: t.r.Clock().Now(), Type: authority.TypeAdmit, Payload: payload, Deps: t.r.Authority().Frontier()})
	if err != nil {
		return err
	}
	tag := t.secret.ScopeTag(keys.ControlScope(t.id.Team))
	boot, err := t.secret.BootstrapKey(tag)
	if err != nil {
		return err
	}
	h := op.Header{Version: op.Version, Kind: op.Control, Scope: tag, Device: id.Device.ID, Incarnation: 1, Seq: 1}
	ct, err := op.SealBody(boot, h, plain)
	if err != nil {
		return err
	}
	s := op.Sign(h, ct, id.Device.Sign)
	return t.r.TakeOps(ctx, s.AppendTo(nil))
}

// sealBare seals n keys by the standard library alone.
func sealBare(n int) error {
	kem := hpke.MLKEM768X25519()
	priv, err := kem.GenerateKey()
	if err != nil {
		return err
	}
	pub := priv.PublicKey().Bytes()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for next.Add(1) <= int64(n) {
				k, err := kem.NewPublicKey(pub)
				if err == nil {
					_, err = hpke.Seal(k, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte("bench"), make([]byte, 32))
				}
				if err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
