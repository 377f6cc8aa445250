package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"concierge/channels/call"

	"github.com/twilio/twilio-go/client"
)

var errHost = errors.New("not a host of Twilio's")

// hosts are those the library may call for us: messages, contents, and the Messaging Service.
var hosts = map[string]bool{"api.twilio.com": true, "content.twilio.com": true, "messaging.twilio.com": true}

// request is the transport of ONE request; nothing is shared but the base. The library takes no context, drops headers on errors and
// leaves error bodies open, so all three are seen to here.
type request struct {
	call.Call
	ctx  context.Context
	base http.RoundTripper
	to   *url.URL // CONCIERGE_TWILIO_API_URL; nil: leave the host
}

// RoundTrip sends the request under our context and reads the whole answer before it returns: the deadline covers the body.
func (c *request) RoundTrip(r *http.Request) (*http.Response, error) {
	if !hosts[r.URL.Host] {
		return nil, errHost
	}
	r = r.Clone(c.ctx)
	if c.to != nil {
		r.URL.Scheme, r.URL.Host, r.Host = c.to.Scheme, c.to.Host, ""
	}
	return c.Do(c.ctx, c.base, r)
}

// client makes the library's client over this one request.
func (c *request) client(account, token string) *client.Client {
	cl := &client.Client{
		Credentials: client.NewCredentials(account, token),
		HTTPClient: &http.Client{Transport: c, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	cl.SetAccountSid(account)
	return cl
}
