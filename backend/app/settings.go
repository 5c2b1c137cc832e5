package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"tongzhou/backend/durable"
	"tongzhou/backend/fault"
	"tongzhou/sync/replica"
)

// SettingsDTO are this device's settings.
type SettingsDTO struct {
	Language string `json:"language"` // zh-CN, en, system
	Theme    string `json:"theme"`    // light, dark, system
	SendKey  string `json:"sendKey"`  // enter, ctrl_enter
}

// setting is one of SettingsDTO. The first value is the default.
type setting struct {
	key    string
	values []string
	field  func(*SettingsDTO) *string
}

func settingsList() []setting {
	return []setting{
		{"language", []string{"system", "zh-CN", "en"}, func(s *SettingsDTO) *string { return &s.Language }},
		{"theme", []string{"system", "light", "dark"}, func(s *SettingsDTO) *string { return &s.Theme }},
		{"sendKey", []string{"enter", "ctrl_enter"}, func(s *SettingsDTO) *string { return &s.SendKey }},
	}
}

// Settings reads the settings.
func (p *API) Settings() (SettingsDTO, error) {
	<-p.a.started
	return p.a.settings(), nil
}

// SaveSettings replaces all of them, or none. Fault: settings.invalid {setting}.
func (p *API) SaveSettings(in SettingsDTO) (SettingsDTO, error) {
	<-p.a.started
	list := settingsList()
	for _, s := range list {
		if !slices.Contains(s.values, *s.field(&in)) {
			return SettingsDTO{}, fault.New("settings.invalid", "setting", s.key)
		}
	}
	p.a.setupMu.Lock()
	defer p.a.setupMu.Unlock()
	if p.a.closed {
		return SettingsDTO{}, fault.New("app.start")
	}
	text, err := json.Marshal(in)
	if err == nil {
		err = durable.Write(p.a.path(settingsFile), text)
	}
	if err != nil {
		return SettingsDTO{}, storeFault(err)
	}
	p.a.bus.Publish("settings", nil)
	return p.a.settings(), nil
}

// settings reads this device's settings; what is missing or unreadable has its default. They lie beside the database, because
// the screen that asks for the passphrase needs them, and say nothing of anybody.
func (a *App) settings() SettingsDTO {
	var out SettingsDTO
	text, err := os.ReadFile(a.path(settingsFile))
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	before := errors.Is(err, fs.ErrNotExist) // they were in the database once
	if err != nil && !before {
		a.log.Warn("read settings", "err", err)
	}
	for _, s := range settingsList() {
		if before {
			*s.field(&out) = a.setting(s.key)
		}
		if v := s.field(&out); !slices.Contains(s.values, *v) {
			*v = s.values[0]
		}
	}
	return out
}

// setting reads one value, "" if there is none.
func (a *App) setting(key string) string {
	db := a.database()
	if db == nil {
		return ""
	}
	var v string
	if err := db.Read().QueryRow(`SELECT coalesce(max(value), '') FROM app_setting WHERE key = ?`, key).Scan(&v); err != nil {
		a.log.Error("read setting", "key", key, "err", err)
	}
	return v
}

func (a *App) setSetting(ctx context.Context, key, value string) error {
	return a.write(ctx, func(tx replica.Tx) error { return putSetting(tx, key, value) })
}

func putSetting(tx replica.Tx, key, value string) error {
	if _, err := tx.Exec(`INSERT INTO app_setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2`, key, value); err != nil {
		return fmt.Errorf("save setting: %w", err)
	}
	return nil
}
