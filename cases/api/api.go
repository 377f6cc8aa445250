// Package api is the back office's door: works systems read their cases and change them over HTTP, with a key of their own. Its
// answers are JSON, its errors problem+json (RFC 9457). It refuses to know residents: nothing here tells who reported.
package api

import (
	"io"
	"log/slog"
	"net/http"
	"strings"

	"concierge/cases"
	"concierge/council"
	"concierge/internal/database"
)

// Settings are what the API needs.
type Settings struct {
	DB      *database.DB
	Cases   *cases.Cases
	Council *council.Council // its partners, with their keys
	Log     *slog.Logger     // nil logs nothing
}

// API is the handler of /api/v1.
type API struct {
	s    Settings
	keys []key
	mux  *http.ServeMux
}

// New makes the handler of everything under /api/v1/.
func New(s Settings) *API {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{s: s, keys: keysOf(s.Council.Partners), mux: http.NewServeMux()}
	a.route("GET", "/api/v1/services", a.services)
	a.route("GET", "/api/v1/cases", a.list)
	a.route("GET", "/api/v1/cases/{reference}", a.show)
	a.route("POST", "/api/v1/cases/{reference}/changes", a.change)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { write(w, problem(http.StatusNotFound, "not_found")) })
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	a.mux.ServeHTTP(w, r)
}

// maxBody is the longest body we read.
const maxBody = 64 << 10

// call is one request whose sender is known.
type call struct {
	*http.Request
	partner string
	rights  council.Partner
	body    []byte
}

// route adds a page: the sender is known and the body read before it is asked. Another method is told which one there is.
func (a *API) route(method, path string, page func(*call) answer) {
	a.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != "GET" || r.Method != "HEAD") {
			w.Header().Set("Allow", method)
			write(w, problem(http.StatusMethodNotAllowed, "method"))
			return
		}
		c, refusal := a.identify(w, r)
		if refusal == nil {
			done := page(c)
			refusal = &done
		}
		write(w, *refusal)
		partner := ""
		if c != nil {
			partner = c.partner
		}
		a.s.Log.Info("api", "method", r.Method, "route", path, "partner", partner, "status", refusal.status)
	})
}

// identify finds whose key it is and reads the body. A partner who must sign is refused without a true signature.
func (a *API) identify(w http.ResponseWriter, r *http.Request) (*call, *answer) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	partner, ok := find(a.keys, strings.TrimSpace(secret))
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		w.Header().Set("WWW-Authenticate", "Bearer")
		no := problem(http.StatusUnauthorized, "key")
		return nil, &no
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		no := problem(http.StatusRequestEntityTooLarge, "too_long")
		return nil, &no
	}
	c := &call{r, partner, a.s.Council.Partners[partner], body}
	if c.rights.Signed == "required" && !signed(r.Header, body, c.rights.Keys.Signing, now()) {
		no := problem(http.StatusUnauthorized, "signature")
		return nil, &no
	}
	return c, nil
}
