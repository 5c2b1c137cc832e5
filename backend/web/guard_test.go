package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	b := startBridge(t)
	_, port, _ := strings.Cut(b.host, ":")
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	host := func(value string) func(*http.Request) {
		return func(r *http.Request) {
			r.Host = value
			r.Header.Set("Origin", "http://"+value) // a rebound name is same-origin with itself
		}
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string
	}{
		{"own page", func(*http.Request) {}, 200, ""},
		{"no browser", func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") }, 200, ""},
		{"localhost", host("localhost:" + port), 200, ""},
		{"IPv6 loopback", host("[::1]:" + port), 200, ""},
		{"scheme in lower case", header("Authorization", "bearer "+b.token), 200, ""},

		{"rebound name", host("tongzhou.example.com:" + port), 403, "web.host"},
		{"rebound name that starts well", host("127.0.0.1.example.com:" + port), 403, "web.host"},
		{"localhost as a suffix", host("evil.localhost:" + port), 403, "web.host"},
		{"other port", host("127.0.0.1:1"), 403, "web.host"},
		{"no port", host("127.0.0.1"), 403, "web.host"},
		{"other loopback address", host("127.0.0.2:" + port), 403, "web.host"},

		{"other origin", header("Origin", "https://example.com"), 403, "web.origin"},
		{"other port's origin", header("Origin", "http://127.0.0.1:1"), 403, "web.origin"},
		{"https origin", header("Origin", "https://"+b.host), 403, "web.origin"},
		{"opaque origin", header("Origin", "null"), 403, "web.origin"},
		{"empty origin", header("Origin", ""), 403, "web.origin"},
		{"localhost page to 127.0.0.1", header("Origin", "http://localhost:"+port), 403, "web.origin"},
		{"two origins", func(r *http.Request) { r.Header.Add("Origin", "https://example.com") }, 403, "web.origin"},

		{"cross-site", header("Sec-Fetch-Site", "cross-site"), 403, "web.site"},
		{"same-site", header("Sec-Fetch-Site", "same-site"), 403, "web.site"},
		{"typed address", header("Sec-Fetch-Site", "none"), 403, "web.site"},
		{"two sites", func(r *http.Request) { r.Header.Add("Sec-Fetch-Site", "cross-site") }, 403, "web.site"},

		{"no token", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "web.token"},
		{"empty token", header("Authorization", "Bearer "), 401, "web.token"},
		{"wrong token", header("Authorization", "Bearer "+strings.Repeat("A", 43)), 401, "web.token"},
		{"token cut short", header("Authorization", "Bearer "+b.token[:42]), 401, "web.token"},
		{"token and more", header("Authorization", "Bearer "+b.token+"A"), 401, "web.token"},
		{"other scheme", header("Authorization", "Basic "+b.token), 401, "web.token"},
		{"token twice", func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+b.token) }, 401, "web.token"},
		{"token in the query", func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "token=" + b.token }, 401, "web.token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := b.request(t, http.MethodPost, "/api/web/Greet", `[{"name":"李雷"},false]`)
			c.change(r)
			status, body, _ := send(t, r)
			if status != c.status || !strings.Contains(body, c.code) {
				t.Errorf("answer %d %s, want %d %s", status, body, c.status, c.code)
			}
			events := b.request(t, http.MethodGet, "/api/events", "")
			c.change(events)
			if c.status == 200 {
				return
			}
			if status, _, _ := send(t, events); status != c.status {
				t.Errorf("events answer %d, want %d", status, c.status)
			}
		})
	}
	if got := len(b.api.greeted); got != 5 {
		t.Errorf("the method ran %d times, want only for the 5 allowed requests", got)
	}
	if strings.Contains(b.log.String(), b.token) {
		t.Error("the token is in the log")
	}
}

func TestGuardOnStaticPages(t *testing.T) {
	b := startBridge(t)
	for _, c := range []struct {
		site   string
		host   string
		status int
	}{
		{"none", b.host, 200}, // opened from the terminal; no token yet
		{"same-origin", b.host, 200},
		{"cross-site", b.host, 403},
		{"same-site", b.host, 403},
		{"none", "rebound.example.com", 403},
	} {
		r := b.request(t, http.MethodGet, "/", "")
		r.Header.Del("Authorization")
		r.Header.Del("Origin")
		r.Header.Set("Sec-Fetch-Site", c.site)
		r.Host = c.host
		status, _, header := send(t, r)
		if status != c.status {
			t.Errorf("site %s host %s: %d, want %d", c.site, c.host, status, c.status)
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy"} {
			if header.Get(name) == "" {
				t.Errorf("answer %d lacks %s", status, name)
			}
		}
		if header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("another origin is allowed to read the answer")
		}
	}
}

func TestPreflightOfAnotherPageIsRefused(t *testing.T) {
	b := startBridge(t)
	r := b.request(t, http.MethodOptions, "/api/web/Greet", "")
	r.Header.Del("Authorization")
	r.Header.Set("Origin", "https://example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "authorization")
	if status, _, header := send(t, r); status != 403 || header.Get("Access-Control-Allow-Headers") != "" {
		t.Errorf("preflight: %d %v", status, header)
	}
}

func TestAddressCarriesTheTokenInTheFragment(t *testing.T) {
	b := startBridge(t)
	if want := "http://" + b.host + "/#token=" + b.token; b.Address() != want {
		t.Errorf("address %s, want %s", b.Address(), want)
	}
}
