package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAPageThatPanicsSaysNothingOfWhatItRead(t *testing.T) {
	var out bytes.Buffer
	h := calm(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { panic("cannot read " + r.URL.Query().Get("text")) }),
		slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x?text=okapi", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "okapi") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if s := out.String(); strings.Contains(s, "okapi") || !strings.Contains(s, "panic string at panics_test.go:") {
		t.Errorf("logged: %s", s)
	}
}
