package chat

import (
	"tongzhou/backend/fault"
	"tongzhou/sync/op"
)

func parseChat(text string) (op.ScopeID, error) {
	id, err := op.ParseScopeID(text)
	return id, fault.Wrap("chat.unknown", err)
}

func parseUser(text string) (op.UserID, error) {
	id, err := op.ParseUserID(text)
	return id, fault.Wrap("chat.unknown_user", err)
}

func parseUsers(texts []string) ([]op.UserID, error) {
	out := make([]op.UserID, 0, len(texts))
	for _, t := range texts {
		u, err := parseUser(t)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

func parseOptional(text string) (*MessageID, error) {
	if text == "" {
		return nil, nil
	}
	id, err := ParseMessageID(text)
	if err != nil {
		return nil, err
	}
	return &id, nil
}
