// Package call is one request to a provider of messages, sent so that its outcome can be named: the caller's deadline covers the
// body too, the whole answer is read before anybody judges it, and it is known whether the request surely never left. It refuses to
// know which provider it is and what an answer means.
package call

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// maxAnswer bounds what we read of an answer, in bytes.
const maxAnswer = 1 << 20

// Call is what became of one request. The zero Call is one not made yet.
type Call struct {
	Status int           // 0: no answer
	After  time.Duration // Retry-After, of seconds or a date
	Never  bool          // the request surely never left: no name, no connection, no TLS
	Body   []byte        // the answer, whole
}

// Do sends the request under ctx over base and fills the call in. The answer's body is read, closed and put back. It follows no
// redirect and never sends twice.
func (c *Call) Do(ctx context.Context, base http.RoundTripper, r *http.Request) (*http.Response, error) {
	var wrote atomic.Bool // set by the transport's own goroutine
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	resp, err := base.RoundTrip(r.Clone(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		c.Never = !wrote.Load() && unsent(err)
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
	c.After = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	if err != nil {
		return nil, err
	}
	c.Status, c.Body = resp.StatusCode, body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// unsent tells whether the error is one of those that come before a request leaves.
func unsent(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var head tls.RecordHeaderError
	return errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &head)
}

// retryAfter reads seconds or a date; at most a day.
func retryAfter(v string, now time.Time) time.Duration {
	if v == "" {
		return 0
	}
	if s, err := strconv.Atoi(v); err == nil {
		return max(0, time.Duration(min(s, 86400))*time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, at.Sub(now)), 24*time.Hour)
	}
	return 0
}
