package media

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrForbidden is returned for a host, a port or an address we do not fetch from.
var ErrForbidden = errors.New("fetch: not an address we fetch from")

const (
	fetchTime    = 15 * time.Second
	maxRedirects = 2
)

// Client fetches from the hosts named and from nowhere else: https, port 443, global addresses (checked when dialled, so that a name
// cannot point inside), two redirects at most, credentials dropped on another host, no proxy from the environment. With loopback the
// rules of scheme, port and address are lifted: for tests and local providers.
func Client(hosts []string, loopback bool) *http.Client {
	dial := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return dialable(address, loopback)
	}}
	allowed := func(r *http.Request) error {
		u := r.URL
		if !slices.Contains(hosts, u.Hostname()) || u.User != nil {
			return fmt.Errorf("%w: host %q is not listed", ErrForbidden, u.Hostname())
		}
		if !loopback && (u.Scheme != "https" || (u.Port() != "" && u.Port() != "443")) {
			return fmt.Errorf("%w: https only", ErrForbidden)
		}
		return nil
	}
	return &http.Client{
		Timeout:   fetchTime,
		Transport: guarded{allowed, &http.Transport{DialContext: dial.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 8, IdleConnTimeout: time.Minute}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("%w: too many redirects", ErrForbidden)
			}
			if r.URL.Host != via[0].URL.Host {
				r.Header.Del("Authorization")
				r.Header.Del("Cookie")
			}
			return nil
		},
	}
}

// guarded checks every request, redirected ones too.
type guarded struct {
	allowed func(*http.Request) error
	base    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.allowed(r); err != nil {
		return nil, err
	}
	return g.base.RoundTrip(r)
}

func dialable(address string, loopback bool) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrForbidden
	}
	ip := at.Addr().Unmap()
	if loopback && ip.IsLoopback() {
		return nil
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || (!loopback && at.Port() != 443) || carrierNAT.Contains(ip) {
		return fmt.Errorf("%w: %s", ErrForbidden, ip)
	}
	return nil
}

// carrierNAT is shared address space (RFC 6598), global by Go's reckoning but nobody's public host.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")
