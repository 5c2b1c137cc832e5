package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/backend/store"
	"tongzhou/sync/replica"
)

// This file notices a damaged database and replaces it; salvage.go carries over what can be read. The file repairFile names
// the folder for the damaged one and exists from the moment the damage is noticed until all of it that is worth anything has
// been carried over, so that a crash at any point is followed by the rest at the next start.

const keptPrefix = "damaged-"

// noteDamage remembers that the database is to be put aside.
func (a *App) noteDamage() error {
	if exists(a.path(repairFile)) {
		return nil
	}
	base := keptPrefix + a.opts.Now().UTC().Format("20060102-150405")
	name := base
	for n := 2; exists(a.path(name)); n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return durable.Write(a.path(repairFile), []byte(name))
}

// putAside moves a database of which damage was noted into its folder, and returns the folder; "" if nothing was noted.
func (a *App) putAside() (string, error) {
	b, err := os.ReadFile(a.path(repairFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("keep damaged database: %w", err)
	}
	name := string(b)
	if !strings.HasPrefix(name, keptPrefix) || name != filepath.Base(name) {
		return "", fmt.Errorf("keep damaged database: %s does not name a folder", repairFile)
	}
	dir := a.path(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("keep damaged database: %w", err)
	}
	for _, file := range dbFiles { // the database last: once it is there, what lies in its old place is the new one
		if exists(filepath.Join(dir, "tongzhou.db")) {
			break
		}
		if err := os.Rename(a.path(file), filepath.Join(dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("keep damaged database: %w", err)
		}
	}
	a.log.Error("the database was damaged; a new one is made of what can be read", "kept", dir)
	return dir, nil
}

// salvageKey is the setting that names the folder of a damaged database of which not everything could be carried over yet.
const salvageKey = "salvage"

// salvageNow carries over what can be, and remembers the folder if there is more.
func (a *App) salvageNow(ctx context.Context, r *replica.Replica, kept string) error {
	left, err := a.salvage(ctx, r, kept)
	if err != nil {
		return err
	}
	rest := ""
	if left {
		rest = filepath.Base(kept)
	}
	if rest == a.setting(salvageKey) {
		return nil
	}
	return a.setSetting(ctx, salvageKey, rest)
}

// salvageRest tries again, after a colleague gave what it has.
func (a *App) salvageRest(ctx context.Context, r *replica.Replica) {
	a.salvaging.Lock()
	defer a.salvaging.Unlock()
	rest := a.setting(salvageKey)
	if rest == "" {
		return
	}
	if err := a.salvageNow(ctx, r, a.path(rest)); err != nil && ctx.Err() == nil {
		a.log.Error("carry over from the damaged database", "err", err)
	}
}

// endRepair tells people where the damaged database is, now that it is needed no more. kept "" means there was none.
func (a *App) endRepair(kept string) error {
	if kept == "" {
		return nil
	}
	a.mu.Lock()
	a.damage = kept
	a.mu.Unlock()
	return durable.Remove(a.path(repairFile))
}

// repairSoon replaces the database of the running team, in which damage was found. During Start nothing runs yet; Start
// itself does it then.
func (a *App) repairSoon(cause error) {
	a.mu.RLock()
	running := a.team != nil
	a.mu.RUnlock()
	if !running {
		return
	}
	a.log.Error("the database is damaged", "err", cause)
	if err := a.noteDamage(); err != nil { // the next start notices it again
		a.log.Error("remember the damage", "err", err)
	}
	go a.repair()
}

func (a *App) repair() {
	a.setupMu.Lock()
	defer a.setupMu.Unlock()
	a.mu.RLock()
	t := a.team
	a.mu.RUnlock()
	if a.closed || a.repaired || t == nil {
		return
	}
	a.repaired = true
	a.setStartErr(fault.New("store.damaged"))
	if err := errors.Join(a.closeTeam(), a.closeDB()); err != nil {
		a.log.Warn("close the damaged database", "err", err)
	}
	err := storeFault(a.open(context.Background(), t.id))
	if err != nil {
		a.log.Error("replace the damaged database", "err", err)
	}
	a.setStartErr(err)
}

func (a *App) setStartErr(err error) {
	a.mu.Lock()
	a.startErr = err
	a.mu.Unlock()
	a.bus.Publish("state", nil)
}

// precious are the tables that cannot be computed from others.
var precious = []string{"op", "feed", "register", "fork", "epoch", "scope", "user", "app_setting", "app_invitation"}

// checkLater reads the whole log through, some time after the start: damage in what nobody looks at would else be found when
// a colleague asks for it, or when it is too late to have it again from one.
func (t *team) checkLater(ctx context.Context) {
	timer := time.NewTimer(t.app.tune.checkAfter)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	}
	db := t.app.database()
	if err := db.Check(ctx, precious...); err != nil {
		if ctx.Err() == nil && !errors.Is(err, store.ErrDamaged) {
			t.app.log.Warn("check the database", "err", err)
		}
		return // damage was reported to repairSoon
	}
	_, err := t.replica.CheckChains(ctx)
	if err != nil && ctx.Err() == nil {
		_, err = t.replica.CheckChains(ctx) // a feed that was cut while it was read looks damaged
	}
	if err != nil && ctx.Err() == nil {
		t.app.repairSoon(fmt.Errorf("%w: %w", store.ErrDamaged, err))
	}
}
