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
		"[fd00::1]:443", "[fe80::1]:443", "[fe80::1%eth0]:443", "0.0.0.0:443", "224.0.0.1:443", "3.3.3.3:80", "nonsense",
		"[::ffff:169.254.169.254]:443", "[::ffff:127.0.0.1]:443", "[fd00:ec2::254]:443", "192.0.0.192:443", "100.100.100.200:443", "168.63.129.16:443",
		"[64:ff9b::a9fe:a9fe]:443", "[64:ff9b:1::a00:1]:443", "[2002:a00:1::1]:443", "[::10.0.0.1]:443", "[2001::1]:443", "[fec0::1]:443",
		"240.0.0.1:443", "255.255.255.255:443", "198.18.0.1:443", "[2001:db8::1]:443", "172.16.0.1:443", "[::]:443", "[ff02::1]:443",
	} {
		if outside(a) == nil {
			t.Errorf("%s may be dialled", a)
		}
	}
	for _, a := range []string{"3.3.3.3:443", "[::ffff:3.3.3.3]:443", "[2a00:1450:4009:80b::200e]:443", "149.154.167.220:443"} {
		if err := outside(a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	inside := httptest.NewServer(http.NotFoundHandler())
	defer inside.Close()
	r, _ := http.NewRequest(http.MethodGet, inside.URL, nil)
	var one Call
	if _, err := one.Do(context.Background(), Transport(false), r); !errors.Is(err, ErrInside) || !one.Never { //nolint:bodyclose // there is none
		t.Errorf("inside: %v", err)
	}
}

// TestANameThatPointsInside: whatever a name resolved to before, the address that is dialled is looked at.
func TestANameThatPointsInside(t *testing.T) {
	dialled := false
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { dialled = true }))
	defer inside.Close()
	base := Transport(false)
	defer base.CloseIdleConnections()
	for _, u := range []string{"https://localhost/", "https://localhost:" + inside.URL[len("https://127.0.0.1:"):] + "/"} {
		r, _ := http.NewRequest(http.MethodGet, u, nil)
		var one Call
		if _, err := one.Do(context.Background(), base, r); !errors.Is(err, ErrInside) { //nolint:bodyclose // there is none
			t.Errorf("%s: %v", u, err)
		}
	}
	if dialled {
		t.Error("it was asked")
	}
}

// TestNoProxyOfTheEnvironment: a variable must not send the provider's password through somebody's machine.
func TestNoProxyOfTheEnvironment(t *testing.T) {
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	came := make(chan struct{}, 1)
	go func() {
		if c, err := proxy.Accept(); err == nil {
			came <- struct{}{}
			_ = c.Close()
		}
	}()
	for _, v := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(v, "http://"+proxy.Addr().String())
	}
	for _, anywhere := range []bool{true, false} {
		base := Transport(anywhere)
		r, _ := http.NewRequest(http.MethodGet, "http://nobody.invalid/", nil)
		var one Call
		if _, err := one.Do(context.Background(), base, r); err == nil { //nolint:bodyclose // there is none
			t.Error("answered")
		}
		if base.Proxy != nil {
			t.Error("it asks for a proxy")
		}
	}
	select {
	case <-came:
		t.Error("the proxy was asked")
	default:
	}
}
