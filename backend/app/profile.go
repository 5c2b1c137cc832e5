package app

import (
	"context"
	"encoding/json"
	"fmt"

	"tongzhou/backend/fault"
)

// pendingProfile is the setting that holds a newcomer's profile until it is written: that takes the key of the company scope,
// which arrives with the history, and the departments, to find the one meant.
const pendingProfile = "pending_profile"

// keepProfile makes sure that the profile is written, now or after the next start.
func (a *App) keepProfile(ctx context.Context, p ProfileInput) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode profile: %w", err)
	}
	return a.setSetting(ctx, pendingProfile, string(text))
}

// introducePending writes the kept profile, if there is one. It is called when the history is here. The error is what had to
// be left out of the profile, or why it could not be written yet.
func (a *App) introducePending(ctx context.Context) error {
	a.introducing.Lock()
	defer a.introducing.Unlock()
	text := a.setting(pendingProfile)
	if text == "" {
		return nil
	}
	var p ProfileInput
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return fmt.Errorf("read the kept profile: %w", err)
	}
	left := a.introduce(ctx, p)
	if left != nil && !leftOut(left) {
		return left
	}
	if err := a.setSetting(ctx, pendingProfile, ""); err != nil {
		return err
	}
	a.bus.Publish("state", nil)
	return left
}

// introduce writes this person's profile. What the team's directory speaks against is left out and returned as the fault:
// somebody without a staff number can be found and written to, somebody without a name cannot.
func (a *App) introduce(ctx context.Context, p ProfileInput) error {
	var left error
	for range 3 {
		err := a.directory.SaveOwnProfile(ctx, p)
		if !leftOut(err) {
			if err != nil {
				return err
			}
			return left
		}
		left = err
		if fault.Code(err) == "org.staff_no_taken" {
			p.StaffNo = ""
		} else {
			p.DepartmentID = ""
		}
	}
	return left
}

func leftOut(err error) bool {
	code := fault.Code(err)
	return code == "org.staff_no_taken" || code == "org.department_unknown"
}
