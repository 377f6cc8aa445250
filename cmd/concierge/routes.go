package main

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"concierge/channels/telegram"
	"concierge/channels/twilio"
)

// routes is every address that answers. What is not configured answers 404 like anything unknown.
func (s *station) routes() http.Handler {
	r := mux.NewRouter().StrictSlash(false).SkipClean(true).UseEncodedPath()
	if s.twilio != nil {
		r.Handle(twilio.StatusRoute, s.twilio.StatusWebhook())
		r.Handle(twilio.Route, s.twilio.Webhook())
	}
	if s.telegram != nil && s.house.settings.TelegramMode != "poll" {
		r.Handle(telegram.Route, s.telegram.Webhook())
	}
	if s.simulator != nil {
		r.PathPrefix("/simulator/").Handler(s.simulator.Handler())
	}
	r.PathPrefix("/t/").Handler(s.tracking)
	r.PathPrefix("/u/").Handler(s.upload)
	r.PathPrefix("/api/v1/").Handler(s.api)
	if s.desk != nil {
		r.PathPrefix("/desk/").Handler(s.desk.Handler())
		r.Handle("/desk", http.RedirectHandler("/desk/", http.StatusMovedPermanently)).Methods(http.MethodGet, http.MethodHead)
	}
	r.HandleFunc("/healthz", alive).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/readyz", s.ready).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/favicon.ico", noIcon).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/", s.front).Methods(http.MethodGet, http.MethodHead)
	r.NotFoundHandler = http.HandlerFunc(unknown)
	r.MethodNotAllowedHandler = http.HandlerFunc(wrongMethod)
	trusted, _ := s.house.settings.Proxies() // they were read at the start
	return bounded(secured(proxied(r, trusted, s.log), s.house.settings.PublicURL), bodyTime)
}

// alive answers while the process can answer at all.
func alive(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "alive\n") }

// ready answers 200 while this node takes traffic: not before the database answers, and no more once it has been asked to stop.
func (s *station) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		plain(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	if err := s.db.Ping(r.Context()); err != nil {
		s.log.Warn("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

// front leads a person to the first thing worth seeing here.
func (s *station) front(w http.ResponseWriter, r *http.Request) {
	to := "/desk/"
	if s.simulator != nil {
		to = "/simulator/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// unknown answers what leads nowhere.
func unknown(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusNotFound, "not found\n") }

// wrongMethod answers a page asked in a way it does not take: those of this file are only read.
func wrongMethod(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	plain(w, http.StatusMethodNotAllowed, "method not allowed\n")
}

// noIcon spares a page without an icon of its own a 404 in the browser's log.
func noIcon(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.WriteHeader(http.StatusNoContent)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a caller that went away is no news
}

// secured sets what every answer carries; pages add their own policy.
func secured(next http.Handler, public string) http.Handler {
	https := len(public) > 8 && public[:8] == "https://"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if https {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// bodyTime is how long a caller may take to send a body: one sent a byte at a time would hold its connection for ever.
const bodyTime = 30 * time.Second

// bounded gives a request with a body that long to send it. What has none may be a live stream, which must not end.
func bounded(next http.Handler, most time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(most)); err != nil {
				plain(w, http.StatusInternalServerError, "no deadline\n") // a server that cannot keep one: never ours
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
