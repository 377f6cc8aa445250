package twilio

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"concierge/channels"
	"concierge/channels/channeltest"

	"go.uber.org/goleak"
)

// TestMain fails when anything is left running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const public = "https://concierge.example"

func newTwilio(t testing.TB, got channels.Receiver, base http.RoundTripper, change func(*Settings)) *Twilio {
	t.Helper()
	s := Settings{
		AccountSID: channeltest.TwilioAccount, AuthTokens: []string{channeltest.TwilioToken}, SMSFrom: channeltest.TwilioSMS,
		WhatsAppFrom: channeltest.TwilioWhatsApp, PublicURL: public,
	}
	if change != nil {
		change(&s)
	}
	tw, err := New(s, got, base, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return tw
}

// posted is a webhook as somebody posts it.
type posted struct {
	method, path, body, typ, token, signedAs string
	signature                                string // "" the right one, "none" no header
}

func (q posted) do(h http.Handler) *httptest.ResponseRecorder {
	if q.method == "" {
		q.method = http.MethodPost
	}
	if q.path == "" {
		q.path = Route
	}
	if q.typ == "" {
		q.typ = "application/x-www-form-urlencoded; charset=UTF-8"
	}
	if q.token == "" {
		q.token = channeltest.TwilioToken
	}
	if q.signedAs == "" {
		q.signedAs = public + q.path
	}
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	r.Host = "forged.example" // never looked at
	r.Header.Set("X-Forwarded-Host", "forged.example")
	r.Header.Set("Content-Type", q.typ)
	f, ok := splitForm(q.body)
	if !ok {
		f = form{}
	}
	if q.signature == "" {
		q.signature = channeltest.Sign(q.token, q.signedAs, url.Values(f))
	}
	if q.signature != "none" {
		r.Header.Set("X-Twilio-Signature", q.signature)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// written is a small SMS as a raw body, with more behind it.
func written(more string) string {
	return "MessageSid=SM" + strings.Repeat("0", 31) + "1&AccountSid=" + channeltest.TwilioAccount + "&From=%2B447700900123&To=%2B447700900100&Body=hi" + more
}

func TestWebhookDoors(t *testing.T) {
	fill := func(n int) string { return written("&Pad=" + strings.Repeat("a", n-len(written("&Pad=")))) }
	other := "11111111111111111111111111111111"
	for _, c := range []struct {
		name     string
		q        posted
		tokens   []string
		fails    bool
		want     int
		received int
		aside    int
	}{
		{"well", posted{body: written("")}, nil, false, 200, 1, 0},
		{"GET", posted{method: http.MethodGet}, nil, false, 405, 0, 0},
		{"64 KiB", posted{body: fill(64 << 10)}, nil, false, 200, 1, 0},
		{"64 KiB and one byte", posted{body: fill(64<<10 + 1)}, nil, false, 413, 0, 0},
		{"JSON", posted{body: written(""), typ: "application/json"}, nil, false, 415, 0, 0},
		{"no type", posted{body: written(""), typ: ";"}, nil, false, 415, 0, 0},
		{"no signature", posted{body: written(""), signature: "none"}, nil, false, 403, 0, 0},
		{"a wrong signature", posted{body: written(""), signature: "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, nil, false, 403, 0, 0},
		{"another's token", posted{body: written(""), token: other}, nil, false, 403, 0, 0},
		{"the second token", posted{body: written(""), token: other}, []string{channeltest.TwilioToken, other}, false, 200, 1, 0},
		{"signed for another address", posted{body: written(""), signedAs: "https://forged.example" + Route}, nil, false, 403, 0, 0},
		{"signed with the port", posted{body: written(""), signedAs: "https://concierge.example:443" + Route}, nil, false, 200, 1, 0},
		{"signed with the fragment", posted{body: written(""), signedAs: public + Route + Overrides}, nil, false, 200, 1, 0},
		{"signed for the status route", posted{body: written(""), signedAs: public + StatusRoute}, nil, false, 403, 0, 0},
		{"a query", posted{body: written(""), path: Route + "?bodySHA256=0"}, nil, false, 404, 0, 0},
		{"a bad escape", posted{body: written("&x=%zz")}, nil, false, 403, 0, 0},
		{"a raw semicolon", posted{body: written("%20a;b")}, nil, false, 200, 1, 0},
		{"repeated keys", posted{body: written("&X=b&X=a&X=b&Y=1")}, nil, false, 200, 1, 0},
		{"bad UTF-8 and NUL", posted{body: written("%ff%00")}, nil, false, 200, 1, 0},
		{"another account", posted{body: strings.Replace(written(""), channeltest.TwilioAccount, "AC0000000000000000000000000000000f", 1)}, nil, false, 403, 0, 0},
		{"no SID", posted{body: strings.Replace(written(""), "MessageSid=SM", "MessageSid=XX", 1)}, nil, false, 200, 0, 1},
		{"not stored", posted{body: written("")}, nil, true, 503, 0, 0},
		{"unreadable and not stored", posted{body: strings.Replace(written(""), "MessageSid=SM", "MessageSid=XX", 1)}, nil, true, 503, 0, 0},
	} {
		got := &channeltest.Receiver{}
		if c.fails {
			got.Fail(io.ErrUnexpectedEOF)
		}
		tw := newTwilio(t, got, nil, func(s *Settings) {
			if c.tokens != nil {
				s.AuthTokens = c.tokens
			}
		})
		w := c.q.do(tw.Webhook())
		if w.Code != c.want || len(got.Messages()) != c.received || len(got.Quarantined()) != c.aside {
			t.Errorf("%s: %d, %d received, %d set aside", c.name, w.Code, len(got.Messages()), len(got.Quarantined()))
		}
		if w.Code == 200 && (w.Body.String() != "<Response/>" || w.Header().Get("Content-Type") != "text/xml") {
			t.Errorf("%s: %q would be sent to the resident", c.name, w.Body)
		}
	}
}

// TestAlteredIsRefused: every field is signed, so any one changed, taken away, added or moved into another is refused.
func TestAlteredIsRefused(t *testing.T) {
	got := &channeltest.Receiver{}
	tw := newTwilio(t, got, nil, nil)
	body := written("&NumMedia=0")
	f, _ := splitForm(body)
	signature := channeltest.Sign(channeltest.TwilioToken, public+Route, url.Values(f))
	for _, other := range []string{
		strings.Replace(body, "Body=hi", "Body=ho", 1), strings.Replace(body, "900123", "900124", 1), body + "&ButtonPayload=7%3Adeep%3Dyes",
		strings.Replace(body, "&NumMedia=0", "", 1), strings.Replace(body, "Body=hi", "Body=hi&Body=ho", 1),
	} {
		if w := (posted{body: other, signature: signature}).do(tw.Webhook()); w.Code != http.StatusForbidden {
			t.Errorf("%d for %s", w.Code, other)
		}
	}
	if n := len(got.Messages()); n != 0 {
		t.Errorf("%d received", n)
	}
}

func TestReceipts(t *testing.T) {
	got := &channeltest.Receiver{}
	tw := newTwilio(t, got, nil, nil)
	sid := "SM" + strings.Repeat("0", 31) + "1"
	body := func(to, status, code string) string {
		return url.Values{"MessageSid": {sid}, "AccountSid": {channeltest.TwilioAccount}, "MessageStatus": {status}, "ErrorCode": {code}, "To": {to}}.Encode()
	}
	const us = "?m=0198-a&a=2"
	for _, c := range []struct {
		name, to, status, code string
		query                  string
		want                   channels.Receipt
		http                   int
	}{
		{"sent", "+447700900123", "sent", "", us, channels.Receipt{Channel: "sms", Message: "0198-a", Attempt: 2, Handle: channels.Handle(sid), Status: "sent"}, 204},
		{"read", "whatsapp:+447700900123", "read", "", us, channels.Receipt{Channel: "whatsapp", Message: "0198-a", Attempt: 2, Handle: channels.Handle(sid), Status: "read"}, 204},
		{"accepted", "+447700900123", "accepted", "", us, channels.Receipt{Channel: "sms", Message: "0198-a", Attempt: 2, Handle: channels.Handle(sid), Status: "queued"}, 204},
		{"outside the window, told late", "whatsapp:+447700900123", "undelivered", "63016", us,
			channels.Receipt{Channel: "whatsapp", Message: "0198-a", Attempt: 2, Handle: channels.Handle(sid), Status: "failed", Reason: "window_shut", Code: "63016"}, 204},
		{"filtered", "+447700900123", "failed", "30007", us,
			channels.Receipt{Channel: "sms", Message: "0198-a", Attempt: 2, Handle: channels.Handle(sid), Status: "failed", Reason: "refused", Code: "30007"}, 204},
		{"without our id", "+447700900123", "delivered", "", "", channels.Receipt{Channel: "sms", Handle: channels.Handle(sid), Status: "delivered"}, 204},
		{"a status nobody told us of", "+447700900123", "pondering", "", us, channels.Receipt{}, 204},
		{"bodySHA256", "+447700900123", "sent", "", "?bodySHA256=1", channels.Receipt{}, 404},
	} {
		before := len(got.Receipts())
		w := posted{path: StatusRoute + c.query, body: body(c.to, c.status, c.code)}.do(tw.StatusWebhook())
		all := got.Receipts()
		if w.Code != c.http {
			t.Errorf("%s: %d", c.name, w.Code)
		}
		if c.want.Handle == "" {
			if len(all) != before {
				t.Errorf("%s: received %+v", c.name, all[before:])
			}
			continue
		}
		if len(all) != before+1 || all[before] != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, all[before:], c.want)
		}
	}
	if tw.UnknownStatuses() != 1 {
		t.Errorf("%d unknown statuses", tw.UnknownStatuses())
	}
	if w := (posted{path: StatusRoute + "?m=1&a=3", signedAs: public + StatusRoute + us, body: body("+447700900123", "sent", "")}).do(tw.StatusWebhook()); w.Code != 403 {
		t.Errorf("another attempt's query: %d", w.Code)
	}
}
