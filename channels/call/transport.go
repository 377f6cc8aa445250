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

// carrierNAT is shared address space (RFC 6598), global by Go's reckoning but nobody's public host.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

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
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || carrierNAT.Contains(ip) || at.Port() != 443 {
		return ErrInside
	}
	return nil
}
