package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, handler http.Handler, verb, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(verb, "http://127.0.0.1/", nil)
	r.URL.Path = path
	handler.ServeHTTP(recorder, r)
	return recorder
}

func TestFrontend(t *testing.T) {
	handler := Frontend(fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>同舟</title>")},
		"assets/index-4f2a.js":  {Data: []byte("export {}")},
		"assets/index-4f2a.css": {Data: []byte("a{}")},
		"assets/font.woff2":     {Data: []byte("f")},
		"odd.bin":               {Data: []byte("<script>")},
	})
	for _, c := range []struct {
		verb, path  string
		status      int
		contentType string
		cached      bool
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", false},
		{"GET", "/index.html", 200, "text/html; charset=utf-8", false},
		{"HEAD", "/", 200, "text/html; charset=utf-8", false},
		{"GET", "/assets/index-4f2a.js", 200, "text/javascript; charset=utf-8", true},
		{"GET", "/assets/index-4f2a.css", 200, "text/css; charset=utf-8", true},
		{"GET", "/assets/font.woff2", 200, "font/woff2", true},
		{"GET", "/odd.bin", 200, "application/octet-stream", false},
		{"GET", "/assets", 404, "", false},
		{"GET", "/assets/", 404, "", false},
		{"GET", "/missing.js", 404, "", false},
		{"GET", "/../../etc/passwd", 404, "", false},
		{"GET", "/..\\index.html", 404, "", false},
		{"PUT", "/", 405, "", false},
	} {
		answer := get(t, handler, c.verb, c.path)
		if answer.Code != c.status {
			t.Errorf("%s %s: %d, want %d", c.verb, c.path, answer.Code, c.status)
			continue
		}
		if answer.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: no content security policy", c.verb, c.path)
		}
		if c.status != 200 {
			continue
		}
		if got := answer.Header().Get("Content-Type"); got != c.contentType {
			t.Errorf("%s: type %s, want %s", c.path, got, c.contentType)
		}
		if cached := strings.Contains(answer.Header().Get("Cache-Control"), "immutable"); cached != c.cached {
			t.Errorf("%s: cached for good %v, want %v", c.path, cached, c.cached)
		}
	}
	if got := get(t, handler, "HEAD", "/").Body.Len(); got != 0 {
		t.Errorf("HEAD answers %d bytes", got)
	}
}

func TestFrontendThatIsNotBuilt(t *testing.T) {
	handler := Frontend(fstest.MapFS{".gitkeep": {}})
	answer := get(t, handler, "GET", "/")
	if answer.Code != 200 || !strings.Contains(answer.Body.String(), "The interface is not built") {
		t.Errorf("answer %d %s", answer.Code, answer.Body)
	}
}

func TestScriptsMayOnlyComeFromTheBuild(t *testing.T) {
	for directive := range strings.SplitSeq(contentSecurityPolicy, "; ") {
		name, values, _ := strings.Cut(directive, " ")
		if name == "script-src" && values != "'self'" {
			t.Errorf("scripts may come from %s", values)
		}
		if strings.Contains(values, "*") || strings.Contains(values, "http:") || strings.Contains(values, "unsafe-eval") {
			t.Errorf("%s is too wide: %s", name, values)
		}
	}
}
