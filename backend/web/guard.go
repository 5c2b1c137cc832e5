package web

import (
	"net/http"
	"slices"
	"strings"
)

const apiPrefix = "/api/"

// guard decides whether a request may go on. It is immutable after construction.
type guard struct {
	hosts []string
	token Token
}

// refusal returns 0 if the request may go on, otherwise the status and the code to answer with.
func (g guard) refusal(r *http.Request) (status int, code string) {
	if !slices.Contains(g.hosts, r.Host) {
		return http.StatusForbidden, "web.host"
	}
	// Browsers leave Origin out of plain same-origin GETs; where they send it, it must be this very page.
	if origins, sent := r.Header["Origin"]; sent && !(len(origins) == 1 && origins[0] == "http://"+r.Host) {
		return http.StatusForbidden, "web.origin"
	}
	isAPI := strings.HasPrefix(r.URL.Path, apiPrefix)
	if !siteAllowed(r.Header["Sec-Fetch-Site"], isAPI) {
		return http.StatusForbidden, "web.site"
	}
	if isAPI && !g.token.matches(bearer(r)) {
		return http.StatusUnauthorized, "web.token"
	}
	return 0, ""
}

// siteAllowed judges Sec-Fetch-Site. "none" means the person typed or opened the address, which can only be the page itself.
// "same-site" is another port of this machine and as foreign as "cross-site".
func siteAllowed(values []string, isAPI bool) bool {
	switch {
	case len(values) == 0: // not a browser, or one that does not know the header
		return true
	case len(values) > 1:
		return false
	case values[0] == "same-origin":
		return true
	default:
		return values[0] == "none" && !isAPI
	}
}

func bearer(r *http.Request) string {
	values := r.Header["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
