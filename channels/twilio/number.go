package twilio

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's signature is HMAC-SHA1
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
	messaging "github.com/twilio/twilio-go/rest/messaging/v1"
)

// Account is what Twilio says of the account.
type Account struct {
	Name, Status string        // Status "active", "suspended", "closed"
	Ahead        time.Duration // our clock before Twilio's; good to about a second
}

// Hooks are the addresses Twilio shall call.
type Hooks struct{ Incoming, Fallback, Status string }

// Number is one of the account's numbers.
type Number struct {
	SID, Phone string
	SMS        bool   // it can text
	App        string // an application that takes its messages instead of the hooks; "" none
	Hooks      Hooks
}

// Service is the Messaging Service of the settings.
type Service struct {
	Name       string
	SmartCodes bool // smart encoding is on: it changes a text after we counted it
	ByNumber   bool // each number's own webhook counts, not the service's
	Hooks      Hooks
}

// Hooks are what the number, the Messaging Service and the WhatsApp sender should have.
func (t *Twilio) Hooks() Hooks {
	u := t.settings.PublicURL
	return Hooks{Incoming: u + Route + Overrides, Fallback: u + Route, Status: u + StatusRoute}
}

// Account fetches the account with one of the tokens, the first being 0: the token works.
func (t *Twilio) Account(ctx context.Context, token int) (Account, error) {
	r := t.request(ctx)
	got, err := api.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[token])).FetchAccountWithMetadata(t.account)
	if err != nil {
		return Account{}, r.trouble("fetch account", err)
	}
	one := got.GetResource()
	a := Account{Name: said(one.FriendlyName), Status: said(one.Status)}
	if at, err := http.ParseTime(got.GetHeader("Date")); err == nil {
		a.Ahead = t.settings.Now().Sub(at).Truncate(time.Second)
	}
	return a, nil
}

// Number finds our SMS number among the account's; ok is false when it is not there.
func (t *Twilio) Number(ctx context.Context) (n Number, ok bool, err error) {
	r := t.request(ctx)
	p := &api.ListIncomingPhoneNumberParams{}
	p.SetPhoneNumber(t.settings.SMSFrom).SetPageSize(20)
	page, err := api.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).PageIncomingPhoneNumber(p, "", "")
	if err != nil {
		return n, false, r.trouble("list numbers", err)
	}
	for i := range page.IncomingPhoneNumbers {
		if one := &page.IncomingPhoneNumbers[i]; said(one.PhoneNumber) == t.settings.SMSFrom {
			return numberOf(one), true, nil
		}
	}
	return n, false, nil
}

// Register sets the number's webhooks to ours and reads them back.
func (t *Twilio) Register(ctx context.Context, n Number) (Number, error) {
	r, h := t.request(ctx), t.Hooks()
	p := &api.UpdateIncomingPhoneNumberParams{}
	p.SetSmsUrl(h.Incoming).SetSmsMethod(http.MethodPost).SetSmsFallbackUrl(h.Fallback).SetSmsFallbackMethod(http.MethodPost)
	one, err := api.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).UpdateIncomingPhoneNumber(n.SID, p)
	if err != nil {
		return n, r.trouble("update number", err)
	}
	return numberOf(one), nil
}

func numberOf(one *api.ApiV2010IncomingPhoneNumber) Number {
	n := Number{SID: said(one.Sid), Phone: said(one.PhoneNumber), App: said(one.SmsApplicationSid),
		Hooks: Hooks{Incoming: said(one.SmsUrl), Fallback: said(one.SmsFallbackUrl)}}
	n.SMS = one.Capabilities != nil && one.Capabilities.Sms
	return n
}

// Service fetches the Messaging Service of the settings.
func (t *Twilio) Service(ctx context.Context) (Service, error) {
	r := t.request(ctx)
	one, err := messaging.NewApiServiceWithClient(r.client(t.account, t.settings.AuthTokens[0])).FetchService(t.settings.MessagingServiceSID)
	if err != nil {
		return Service{}, r.trouble("fetch messaging service", err)
	}
	return Service{Name: said(one.FriendlyName), SmartCodes: one.SmartEncoding != nil && *one.SmartEncoding,
		ByNumber: one.UseInboundWebhookOnNumber != nil && *one.UseInboundWebhookOnNumber,
		Hooks:    Hooks{Incoming: said(one.InboundRequestUrl), Fallback: said(one.FallbackUrl), Status: said(one.StatusCallback)}}, nil
}

// Probe is a signed request to our own public address that changes nothing: a receipt with a status there is not. A server of these
// settings, reached, answers 204; another token or another address for the signature answers 403.
func (t *Twilio) Probe(ctx context.Context) (*http.Request, error) {
	u := t.settings.PublicURL + StatusRoute
	f := url.Values{"AccountSid": {t.account}, "MessageSid": {"SM" + strings.Repeat("0", 32)}, "MessageStatus": {"doctor"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(f.Encode()))
	if err != nil {
		return nil, fmt.Errorf("make probe: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", signature(t.settings.AuthTokens[0], u, f))
	return r, nil
}

// signature is Twilio's: the URL, then each key with its value, sorted.
func signature(token, u string, f url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(mac, u)
	keys := make([]string, 0, len(f))
	for k := range f {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		_, _ = io.WriteString(mac, k+f.Get(k))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (t *Twilio) request(ctx context.Context) *request {
	return &request{ctx: ctx, base: t.base, to: t.to}
}

// ErrUnreached is no answer at all; ErrToken is a token, or an account, that Twilio does not know.
var (
	ErrUnreached = errors.New("no answer")
	ErrToken     = errors.New("account SID and auth token do not belong together")
)

// trouble says what a call that sends nothing met: Twilio's own words are left out, they quote the account.
func (c *request) trouble(doing string, err error) error {
	rest := (*client.TwilioRestError)(nil)
	switch {
	case c.Status == 0:
		return fmt.Errorf("%s: %w", doing, ErrUnreached)
	case c.Status == http.StatusUnauthorized:
		return fmt.Errorf("%s: %w", doing, ErrToken)
	case errors.As(err, &rest) && rest.Code > 0:
		return fmt.Errorf("%s: refused with %d, error %d (https://www.twilio.com/docs/api/errors/%d)", doing, c.Status, rest.Code, rest.Code)
	}
	return fmt.Errorf("%s: answered %d, and not as expected", doing, c.Status)
}
