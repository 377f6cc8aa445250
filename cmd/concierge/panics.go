package main

import (
	"log/slog"
	"net/http"

	"concierge/internal/panics"
)

// calm answers a page that panicked, and logs a type and a place: net/http would log the value, which may be somebody's words, and
// their address.
func calm(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
				panic(v)
			}
			log.Error("a page failed", "error", panics.Error(v))
			plain(w, http.StatusInternalServerError, "something went wrong\n") // of an answer already begun only the end is lost
		}()
		next.ServeHTTP(w, r)
	})
}
