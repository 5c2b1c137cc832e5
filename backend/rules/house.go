package rules

import "fmt"

// Rules are the values in force. A key must be one of the registry and of the kind asked for; anything else is a mistake in
// the calling line, and panics.
type Rules interface {
	Bool(key Key) bool
	Int(key Key) int
	Text(key Key) string
	List(key Key) []string
}

// Set is one decision about a setting: Value as it stands in the op, empty for the default. ByOwner says that it relied on
// the authority of an owner.
type Set struct {
	Value   []byte
	ByOwner bool
}

// Source gives the valid decisions about a setting, the newest last.
type Source func(key Key) []Set

// House is Rules over a source. It is safe for concurrent use if the source is.
type House struct {
	source   Source
	settings map[Key]Setting
}

// NewHouse returns the rules of a source.
func NewHouse(source Source) *House {
	h := &House{source: source, settings: map[Key]Setting{}}
	for _, s := range All() {
		h.settings[s.Key] = s
	}
	return h
}

// Value is the value in force, of the Go type of the setting's kind: that of the newest decision which counts, else the
// default.
func (h *House) Value(s Setting) any {
	sets := h.source(s.Key)
	for i := len(sets) - 1; i >= 0; i-- {
		if v, ok := s.Counts(sets[i]); ok {
			return v
		}
	}
	return s.Default
}

// Counts returns the value of a decision, false for one that has no effect: made by somebody who may not, or with a value
// that is none.
func (s Setting) Counts(d Set) (any, bool) {
	if s.Who == Owners && !d.ByOwner {
		return nil, false
	}
	v, err := s.Decode(d.Value)
	return v, err == nil
}

// Bool implements Rules.
func (h *House) Bool(key Key) bool { return value[bool](h, key) }

// Int implements Rules.
func (h *House) Int(key Key) int { return value[int](h, key) }

// Text implements Rules; it reads enums as well.
func (h *House) Text(key Key) string { return value[string](h, key) }

// List implements Rules.
func (h *House) List(key Key) []string { return value[[]string](h, key) }

func value[T any](h *House, key Key) T {
	s, ok := h.settings[key]
	if !ok {
		panic(fmt.Sprintf("rules: no setting %s", key))
	}
	v, ok := h.Value(s).(T)
	if !ok {
		panic(fmt.Sprintf("rules: %s is of kind %s", key, s.Kind))
	}
	return v
}
