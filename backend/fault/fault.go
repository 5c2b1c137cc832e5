package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
)

// Internal is the code of every error that carries none.
const Internal = "internal"

// Error is an error with a code that the frontend turns into a sentence.
type Error struct {
	Code   string            // "area.reason"
	Params map[string]string // values for the sentence; may be nil
	Err    error             // the cause, for logs only; may be nil
}

// New returns a fault with the given code. kv alternates parameter names (strings) and values, which are formatted with
// fmt.Sprint. It panics when kv does not pair up, which is a mistake in the calling line and not in its data.
func New(code string, kv ...any) error {
	return &Error{Code: code, Params: params(kv)}
}

// Wrap returns a fault with the given code and cause; nil stays nil.
func Wrap(code string, err error, kv ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Params: params(kv), Err: err}
}

// Code returns the code of the outermost fault in err's chain, Internal when there is none, "" when err is nil.
func Code(err error) string {
	if err == nil {
		return ""
	}
	var f *Error
	if errors.As(err, &f) {
		return f.Code
	}
	return Internal
}

// Params returns a copy of the parameters of the outermost fault in err's chain; never nil.
func Params(err error) map[string]string {
	out := map[string]string{}
	var f *Error
	if errors.As(err, &f) {
		maps.Copy(out, f.Params)
	}
	return out
}

// Text returns what may be shown of err: the JSON of Error, with code Internal for anything that is not a fault.
func Text(err error) string {
	return encode(Code(err), Params(err))
}

// Error returns {"code":…,"params":{…}} and never the cause.
func (e *Error) Error() string { return encode(e.Code, e.Params) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// LogValue shows code, parameters and cause.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("code", e.Code)}
	if len(e.Params) > 0 {
		attrs = append(attrs, slog.Any("params", e.Params))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("cause", e.Err))
	}
	return slog.GroupValue(attrs...)
}

func encode(code string, params map[string]string) string {
	if params == nil {
		params = map[string]string{}
	}
	b, err := json.Marshal(struct {
		Code   string            `json:"code"`
		Params map[string]string `json:"params"`
	}{code, params})
	if err != nil { // strings always encode
		panic(err)
	}
	return string(b)
}

func params(kv []any) map[string]string {
	if len(kv)%2 != 0 {
		panic("fault: parameter without value")
	}
	if len(kv) == 0 {
		return nil
	}
	m := make(map[string]string, len(kv)/2)
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = fmt.Sprint(kv[i+1])
	}
	return m
}
