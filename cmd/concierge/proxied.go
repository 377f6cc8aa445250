package main

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync"

	"concierge/internal/caller"
)

// proxied warns once when a proxy beside us tells who calls and is not believed: then all callers are one to the limits on tries. Only a
// private address can be such a proxy; a header of somebody outside tells nothing.
func proxied(next http.Handler, trusted []netip.Prefix, log *slog.Logger) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") != "" {
			direct, err := netip.ParseAddrPort(r.RemoteAddr)
			if at := direct.Addr().Unmap(); err == nil && (at.IsLoopback() || at.IsPrivate()) && caller.From(r, trusted) == at {
				once.Do(func() {
					log.Warn("a proxy tells who calls and is not believed: name its network in CONCIERGE_TRUSTED_PROXIES")
				})
			}
		}
		next.ServeHTTP(w, r)
	})
}
