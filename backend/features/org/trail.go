package org

import (
	"context"
	"encoding/hex"

	"tongzhou/backend/access"
	"tongzhou/backend/module"
	"tongzhou/sync/op"
)

// trail lists what people did with requests and accounts that the control log does not say: who asked, who decided with which
// words, and why somebody's access was taken.
func (s *service) trail(ctx context.Context) ([]module.Trace, error) {
	requests, err := s.requests(ctx)
	if err != nil {
		return nil, err
	}
	var out []module.Trace
	for _, f := range requests {
		if s.maySee(f, f.settle(s.separate())) {
			out = append(out, f.trail(hex.EncodeToString(f.id), f.request.To.Name)...)
		}
	}
	if !access.AtLeast(s.log.View().Role(s.self()), access.Admin) {
		return out, nil
	}
	cases, err := s.cases(ctx)
	if err != nil {
		return nil, err
	}
	actions := map[uint8]string{caseFreeze: "freeze_note", caseUnfreeze: "unfreeze_note", caseLeaving: "offboard"}
	for _, c := range cases {
		out = append(out, module.Trace{
			ID: "case " + hex.EncodeToString(c.id), At: c.at, User: c.by, Device: c.device, Kind: "account", Action: actions[c.record.Act],
			Params: map[string]string{"reason": c.record.Note}, Users: map[string]op.UserID{"subject": c.record.Subject},
		})
	}
	return out, nil
}
