package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/vault"
)

// This file keeps a request to join that lies at a relay over the end of the program: colleagues may answer days later. It is sealed
// under the vault that is made for the attempt, beside the attempt's identity, so it goes on when the passphrase is typed.

// requestPurpose is what requests are sealed for.
const requestPurpose = "request"

// maxRequest is the most that is read of one, in bytes.
const maxRequest = 64 << 10

// joinRequest is what the person typed.
type joinRequest struct {
	Link    string       `json:"link"`
	Profile ProfileInput `json:"profile"`
}

// ResumeJoinInput goes on with joining after the program was closed.
type ResumeJoinInput struct {
	StaffNo    string `json:"staffNo"`
	Passphrase string `json:"passphrase"`
}

// ResumeJoin goes on with a request that was left at a relay before the program was closed; JoinProgress tells how it gets on.
// Faults: join.none, vault.wrong {wait}, vault.wait {wait}, and those of Join.
func (p *API) ResumeJoin(in ResumeJoinInput) error {
	r, err := p.a.openRequest(in)
	if err != nil {
		return err
	}
	return p.a.startJoin(JoinInput{Link: r.Link, Profile: r.Profile, Passphrase: in.Passphrase})
}

// keepRequest keeps what the next start needs to go on.
func (t *attempt) keepRequest() error {
	v, _ := t.app.theVault()
	if v == nil {
		return errors.New("app: no vault for the request")
	}
	link, err := t.letters.inv.Link()
	if err != nil {
		return err
	}
	plain, err := json.Marshal(joinRequest{Link: link, Profile: *t.profile})
	if err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	sealed, err := v.Seal(requestPurpose, plain)
	if err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	return durable.Write(t.app.path(requestFile), sealed)
}

func (a *App) openRequest(in ResumeJoinInput) (joinRequest, error) {
	var r joinRequest
	<-a.started
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	if err := a.mayBegin(); err != nil {
		return r, err
	}
	info, err := os.Stat(a.path(requestFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > maxRequest {
		return r, fault.New("join.none")
	}
	sealed, err := os.ReadFile(a.path(requestFile))
	if err != nil {
		return r, fmt.Errorf("read request: %w", err)
	}
	v, err := vault.Load(a.vaultOptions())
	if err != nil {
		return r, vaultFault(err)
	}
	if err := v.Unlock(in.StaffNo, in.Passphrase); err != nil {
		return r, vaultFault(err)
	}
	plain, err := v.Unseal(requestPurpose, sealed)
	if err == nil {
		err = json.Unmarshal(plain, &r)
	}
	if err != nil {
		return r, fault.Wrap("join.none", err)
	}
	return r, nil
}

// findRequest looks at the start whether joining can go on.
func (a *App) findRequest() error {
	if !exists(a.path(requestFile)) {
		return nil
	}
	if !exists(a.path(joiningFile)) {
		return a.dropRequest()
	}
	a.joinMu.Lock()
	defer a.joinMu.Unlock()
	a.join.progress = JoinDTO{Step: "paused", Params: map[string]string{}, Relay: letterLeft, Since: timestamp(a.opts.Now())}
	return nil
}

func (a *App) dropRequest() error { return durable.Remove(a.path(requestFile)) }
