package caller_test

import (
	"net/http"
	"net/netip"
	"testing"

	"concierge/internal/caller"
)

func TestOnlyATrustedProxyTellsWhoCalls(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"nobody between", "192.0.2.7:4000", nil, "192.0.2.7"},
		{"a stranger tells", "192.0.2.7:4000", []string{"198.51.100.1"}, "192.0.2.7"},
		{"our proxy tells", "10.0.0.2:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"what the caller wrote in front of it", "10.0.0.2:4000", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"a proxy that adds a line of its own", "10.0.0.2:4000", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1"},
		{"two proxies of ours", "10.0.0.2:4000", []string{"198.51.100.1, 10.0.0.3"}, "198.51.100.1"},
		{"no address", "10.0.0.2:4000", []string{"198.51.100.1, unknown"}, "10.0.0.2"},
		{"mapped", "[::ffff:10.0.0.2]:4000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := caller.From(r, trusted).String(); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}
