package rules

import (
	"context"

	"tongzhou/backend/fault"
	"tongzhou/backend/module"
	"tongzhou/backend/rules"
	"tongzhou/sync/op"
)

// People names members. The app adapts the directory to it.
type People interface {
	// Names returns a lookup over one moment of the directory, for one answer.
	Names() func(user op.UserID) string
}

// Before is called before a setting takes another value, to prepare for it. An error keeps the setting as it was.
type Before map[rules.Key]func(ctx context.Context, value any) error

type service struct {
	log    module.Log
	team   module.Team
	people People
	before Before
}

// set decides about a setting; nothing is written when it has that value already. Errors: fault "rules.unknown", "denied",
// those of rules.Setting.Encode.
func (s *service) set(ctx context.Context, key string, value any) error {
	x, err := s.changeable(key)
	if err != nil {
		return err
	}
	v, err := x.Check(value)
	if err != nil {
		return err
	}
	enc, err := x.Encode(v)
	if err != nil {
		return err
	}
	return s.decide(ctx, x, v, enc)
}

// reset sets a setting back to the default. Errors: fault "rules.unknown", "denied".
func (s *service) reset(ctx context.Context, key string) error {
	x, err := s.changeable(key)
	if err != nil {
		return err
	}
	return s.decide(ctx, x, x.Default, nil)
}

func (s *service) decide(ctx context.Context, x rules.Setting, value any, enc []byte) error {
	now := x.Default
	if all := s.decisions(x); len(all) > 0 {
		now = all[len(all)-1].to
	}
	if same(now, value) {
		return nil
	}
	if before := s.before[x.Key]; before != nil {
		if err := before(ctx, value); err != nil {
			return err
		}
	}
	return s.team.SetRule(ctx, string(x.Key), enc)
}

func (s *service) changeable(key string) (rules.Setting, error) {
	x, err := find(key)
	if err != nil {
		return x, err
	}
	if err := s.log.Ready(); err != nil {
		return x, err
	}
	if !CanChange(s.log.View().Role(s.log.Self().User), x) {
		return x, fault.New("denied")
	}
	return x, nil
}
