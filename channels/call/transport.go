package call

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// How long a connection may take to stand, and how many wait for the next call to one host.
const (
	connectTime = 3 * time.Second
	idleTime    = time.Minute
	idleConns   = 64
)

// ErrInside is an address that is not on the public internet.
var ErrInside = errors.New("not a public address")

// Transport is what calls go over. It heeds no proxy from the environment, and connects to port 443 of public addresses only, looked
// at when dialling, so that no name can point inside. With anywhere (a configured API address: tests, a local server) it may connect
// to any.
func Transport(anywhere bool) *http.Transport {
	d := &net.Dialer{Timeout: connectTime}
	if !anywhere {
		d.Control = func(_, address string, _ syscall.RawConn) error { return outside(address) }
	}
	return &http.Transport{
		DialContext: d.DialContext, TLSHandshakeTimeout: connectTime, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: idleConns, IdleConnTimeout: idleTime,
	}
}

func outside(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrInside
	}
	ip := at.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || at.Port() != 443 {
		return ErrInside
	}
	for _, p := range special() {
		if p.Contains(ip) {
			return ErrInside
		}
	}
	return nil
}

// special are networks that are global by Go's reckoning and nobody's public host: IANA's special-purpose registries, the ways IPv6
// wraps an IPv4 address (what it wraps may be inside), and the address clouds of Azure answer their own machines at.
func special() []netip.Prefix {
	var all []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "168.63.129.16/32",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}
