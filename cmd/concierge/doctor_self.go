package main

import (
	"context"
	"net/http"

	"concierge/channels/twilio"
)

// self shows that what Twilio sends reaches a server of these settings, unchanged.
func (d *doctor) self(ctx context.Context, tw *twilio.Twilio) {
	r, err := tw.Probe(ctx)
	if err != nil {
		d.bad("%v", err)
		return
	}
	switch status, err := ask(r); {
	case err != nil:
		d.bad("nobody answers at %s: is serve running, and reachable from here?", d.house.settings.PublicURL)
		return
	case status == http.StatusNoContent:
		d.ok("a signed request to our public URL came through")
	case status == http.StatusForbidden:
		d.bad("our own signed request was refused: serve has another token, or another CONCIERGE_PUBLIC_URL")
	default:
		d.bad("our own signed request was answered %d: something stands before serve, or serves without Twilio", status)
	}
	d.probe(ctx, "a forged text to "+twilio.Route, http.MethodPost, twilio.Route, http.StatusForbidden)
}

// probe sends nothing to a route and wants one status.
func (d *doctor) probe(ctx context.Context, what, method, route string, want int) {
	r, err := http.NewRequestWithContext(ctx, method, d.house.settings.PublicURL+route, http.NoBody)
	if err != nil {
		d.bad("%v", err)
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	switch status, err := ask(r); {
	case err != nil:
		d.bad("nobody answers at %s", d.house.settings.PublicURL+route)
	case status != want:
		d.bad("%s was answered %d, not %d", what, status, want)
	default:
		d.ok("%s is refused", what)
	}
}

// ask makes one request and follows no redirect: a provider would not either.
func ask(r *http.Request) (status int, err error) {
	c := &http.Client{Timeout: doctorTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode, nil
}
