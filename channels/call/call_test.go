package call

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "999999": 24 * time.Hour, "soon": 0, "Wed, 25 Nov 2026 09:01:30 GMT": 90 * time.Second,
		"Wed, 25 Nov 2026 08:00:00 GMT": 0, "Fri, 25 Dec 2026 09:00:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(v, now); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

// TestNever: only what surely did not leave may be sent again at once.
func TestNever(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	deaf := "http://" + l.Addr().String()
	_ = l.Close()
	dropping := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}))
	defer dropping.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	defer untrusted.Close()
	for _, c := range []struct {
		name, url string
		never     bool
	}{
		{"nobody listens", deaf, true}, {"no such name", "http://nobody.invalid", true}, {"cut off after the words left", dropping.URL, false},
		{"no TLS there", "https" + plain.URL[4:], true}, {"a certificate nobody knows", untrusted.URL, true},
	} {
		base := Transport(true)
		r, _ := http.NewRequest(http.MethodPost, c.url, nil)
		var one Call
		resp, err := one.Do(context.Background(), base, r)
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: answered", c.name)
		}
		if one.Never != c.never {
			t.Errorf("%s: never %v, want %v (%v)", c.name, one.Never, c.never, err)
		}
		base.CloseIdleConnections()
	}
}

func TestTransportStaysOutside(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1:443", "10.0.0.1:443", "192.168.1.1:443", "169.254.169.254:443", "100.64.0.1:443", "[::1]:443", "[::ffff:10.0.0.1]:443",
		"[fd00::1]:443", "[fe80::1]:443", "0.0.0.0:443", "224.0.0.1:443", "3.3.3.3:80", "nonsense",
	} {
		if outside(a) == nil {
			t.Errorf("%s may be dialled", a)
		}
	}
	if err := outside("3.3.3.3:443"); err != nil {
		t.Error(err)
	}
	inside := httptest.NewServer(http.NotFoundHandler())
	defer inside.Close()
	r, _ := http.NewRequest(http.MethodGet, inside.URL, nil)
	var one Call
	if _, err := one.Do(context.Background(), Transport(false), r); !errors.Is(err, ErrInside) || !one.Never { //nolint:bodyclose // there is none
		t.Errorf("inside: %v", err)
	}
}
