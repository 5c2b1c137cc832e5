package rules

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongzhou/backend/fault"
	"tongzhou/sync/op"
)

const (
	// MaxValue is how many bytes the encoded value of a rule.set op may have.
	MaxValue = 2048
	maxEntry = 40 // characters of one entry of a list
)

var clockTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// Encode checks a value, as JSON gives it or as its Go type, and returns it as it stands in a rule.set op. Errors: fault
// "rules.type", "rules.range" {min,max}, "rules.least" {least,max}, "rules.option", "rules.text", "rules.too_long".
func (s Setting) Encode(value any) ([]byte, error) {
	v, err := s.Check(value)
	if err != nil {
		return nil, err
	}
	enc, err := op.Marshal(v)
	if err != nil {
		return nil, fault.Wrap("rules.type", err)
	}
	if len(enc) > MaxValue {
		return nil, fault.New("rules.too_long", "max", MaxValue)
	}
	return enc, nil
}

// Decode reads a value that stands in a rule.set op; the errors are those of Encode. Empty is the default.
func (s Setting) Decode(raw []byte) (any, error) {
	if len(raw) == 0 {
		return s.Default, nil
	}
	if len(raw) > MaxValue {
		return nil, fault.New("rules.too_long", "max", MaxValue)
	}
	var v any
	if err := op.Unmarshal(raw, &v); err != nil {
		return nil, fault.Wrap("rules.type", err)
	}
	return s.Check(v)
}

// Check returns the value as the kind's Go type. It runs on what others wrote, so it depends on no tables that change with
// the version of the language.
func (s Setting) Check(value any) (any, error) {
	switch s.Kind {
	case Bool:
		if b, ok := value.(bool); ok {
			return b, nil
		}
	case Int:
		if n, ok := whole(value); ok {
			if n < s.Min || n > s.Max {
				return nil, fault.New("rules.range", "min", s.Min, "max", s.Max)
			}
			if n != 0 && n < s.Least {
				return nil, fault.New("rules.least", "least", s.Least, "max", s.Max)
			}
			return n, nil
		}
	case Enum:
		if t, ok := value.(string); ok {
			if !slices.Contains(s.Options, t) {
				return nil, fault.New("rules.option")
			}
			return t, nil
		}
	case Text:
		if t, ok := value.(string); ok {
			return s.checkText(t)
		}
	case List:
		if list, ok := texts(value); ok {
			return s.checkList(list)
		}
	}
	return nil, fault.New("rules.type")
}

func (s Setting) checkText(t string) (any, error) {
	switch n := utf8.RuneCountInString(t); {
	case !plain(t), s.Unit == Clock && !clockTime.MatchString(t):
		return nil, fault.New("rules.text")
	case n < s.Min || n > s.Max:
		return nil, fault.New("rules.range", "min", s.Min, "max", s.Max)
	}
	return t, nil
}

func (s Setting) checkList(list []string) (any, error) {
	if len(list) < s.Min || len(list) > s.Max {
		return nil, fault.New("rules.range", "min", s.Min, "max", s.Max)
	}
	for i, t := range list {
		switch {
		case len(s.Options) > 0 && !slices.Contains(s.Options, t):
			return nil, fault.New("rules.option")
		case t == "" || utf8.RuneCountInString(t) > maxEntry || !plain(t) || slices.Contains(list[:i], t):
			return nil, fault.New("rules.text")
		}
	}
	return list, nil
}

// plain holds for text on one line.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

// whole reads the number types of JSON, CBOR and Go.
func whole(value any) (int, bool) {
	switch n := value.(type) {
	case int:
		return n, true
	case int64:
		return int(n), n >= math.MinInt32 && n <= math.MaxInt32
	case uint64:
		return int(n), n <= math.MaxInt32
	case float64:
		return int(n), n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil && i >= math.MinInt32 && i <= math.MaxInt32
	}
	return 0, false
}

func texts(value any) ([]string, bool) {
	switch list := value.(type) {
	case []string:
		return slices.Clone(list), true
	case []any:
		out := make([]string, 0, len(list))
		for _, v := range list {
			t, ok := v.(string)
			if !ok {
				return nil, false
			}
			out = append(out, t)
		}
		return out, true
	}
	return nil, false
}
