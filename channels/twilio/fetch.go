package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"concierge/channels"
)

// ErrMedia is a reference that cannot be Twilio's; ErrMediaGone is a 404, to be tried again for ten minutes; ErrMediaHost is a
// redirect to a host that is not listed (channels.media_hosts).
var (
	ErrMedia     = errors.New("twilio: not a media reference")
	ErrMediaGone = errors.New("twilio: no such media")
	ErrMediaHost = errors.New("twilio: media redirect to a host that is not listed")
)

// maxRedirects is how often Twilio's storage may send us on.
const maxRedirects = 2

// Fetch opens a photo. Its address is rebuilt from ids; the Authorization goes to Twilio alone, never after a redirect.
func (c *channel) Fetch(ctx context.Context, m channels.Media) (io.ReadCloser, error) {
	message, id, _ := strings.Cut(m.Ref, "/")
	if !messageShape.MatchString(message) || !mediaShape.MatchString(id) {
		return nil, ErrMedia
	}
	u := &url.URL{Scheme: "https", Host: "api.twilio.com", Path: "/2010-04-01/Accounts/" + c.account + "/Messages/" + message + "/Media/" + id}
	if c.to != nil {
		u.Scheme, u.Host = c.to.Scheme, c.to.Host
	}
	first := u
	for hop := 0; ; hop++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, ErrMedia
		}
		if hop == 0 {
			r.SetBasicAuth(c.account, c.settings.AuthTokens[0])
		}
		resp, err := c.base.RoundTrip(r)
		if err != nil {
			return nil, fmt.Errorf("twilio: fetch media: %w", cause(err))
		}
		if resp.StatusCode == http.StatusOK {
			return resp.Body, nil
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusNotFound {
			return nil, ErrMediaGone
		}
		if resp.StatusCode < 300 || resp.StatusCode > 399 || hop == maxRedirects {
			return nil, fmt.Errorf("twilio: fetch media: status %d", resp.StatusCode)
		}
		next, err := u.Parse(resp.Header.Get("Location"))
		if err != nil || !c.listed(next, first) {
			if err == nil {
				c.log.WarnContext(ctx, "twilio: media host not listed", "host", next.Hostname())
			}
			return nil, ErrMediaHost
		}
		u = next
	}
}

// listed tells whether a redirect may be followed: https, the usual port, a host on the list; or the configured API itself.
func (c *channel) listed(u, first *url.URL) bool {
	if u.User != nil {
		return false
	}
	if c.to != nil && u.Scheme == first.Scheme && u.Host == first.Host {
		return true
	}
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && c.hosts[strings.ToLower(u.Hostname())]
}

// cause drops the URL from a network error: it shows the account.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
