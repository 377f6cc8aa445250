package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestAProxyThatIsNotBelievedIsToldOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, remote, forwarded string
		trusted                 []netip.Prefix
		want                    int
	}{
		{"a proxy beside us", "127.0.0.1:4000", "198.51.100.1", nil, 1},
		{"one in our network", "10.1.2.3:4000", "198.51.100.1", nil, 1},
		{"one that is believed", "127.0.0.1:4000", "198.51.100.1", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, 0},
		{"nobody tells", "127.0.0.1:4000", "", nil, 0},
		{"a stranger tells", "198.51.100.7:4000", "203.0.113.9", nil, 0},
	} {
		var log strings.Builder
		h := proxied(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), c.trusted, slog.New(slog.NewTextHandler(&log, nil)))
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.remote
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		if n := strings.Count(log.String(), "is not believed"); n != c.want {
			t.Errorf("%s: told %d times, not %d", c.name, n, c.want)
		}
		if strings.Contains(log.String(), "198.51.100") || strings.Contains(log.String(), "203.0.113") {
			t.Errorf("%s: the log names a caller: %s", c.name, log.String())
		}
	}
}
