package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"reflect"
	"runtime/debug"

	"tongzhou/backend/fault"
)

// maxBody is the largest request body in bytes: that of a picture in base64 (qrcode.MaxBytes) and a little around it.
const maxBody = 14 << 20

// caller answers POST /api/{package}/{method}.
type caller struct {
	table dispatchTable
	log   *slog.Logger
}

func (c caller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, found := c.table[r.PathValue("package")+"/"+r.PathValue("method")]
	if !found {
		writeFailure(w, http.StatusNotFound, fault.New("web.method"))
		return
	}
	if r.Method != http.MethodPost {
		refuseVerb(w, http.MethodPost)
		return
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		writeFailure(w, http.StatusUnsupportedMediaType, fault.New("web.content_type"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			writeFailure(w, http.StatusRequestEntityTooLarge, fault.New("web.too_large"))
			return
		}
		writeFailure(w, http.StatusBadRequest, fault.New("web.body"))
		return
	}
	arguments, err := decodeArguments(body, m.arguments)
	if err != nil {
		writeFailure(w, http.StatusBadRequest, fault.New("web.arguments", "detail", err))
		return
	}
	answer, err := c.run(r.Context(), m, arguments)
	if err != nil {
		c.writeError(w, m, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// run calls the method and encodes its result. A panic in the method becomes an error with the stack, so that one broken
// method does not take the whole app down.
func (c caller) run(ctx context.Context, m method, arguments []reflect.Value) (answer []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	result, err := m.call(ctx, arguments)
	if err != nil {
		return nil, err
	}
	answer, err = json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	return answer, nil
}

// writeError tells people what they can act on, and everything else only the log.
func (c caller) writeError(w http.ResponseWriter, m method, err error) {
	if fault.Code(err) != fault.Internal {
		writeFailure(w, http.StatusUnprocessableEntity, err)
		return
	}
	c.log.Error("call failed", "method", m.name, "err", err)
	writeFailure(w, http.StatusInternalServerError, err)
}

func refuseVerb(w http.ResponseWriter, allowed string) {
	w.Header().Set("Allow", allowed)
	writeFailure(w, http.StatusMethodNotAllowed, fault.New("web.verb"))
}

// writeFailure answers with the code and parameters of err, in the same form as the window's bindings.
func writeFailure(w http.ResponseWriter, status int, err error) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeJSON(w, status, []byte(fault.Text(err)))
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the browser went away
}
