package replica

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"tongzhou/sync/authority"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// SetRegister replaces this device's value under key in a scope. Errors: ErrNoScope, ErrNoKey, ErrDenied, the database's.
func (r *Replica) SetRegister(ctx context.Context, id op.ScopeID, key string, value any) error {
	return r.write(ctx, func(p *projector) error {
		sc := r.world.Load().byID[id]
		if sc == nil {
			return fmt.Errorf("%w: %s", ErrNoScope, id)
		}
		return r.putOwnRegister(p, sc, key, value)
	})
}

func (r *Replica) putOwnRegister(p *projector, sc *scope, key string, value any) error {
	x, err := r.payDebt(p, sc, op.Content)
	if err != nil {
		return err
	}
	plain, err := op.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode register %s: %w", key, err)
	}
	return r.putRegister(p, sc, key, x, plain)
}

func (r *Replica) putRegister(p *projector, sc *scope, key string, x *epoch, plain []byte) error {
	reg := op.Register{Scope: sc.tag, Device: r.id.Device.ID, Key: key, Version: r.nextVersion(), Epoch: x.ref}
	if err := reg.Seal(rand.Reader, x.key, plain); err != nil {
		return fmt.Errorf("%w: register %s: %w", ErrInvalid, key, err)
	}
	if err := reg.Sign(r.id.Device.Sign); err != nil {
		return fmt.Errorf("%w: register %s: %w", ErrInvalid, key, err)
	}
	return r.storeRegister(p, &reg, reg.AppendTo(nil))
}

// nextVersion is the wall clock in microseconds, pushed above every version this device has used, so that it also rises after
// the database was restored from an older copy.
func (r *Replica) nextVersion() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.regVerMax = max(r.regVerMax+1, uint64(r.now().UnixMicro()))
	return r.regVerMax
}

// ErrStored is returned for a register from a peer that is the one stored here, or older.
var ErrStored = errors.New("replica: register is not newer than what is stored")

// VerifyRegister parses and checks a register from a peer. Errors: ErrStranger when the device or the scope is not known here,
// ErrStored, op's.
func (r *Replica) VerifyRegister(raw []byte) (op.Register, error) {
	reg, rest, err := op.ParseRegister(raw)
	if err != nil {
		return reg, err
	}
	if len(rest) > 0 {
		return reg, fmt.Errorf("%w: register with a tail", ErrInvalid)
	}
	w := r.world.Load()
	dev, ok := w.auth.Device(reg.Device)
	if !ok || w.scopes[reg.Scope] == nil {
		return reg, ErrStranger
	}
	// Every colleague who is connected passes it on: looking costs a tenth of what verifying does.
	var stored bool
	err = r.db.Read().QueryRow(`SELECT version > ? OR version = ? AND data = ? FROM register WHERE tag = ? AND device = ? AND key = ?`,
		int64(reg.Version), int64(reg.Version), raw, reg.Scope[:], reg.Device[:], reg.Key).Scan(&stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return reg, fmt.Errorf("read register: %w", err)
	}
	if stored {
		return reg, ErrStored
	}
	return reg, reg.Verify(dev.SignPub)
}

// storeRegister keeps a register that is newer than the stored one, and projects it.
func (r *Replica) storeRegister(p *projector, reg *op.Register, raw []byte) error {
	newer, err := p.b.PutRegister(reg, raw)
	if err != nil || !newer {
		return err
	}
	p.event.Registers = append(p.event.Registers, oplog.RegisterRow{Tag: reg.Scope, Raw: raw})
	if r.epochs.key(reg.Scope, reg.Epoch) == nil {
		if err := r.dropValue(p, reg); err != nil {
			return err
		}
	}
	return r.projectRegister(p, reg)
}

// dropValue takes back what the value before did that a register replaced which cannot be read: rows are those of what is stored
// (SPEC P1). It comes again with the key.
func (r *Replica) dropValue(p *projector, reg *op.Register) error {
	w := r.world.Load()
	sc := w.scopes[reg.Scope]
	dev, ok := w.auth.Device(reg.Device)
	k := r.registers[reg.Key]
	if sc == nil || !ok || k.Drop == nil {
		return nil
	}
	r.mu.Lock()
	no := r.users[dev.User]
	r.mu.Unlock()
	if err := k.Drop(p.tx, sc.no, no); err != nil {
		return fmt.Errorf("drop register %s: %w", k.Key, err)
	}
	for _, d := range w.auth.AllDevices(dev.User) { // Drop speaks of the person; their other devices' values stay
		raw, err := oplog.OneRegister(p.tx, reg.Scope, d.ID, reg.Key)
		if err != nil {
			return err
		}
		if raw == nil {
			continue
		}
		other, _, err := op.ParseRegister(raw)
		if err != nil {
			return fmt.Errorf("stored register: %w", err)
		}
		if err := r.projectRegister(p, &other); err != nil {
			return err
		}
	}
	return nil
}

// projectRegister hands a register's value to its reader. What cannot be read yet is projected when its key or author is
// known: see projectRegisters.
func (r *Replica) projectRegister(p *projector, reg *op.Register) error {
	w := r.world.Load()
	sc := w.scopes[reg.Scope]
	dev, ok := w.auth.Device(reg.Device)
	if sc == nil || !ok {
		return nil
	}
	if _, member := sc.members[dev.User]; !member {
		return nil
	}
	if reg.Key == needKey {
		r.healSoon(reg.Scope)
		return nil
	}
	key := r.epochs.key(reg.Scope, reg.Epoch)
	if key == nil {
		r.healSoon(reg.Scope) // it may have to be asked for
		return nil
	}
	plain, err := reg.Open(key)
	if err != nil {
		return nil // signed nonsense of a member: without effect
	}
	if reg.Key == haveKey {
		p.event.Receipts = true
		return r.learnHave(p, sc, dev.ID, plain)
	}
	k, ok := r.registers[reg.Key]
	if !ok {
		return nil
	}
	r.mu.Lock()
	no := r.users[dev.User]
	r.mu.Unlock()
	return k.Apply(p.tx, RegisterValue{
		Scope: sc.id, ScopeNo: sc.no, Device: dev.ID, User: dev.User, UserNo: no, Key: reg.Key, Version: reg.Version, Value: plain,
	})
}

// dropRegisters takes back what the registers of a user did in a scope that the user has left.
func (r *Replica) dropRegisters(p *projector, sc *scope, user op.UserID) error {
	r.mu.Lock()
	no := r.users[user]
	r.mu.Unlock()
	for _, k := range r.registers {
		if k.Drop == nil {
			continue
		}
		if err := k.Drop(p.tx, sc.no, no); err != nil {
			return fmt.Errorf("drop register %s: %w", k.Key, err)
		}
	}
	return nil
}

// forgetDevices takes back what the registers of devices did that the control log no longer certifies, because what certified them
// turned out to stand behind a fork (SPEC P14). touched gets the scopes whose registers must be projected again.
func (r *Replica) forgetDevices(p *projector, before *world, touched map[op.ScopeTag]bool) error {
	w := r.world.Load()
	for _, users := range [][]authority.User{before.auth.Users(), before.auth.Former()} {
		for _, u := range users {
			if !slices.ContainsFunc(before.auth.AllDevices(u.ID), func(d authority.Device) bool { _, still := w.auth.Device(d.ID); return !still }) {
				continue
			}
			for tag, s := range w.scopes {
				if err := r.dropRegisters(p, s, u.ID); err != nil {
					return err
				}
				touched[tag] = true
			}
		}
	}
	return nil
}

// projectRegisters projects every stored register of a scope again, after its key or members became known.
func (r *Replica) projectRegisters(p *projector, tag op.ScopeTag) error {
	rows, err := oplog.ScopeRegisters(p.tx, tag)
	if err != nil {
		return err
	}
	for i := range rows {
		reg, _, err := op.ParseRegister(rows[i].Raw)
		if err != nil {
			return fmt.Errorf("stored register: %w", err)
		}
		if err := r.projectRegister(p, &reg); err != nil {
			return err
		}
	}
	return nil
}
