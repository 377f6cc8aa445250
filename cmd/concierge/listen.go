package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"concierge/internal/failpoint"
)

// Limits of the public listener (docs/operating.md). Bodies are bounded by each route; a live stream has no write timeout, it sets a
// deadline for each write.
const (
	headerTime  = 5 * time.Second
	headerBytes = 16 << 10
	idleTime    = 2 * time.Minute
)

// listener is one address with its server. It is made listening: what follows may already be asked.
type listener struct {
	*http.Server
	net.Listener
	done    chan error
	door    atomic.Pointer[http.Handler] // what answers; it may be changed while serving
	serving bool
}

// listen takes an address, or says who must give it up.
func listen(address string, h http.Handler, log *slog.Logger) (*listener, error) {
	at, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; stop what listens there, or set CONCIERGE_LISTEN to another address", address, err)
	}
	l := &listener{
		Server: &http.Server{ReadHeaderTimeout: headerTime, MaxHeaderBytes: headerBytes, IdleTimeout: idleTime, ConnState: answered,
			ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)},
		Listener: at,
		done:     make(chan error, 1),
	}
	l.door.Store(&h)
	l.Server.Handler = calm(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*l.door.Load()).ServeHTTP(w, r) }), log)
	return l, nil
}

// answered is told when a connection's answer is on its way and the connection waits for the next request.
func answered(_ net.Conn, s http.ConnState) {
	if s == http.StateIdle {
		failpoint.Hit("answer: after 2xx")
	}
}

// open lets h answer from now on, and serves if nothing did before.
func (l *listener) open(h http.Handler) {
	l.door.Store(&h)
	if !l.serving {
		l.start()
	}
}

// start serves until shut.
func (l *listener) start() {
	l.serving = true
	go func() { l.done <- l.Serve(l.Listener) }()
}

// shut takes no more requests and waits, as long as ctx allows, for those in hand.
func (l *listener) shut(ctx context.Context) error {
	err := l.Shutdown(ctx)
	if served := <-l.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// instruments is what the metrics listener shows: Prometheus and pprof, never on the public address.
func instruments(registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
