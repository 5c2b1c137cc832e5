package rules

import (
	"context"
	"slices"

	"tongzhou/backend/module"
	"tongzhou/backend/rules"
)

// API is what the interface calls. Every error is a fault; see the service's functions for their codes.
type API struct{ s *service }

// RuleDTO is one setting with its value. Value and Default are a boolean, a number, a text or a list of texts, by Kind.
type RuleDTO struct {
	Key       string   `json:"key"`
	Group     string   `json:"group"`
	Kind      string   `json:"kind"` // bool, int, enum, text, list
	Unit      string   `json:"unit"` // "", seconds, minutes, hours, days, working_days, megabytes, characters, times, parts, clock
	Min       int      `json:"min"`  // of the number, the characters, or the entries
	Max       int      `json:"max"`
	Least     int      `json:"least"` // the smallest number but 0; 0: min
	Options   []string `json:"options"`
	Default   any      `json:"default"`
	Value     any      `json:"value"`
	Changed   bool     `json:"changed"` // not the default
	Serves    []string `json:"serves"`  // requirements, "R35"
	Level     string   `json:"level"`   // H, D, F, P
	Who       string   `json:"who"`     // owner, admin
	CanChange bool     `json:"canChange"`
	Acts      bool     `json:"acts"`  // this version obeys it; others wait for their feature
	Final     bool     `json:"final"` // what it takes away does not come back
	At        string   `json:"at"`    // of the last change, "" if there was none
	By        string   `json:"by"`    // name
}

// SetInput is a new value.
type SetInput struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// RuleChangeDTO is one decision about a setting.
type RuleChangeDTO struct {
	At     string `json:"at"`
	ByID   string `json:"byId"`
	ByName string `json:"byName"`
	Device string `json:"device"` // name
	From   any    `json:"from"`
	To     any    `json:"to"`
}

// List returns every setting, in the order in which they are shown.
func (a *API) List() ([]RuleDTO, error) {
	out := []RuleDTO{}
	name := a.s.people.Names()
	for _, x := range rules.All() {
		out = append(out, a.dto(x, name))
	}
	return out, nil
}

// Set decides about a setting.
func (a *API) Set(in SetInput) (RuleDTO, error) {
	if err := a.s.set(context.Background(), in.Key, in.Value); err != nil {
		return RuleDTO{}, err
	}
	return a.one(in.Key)
}

// Reset sets a setting back to the default.
func (a *API) Reset(key string) (RuleDTO, error) {
	if err := a.s.reset(context.Background(), key); err != nil {
		return RuleDTO{}, err
	}
	return a.one(key)
}

// History returns what was decided about a setting, newest first.
func (a *API) History(key string) ([]RuleChangeDTO, error) {
	x, err := find(key)
	if err != nil {
		return nil, err
	}
	out := []RuleChangeDTO{}
	name := a.s.people.Names()
	for _, d := range slices.Backward(a.s.decisions(x)) {
		change := RuleChangeDTO{At: module.Timestamp(d.At.Wall()), ByID: d.By.String(), ByName: name(d.By), From: d.from, To: d.to}
		for _, device := range a.s.team.UserDevices(d.By) {
			if device.ID == d.Device {
				change.Device = device.Name
			}
		}
		out = append(out, change)
	}
	return out, nil
}

func (a *API) one(key string) (RuleDTO, error) {
	x, err := find(key)
	if err != nil {
		return RuleDTO{}, err
	}
	return a.dto(x, a.s.people.Names()), nil
}

func (a *API) dto(x rules.Setting, name nameOf) RuleDTO {
	d := RuleDTO{
		Key: string(x.Key), Group: string(x.Group), Kind: string(x.Kind), Unit: string(x.Unit), Min: x.Min, Max: x.Max, Least: x.Least,
		Options: append([]string{}, x.Options...), Default: x.Default, Value: x.Default, Serves: x.Serves, Level: string(x.Level),
		Who: string(x.Who), CanChange: CanChange(a.s.log.View().Role(a.s.log.Self().User), x), Acts: x.Acts, Final: x.Final,
	}
	if all := a.s.decisions(x); len(all) > 0 {
		last := all[len(all)-1]
		d.Value, d.At, d.By = last.to, module.Timestamp(last.At.Wall()), name(last.By)
	}
	d.Changed = !same(d.Value, d.Default)
	return d
}
