package twilio

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	"github.com/twilio/twilio-go/client"
)

// maxAnswer bounds what we read of Twilio's answers.
const maxAnswer = 1 << 20

var errHost = errors.New("not a host of Twilio's")

// call is the transport of ONE request; nothing is shared but the base. The library takes no context, drops headers on errors and
// leaves error bodies open, so all three are seen to here.
type call struct {
	ctx    context.Context
	base   http.RoundTripper
	to     *url.URL      // CONCIERGE_TWILIO_API_URL; nil: leave the host
	status int           // 0: no answer
	after  time.Duration // Retry-After
	never  bool          // the request surely never left
}

// RoundTrip sends the request under our context and reads the whole answer before it returns: the deadline covers the body.
func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "api.twilio.com" && r.URL.Host != "content.twilio.com" {
		return nil, errHost
	}
	wrote := false
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote = true }}
	r = r.Clone(httptrace.WithClientTrace(c.ctx, trace))
	if c.to != nil {
		r.URL.Scheme, r.URL.Host, r.Host = c.to.Scheme, c.to.Host, ""
	}
	resp, err := c.base.RoundTrip(r)
	if err != nil {
		var cert *tls.CertificateVerificationError
		c.never = !wrote && (neverSent(err) || errors.As(err, &cert))
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
	c.after = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	if err != nil {
		return nil, err
	}
	c.status = resp.StatusCode
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// client makes the library's client over this one call.
func (c *call) client(account, token string) *client.Client {
	cl := &client.Client{
		Credentials: client.NewCredentials(account, token),
		HTTPClient: &http.Client{Transport: c, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	cl.SetAccountSid(account)
	return cl
}

// retryAfter reads seconds or a date.
func retryAfter(v string, now time.Time) time.Duration {
	if v == "" {
		return 0
	}
	if s, err := strconv.Atoi(v); err == nil {
		return max(0, time.Duration(min(s, 86400))*time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
