package channeltest

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's signature is HMAC-SHA1
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"concierge/channels"
)

// patience is how long Twilio waits for a webhook, all tries together (its "Webhook connection overrides").
const patience = 15 * time.Second

// Inbound is a message a resident sends. From and To carry "whatsapp:" on WhatsApp; To "" is our sender for that channel.
type Inbound struct {
	From, To, Body            string
	SID                       string // "" a new one
	Media                     []Photo
	Lat, Lon, Label, Address  string // a pin on WhatsApp, decimal strings
	ButtonPayload, ButtonText string // a quick reply pressed
	ListID, ListTitle         string // a row pressed
	RepliedTo                 string // the SID quoted or pressed on
	UserID                    string // ExternalUserId, a business-scoped id
	Forwarded                 bool
	Fields                    map[string]string // more, or others
	Copies                    int               // the same request so often, at once; 0 is 1
	Unsigned                  bool              // forgeries: no signature; Token signs instead of ours; Signature instead of any
	Token, Signature          string
	kept                      []string // the media ids given
}

// Photo is a file they attach.
type Photo struct {
	Type  string // "image/jpeg"
	Bytes []byte
}

// Inbound posts a signed webhook as Twilio does: once; again only when nobody could be reached; then the fallback URL, once. It
// returns the last HTTP status, 0 when there was none. The message is in the Messages list in any case.
func (t *Twilio) Inbound(ctx context.Context, in Inbound) (status int) {
	f := t.form(&in)
	t.take(in)
	copies := max(in.Copies, 1)
	done := make(chan int, copies)
	for range copies {
		t.later(0, func() { done <- t.deliver(ctx, f, in) })
	}
	for range copies {
		select {
		case s := <-done:
			status = max(status, s)
		case <-ctx.Done():
			return status
		case <-t.ctx.Done():
			return status
		}
	}
	return status
}

func (t *Twilio) deliver(ctx context.Context, f url.Values, in Inbound) int {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	status, err := t.post(ctx, t.o.PublicURL+"/webhooks/twilio", f, in)
	if neverReached(err) && ctx.Err() == nil {
		status, err = t.post(ctx, t.o.PublicURL+"/webhooks/twilio", f, in)
	}
	if (err != nil || status < 200 || status > 299) && t.o.FallbackURL != "" && ctx.Err() == nil {
		f = cloned(f)
		f.Set("ErrorCode", "11200")
		f.Set("ErrorUrl", t.o.PublicURL+"/webhooks/twilio")
		status, _ = t.post(ctx, t.o.FallbackURL, f, in)
	}
	t.Ledger.add(Entry{
		Channel: kindOf(in.From), What: Wrote, Call: "inbound", From: address(in.From), To: address(in.To), Text: in.Body, ID: in.SID, Status: status,
	})
	return status
}

// post sends a form, signed over the public address and delivered where that is served.
func (t *Twilio) post(ctx context.Context, public string, f url.Values, in Inbound) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at(public, t.o.Deliver), strings.NewReader(f.Encode()))
	if err != nil {
		return 0, err
	}
	token := t.o.Token
	if in.Token != "" {
		token = in.Token
	}
	signature := Sign(token, public, f)
	if in.Signature != "" {
		signature = in.Signature
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("I-Twilio-Idempotency-Token", t.newSID(""))
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	if !in.Unsigned {
		r.Header.Set("X-Twilio-Signature", signature)
	}
	status, head, body, err := t.do(r)
	if err == nil && status < 300 && strings.HasPrefix(head.Get("Content-Type"), "text/plain") && len(body) > 0 {
		t.broken(r, address(in.From), "Twilio sends a text/plain answer to the resident")
	}
	return status, err
}

// Sign is Twilio's signature of a form posted to a URL: HMAC-SHA1 over the URL and each key with each of its values, sorted, as
// Twilio's own libraries for Node and Python do.
func Sign(token, public string, f url.Values) string {
	keys := make([]string, 0, len(f))
	for k := range f {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(mac, public)
	for _, k := range keys {
		vs := slices.Clone(f[k])
		slices.Sort(vs)
		for _, v := range slices.Compact(vs) {
			_, _ = io.WriteString(mac, k+v)
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// sender is our number for a channel.
func (t *Twilio) sender(n channels.Name) string {
	for _, s := range t.o.Senders {
		if kindOf(s) == n {
			return s
		}
	}
	return ""
}

// neverReached tells whether nobody was there: the one case in which Twilio tries again.
func neverReached(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func cloned(f url.Values) url.Values {
	c := make(url.Values, len(f))
	for k, vs := range f {
		c[k] = slices.Clone(vs)
	}
	return c
}
