package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestCall(t *testing.T) {
	b := startBridge(t)
	for _, c := range []struct {
		method, body string
		status       int
		want         string
	}{
		{"Greet", `[{"name":"韩梅梅","times":2,"tags":["a"]},true]`, 200, `"你好，韩梅梅！"`},
		{"Greet", ` [ {} , false ] `, 200, `"你好，"`},
		{"Nothing", `[]`, 200, `null`},
		{"Plain", `[]`, 200, `7`},
		{"Optional", `[null]`, 200, `true`},
		{"WithContext", `[41]`, 200, `42`},

		{"Refuse", `[]`, 422, `{"code":"chat.too_long","params":{"max":"4000"}}`},
		{"RefuseDeep", `[]`, 422, `"code":"org.taken"`},
		{"Break", `[]`, 500, `{"code":"internal","params":{}}`},
		{"Panic", `[]`, 500, `{"code":"internal","params":{}}`},
		{"Endless", `[]`, 500, `{"code":"internal","params":{}}`},

		{"Greet", ``, 400, `web.arguments`},
		{"Greet", `null`, 400, `web.arguments`},
		{"Greet", `{}`, 400, `web.arguments`},
		{"Greet", `[{}]`, 400, `want 2, got 1`},
		{"Greet", `[{},true,1]`, 400, `want 2, got 3`},
		{"Greet", `[{},true]]`, 400, `web.arguments`},
		{"Greet", `[{},true] []`, 400, `data after`},
		{"Greet", `[{},"true"]`, 400, `argument 2`},
		{"Greet", `[{},null]`, 400, `null for bool`},
		{"Greet", `[{"nmae":"x"},true]`, 400, `unknown field`},
		{"Greet", `[{"times":1.5},true]`, 400, `argument 1`},
		{"Greet", `[{"times":9223372036854775808},true]`, 400, `argument 1`},
		{"WithContext", `[{},41]`, 400, `want 1, got 2`},
		{"Plain", `[1]`, 400, `want 0, got 1`},

		{"hidden", `[]`, 404, `web.method`},
		{"greet", `[]`, 404, `web.method`},
		{"Missing", `[]`, 404, `web.method`},
		{"Greet/more", `[]`, 404, `web.method`},
	} {
		t.Run(c.method+c.body, func(t *testing.T) {
			status, body, header := send(t, b.request(t, http.MethodPost, "/api/web/"+c.method, c.body))
			if status != c.status || !strings.Contains(body, c.want) {
				t.Errorf("answer %d %s, want %d %s", status, body, c.status, c.want)
			}
			if header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", header)
			}
		})
	}
	log := b.log.String()
	for _, want := range []string{"web.Break", "disk secret", "web.Panic", "boom", "server_test.go", "web.Endless"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	if strings.Contains(log, "chat.too_long") {
		t.Error("a fault is for people, not for the log")
	}
}

func TestCallRefusesTheRequest(t *testing.T) {
	b := startBridge(t)
	for _, c := range []struct {
		name   string
		verb   string
		path   string
		body   string
		change func(*http.Request)
		status int
	}{
		{"verb", http.MethodGet, "/api/web/Plain", "", nil, 405},
		{"verb of events", http.MethodPost, "/api/events", "[]", nil, 405},
		{"unknown package", http.MethodPost, "/api/nowhere/Plain", "[]", nil, 404},
		{"no method", http.MethodPost, "/api/web", "[]", nil, 404},
		{"root", http.MethodPost, "/api/", "[]", nil, 404},
		{"form", http.MethodPost, "/api/web/Plain", "[]", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		{"no type", http.MethodPost, "/api/web/Plain", "[]", func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		{"body one byte too long", http.MethodPost, "/api/web/Plain", "[]" + strings.Repeat(" ", maxBody-1), nil, 413},
		{"body of exactly the limit", http.MethodPost, "/api/web/Plain", "[]" + strings.Repeat(" ", maxBody-2), nil, 200},
		{"write to a static page", http.MethodPost, "/", "[]", nil, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := b.request(t, c.verb, c.path, c.body)
			if c.change != nil {
				c.change(r)
			}
			if status, body, _ := send(t, r); status != c.status {
				t.Errorf("answer %d %s, want %d", status, body, c.status)
			}
		})
	}
}
