package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"tongzhou/backend/module"
	"tongzhou/sync/hlc"
	"tongzhou/sync/op"
)

const queryExports = `SELECT id, hlc, author, device, digest, entries FROM audit_export`

// entries returns every act that this device knows of, newest first.
func (s *service) entries(ctx context.Context) ([]entry, error) {
	control := s.team.Entries()
	out := make([]entry, 0, len(control))
	for i := range control {
		out = append(out, ofControl(&control[i]))
	}
	traces, err := s.exports(ctx)
	if err != nil {
		return nil, err
	}
	for _, trail := range s.trails() {
		more, err := trail(ctx)
		if err != nil {
			return nil, err
		}
		traces = append(traces, more...)
	}
	for _, t := range traces {
		out = append(out, entry{id: t.ID, at: t.At, user: t.User, device: t.Device, act: module.Act{Kind: t.Kind, Action: t.Action, Params: t.Params, Users: t.Users}, state: stateValid})
	}
	slices.SortFunc(out, func(a, b entry) int { return a.compare(&b) })
	return out, nil
}

func ofControl(e *module.Entry) entry {
	x := entry{id: e.Op.String(), at: e.At.Wall(), user: e.User, device: e.Device, act: module.DescribeControl(e.Type, e.Payload), state: stateRefused, reason: string(e.Reason)}
	switch e.Verdict.String() {
	case "valid":
		x.state = stateValid
	case "pending", "unknown":
		x.state = statePending
	}
	return x
}

// exports lists what this room itself did.
func (s *service) exports(ctx context.Context) ([]module.Trace, error) {
	rows, err := s.db.Read().QueryContext(ctx, queryExports)
	if err != nil {
		return nil, fmt.Errorf("read exports: %w", err)
	}
	defer rows.Close()
	var out []module.Trace
	for rows.Next() {
		var id, device, digest []byte
		var at, author, entries int64
		if err := rows.Scan(&id, &at, &author, &device, &digest, &entries); err != nil {
			return nil, fmt.Errorf("read export: %w", err)
		}
		ref, err := op.RefFromBytes(id)
		if err != nil {
			return nil, fmt.Errorf("read export: %w", err)
		}
		t := module.Trace{
			ID: "export " + ref.String(), At: hlc.Time(at).Wall(), Device: op.DeviceID(device), Kind: "export", Action: "audit_export",
			Params: map[string]string{"digest": fmt.Sprintf("%x", digest), "entries": strconv.FormatInt(entries, 10)},
		}
		t.User, _ = s.log.UserByNo(author)
		out = append(out, t)
	}
	return out, rows.Err()
}
