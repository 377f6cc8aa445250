package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"concierge/channels"
)

// maxBody is the most a form of the page may send; photos have maxUpload.
const maxBody = 64 << 10

// policy is the page's own content security policy: everything from here, the desk in a frame, nothing written into the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func (s *Simulator) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /simulator/{$}", s.page)
	m.HandleFunc("GET /simulator/page/{file...}", s.asset)
	m.HandleFunc("GET /simulator/photos/{id}", s.photo)
	m.HandleFunc("GET /simulator/events", s.stream)
	m.HandleFunc("POST /simulator/phones/{kind}/messages", s.postMessage)
	m.HandleFunc("POST /simulator/phones/{kind}/photos", s.postPhoto)
	m.HandleFunc("POST /simulator/phones/{kind}/{act}", s.postControl)
	m.HandleFunc("POST /simulator/levers/{key}", s.postLever)
	m.HandleFunc("POST /simulator/desk", s.postDesk)
	cross := http.NewCrossOriginProtection()
	if err := cross.AddTrustedOrigin(s.public.Scheme + "://" + s.public.Host); err != nil {
		s.log.Error("simulator: the public URL is no origin", "error", err)
	}
	return s.guard(cross.Handler(m))
}

// guard answers only names that mean this machine or its public address (DNS rebinding), and sets the headers of every answer.
func (s *Simulator) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.answers(r.Host) {
			http.Error(w, "this name is not served here", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "")
		h.Set("Cache-Control", "no-store")
		if s.public.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Simulator) answers(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || s.hosts[name] {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

func (s *Simulator) postMessage(w http.ResponseWriter, r *http.Request) {
	v, n, ok := s.phoneOf(w, r)
	if !ok {
		return
	}
	var in posted
	if !s.body(w, r, v, &in) {
		return
	}
	s.done(w, v, s.write(r.Context(), v, n, in))
}

// postPhoto takes the file itself as the body; words beside it as ?text=.
func (s *Simulator) postPhoto(w http.ResponseWriter, r *http.Request) {
	v, n, ok := s.phoneOf(w, r)
	if !ok {
		return
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || formLike(t) {
		s.done(w, v, &trouble{"unknown", http.StatusUnsupportedMediaType})
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.done(w, v, &trouble{"large", http.StatusRequestEntityTooLarge})
	case err != nil || len(b) == 0:
		s.done(w, v, &trouble{"unknown", http.StatusBadRequest})
	default:
		s.done(w, v, s.write(r.Context(), v, n, posted{Text: r.URL.Query().Get("text"), media: s.upload(v, b)}))
	}
}

func (s *Simulator) postControl(w http.ResponseWriter, r *http.Request) {
	v, n, ok := s.phoneOf(w, r)
	if !ok || !s.body(w, r, v, &struct{}{}) {
		return
	}
	s.done(w, v, s.control(r.Context(), v, n, r.PathValue("act")))
}

func (s *Simulator) postLever(w http.ResponseWriter, r *http.Request) {
	v := s.visitor(w, r)
	if !s.body(w, r, v, &struct{}{}) {
		return
	}
	s.done(w, v, s.pull(r.Context(), v, r.PathValue("key")))
}

// postDesk gives the link that signs the visitor in.
func (s *Simulator) postDesk(w http.ResponseWriter, r *http.Request) {
	v := s.visitor(w, r)
	if !s.body(w, r, v, &struct{}{}) {
		return
	}
	if s.settings.DeskLink == nil {
		s.done(w, v, &trouble{"no_link", http.StatusNotFound})
		return
	}
	link, err := s.settings.DeskLink(r.Context())
	if err != nil {
		s.log.ErrorContext(r.Context(), "simulator: no link to the desk", "error", err)
		s.done(w, v, &trouble{"failed", http.StatusInternalServerError})
		return
	}
	s.mu.Lock()
	v.seated = true
	s.mu.Unlock()
	answer(w, http.StatusOK, map[string]string{"url": s.local(link)})
}

// phoneOf reads whose phone a path names.
func (s *Simulator) phoneOf(w http.ResponseWriter, r *http.Request) (*visitor, channels.Name, bool) {
	v, n := s.visitor(w, r), channels.Name(r.PathValue("kind"))
	for _, k := range kinds {
		if k == n {
			return v, n, true
		}
	}
	s.done(w, v, &trouble{"unknown", http.StatusNotFound})
	return nil, "", false
}

// body reads JSON. Another type is refused: a form of another site could send it without asking.
func (s *Simulator) body(w http.ResponseWriter, r *http.Request, v *visitor, into any) bool {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		s.done(w, v, &trouble{"unknown", http.StatusUnsupportedMediaType})
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	err := d.Decode(into)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		s.done(w, v, &trouble{"large", http.StatusRequestEntityTooLarge})
		return false
	}
	if err != nil {
		s.done(w, v, &trouble{"unknown", http.StatusBadRequest})
		return false
	}
	return true
}

// formLike are the types a form of any site may send without a preflight.
func formLike(t string) bool {
	return t == "application/x-www-form-urlencoded" || t == "multipart/form-data" || t == "text/plain"
}

// done answers 204, or the trouble in the visitor's words.
func (s *Simulator) done(w http.ResponseWriter, v *visitor, why *trouble) {
	if why == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.mu.Lock()
	tag := v.tag
	s.mu.Unlock()
	answer(w, why.status, map[string]string{"error": s.say(tag, "simulator.error."+why.key), "why": why.key})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the page is gone: nothing to do
}
