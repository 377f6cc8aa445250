package channeltest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// server is a provider's own HTTP server and its client for webhooks.
type server struct {
	http   *http.Server
	url    string
	client *http.Client
	ctx    context.Context // ends when the provider closes
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	slots  chan struct{} // webhooks posted at once
	mu     sync.Mutex    // holds stop and a new task apart
}

// listen serves on loopback. It panics when the machine gives no port: nothing can be tested then.
func listen(h http.Handler) *server {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("channeltest: listen on loopback: %v", err))
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &server{
		http: &http.Server{
			Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
			// What hangs on purpose ends with the provider, even where the body was not read to its end and a gone client goes unseen.
			BaseContext: func(net.Listener) context.Context { return ctx },
		},
		url: "http://" + l.Addr().String(), ctx: ctx, stop: stop, slots: make(chan struct{}, 256),
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	s.tasks.Go(func() { _ = s.http.Serve(l) })
	return s
}

// URL is where the provider listens: "http://127.0.0.1:41234".
func (s *server) URL() string { return s.url }

// Close stops the provider and everything it was about to do.
func (s *server) Close() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	_ = s.http.Close()
	s.tasks.Wait()
	s.client.CloseIdleConnections()
}

// later runs a task after a pause, unless the provider closes first.
func (s *server) later(pause time.Duration, task func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	s.tasks.Go(func() {
		if s.wait(pause) {
			task()
		}
	})
}

// wait pauses; false when the provider closes first.
func (s *server) wait(pause time.Duration) bool {
	if pause <= 0 {
		return s.ctx.Err() == nil
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// do posts to a webhook, at most 256 at once, and gives status, headers and the start of the answer.
func (s *server) do(r *http.Request) (status int, head http.Header, body []byte, err error) {
	select {
	case s.slots <- struct{}{}:
	case <-r.Context().Done():
		return 0, nil, nil, r.Context().Err()
	}
	defer func() { <-s.slots }()
	resp, err := s.client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, resp.Header, body, nil
}

// at moves a public address to where it is really served: the scheme and host deliver names, or the address unchanged.
func at(public string, deliver func() string) string {
	if deliver == nil {
		return public
	}
	base := deliver()
	if base == "" {
		return public
	}
	u, err := url.Parse(public)
	d, err2 := url.Parse(base)
	if err != nil || err2 != nil {
		return public
	}
	u.Scheme, u.Host = d.Scheme, d.Host
	return u.String()
}
