package app

import (
	"context"
	"fmt"

	"tongzhou/sync/replica"
)

// settings reads this device's settings; what is missing or unreadable has its default.
func (a *App) settings() SettingsDTO {
	s := SettingsDTO{Language: "system", Theme: "system", SendKey: "enter"}
	a.mu.RLock()
	db := a.db
	a.mu.RUnlock()
	if db == nil {
		return s
	}
	for key, to := range map[string]*string{"language": &s.Language, "theme": &s.Theme, "sendKey": &s.SendKey} {
		var v string
		if err := db.Read().QueryRow(`SELECT value FROM app_setting WHERE key = ?`, key).Scan(&v); err == nil && oneOf(v, settingValues[key]) {
			*to = v
		}
	}
	return s
}

func (a *App) setSetting(key, value string) error {
	return lateDB{a}.Write(context.Background(), func(tx replica.Tx) error {
		if _, err := tx.Exec(`INSERT INTO app_setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2`, key, value); err != nil {
			return fmt.Errorf("save setting: %w", err)
		}
		return nil
	})
}
