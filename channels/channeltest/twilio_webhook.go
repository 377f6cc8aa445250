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
	"strconv"
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

// form is the message as Twilio posts it.
func (t *Twilio) form(in *Inbound) url.Values {
	if in.SID == "" {
		in.SID = t.newSID("SM")
	}
	if in.To == "" {
		in.To = t.sender(kindOf(in.From))
	}
	f := url.Values{}
	for k, v := range map[string]string{
		"MessageSid": in.SID, "SmsMessageSid": in.SID, "SmsSid": in.SID, "AccountSid": t.o.Account, "From": in.From, "To": in.To,
		"Body": in.Body, "NumMedia": strconv.Itoa(len(in.Media)), "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
	} {
		f.Set(k, v)
	}
	if kindOf(in.From) == channels.WhatsApp {
		f.Set("MessageType", messageType(*in))
		f.Set("ProfileName", "A Resident")
		f.Set("WaId", strings.TrimPrefix(in.From, "whatsapp:+"))
	} else {
		f.Set("FromCountry", "GB")
		f.Set("ToCountry", "GB")
	}
	for k, v := range map[string]string{
		"Latitude": in.Lat, "Longitude": in.Lon, "Label": in.Label, "Address": in.Address, "ButtonPayload": in.ButtonPayload,
		"ButtonText": in.ButtonText, "ListId": in.ListID, "ListTitle": in.ListTitle, "OriginalRepliedMessageSid": in.RepliedTo,
		"ExternalUserId": in.UserID,
	} {
		if v != "" {
			f.Set(k, v)
		}
	}
	if in.Forwarded {
		f.Set("Forwarded", "true")
	}
	if t.o.AdvancedOptOut && kindOf(in.From) == channels.SMS {
		switch channels.CarrierWord(channels.SMS, in.Body) {
		case channels.KindOptOut:
			f.Set("OptOutType", "STOP")
		case channels.KindOptIn:
			f.Set("OptOutType", "START")
		case channels.KindHelp:
			f.Set("OptOutType", "HELP")
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, p := range in.Media {
		id := t.newSID("ME")
		t.files[id] = file{p.Type, p.Bytes}
		in.kept = append(in.kept, id)
		f.Set("MediaUrl"+strconv.Itoa(i), "https://api.twilio.com/2010-04-01/Accounts/"+t.o.Account+"/Messages/"+in.SID+"/Media/"+id)
		f.Set("MediaContentType"+strconv.Itoa(i), p.Type)
	}
	for k, v := range in.Fields {
		f.Set(k, v)
	}
	return f
}

func messageType(in Inbound) string {
	switch {
	case in.Lat != "":
		return "location"
	case in.ListID != "" || in.ListTitle != "":
		return "interactive"
	case in.ButtonPayload != "" || in.ButtonText != "":
		return "button"
	case len(in.Media) > 0:
		major, _, _ := strings.Cut(in.Media[0].Type, "/")
		if major == "image" || major == "audio" || major == "video" {
			return major
		}
		return "document"
	}
	return "text"
}

// take is what Twilio does with the message before any webhook: it lists it, opens the window, minds STOP and START.
func (t *Twilio) take(in Inbound) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sid[in.SID] == nil {
		m := &message{sid: in.SID, from: in.From, to: in.To, body: in.Body, status: "received", direction: "inbound", made: t.now().UTC()}
		m.media = in.kept
		t.keep(m)
	}
	pair := in.To + "|" + in.From
	if kindOf(in.From) == channels.WhatsApp {
		t.opened[pair] = t.now()
		return
	}
	switch channels.CarrierWord(channels.SMS, in.Body) {
	case channels.KindOptOut:
		t.stopped[pair] = true
	case channels.KindOptIn:
		delete(t.stopped, pair)
	}
}

// Lost files a message in the list without any webhook, as after an outage; its SID.
func (t *Twilio) Lost(in Inbound) string {
	t.form(&in)
	t.take(in)
	return in.SID
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

// receipts calls the statuses back.
func (t *Twilio) receipts(to string, m *message) {
	if m.code != 0 {
		t.later(t.o.Pause, func() { t.callback(to, m, "failed", m.code) })
		return
	}
	statuses := t.o.Receipts
	if t.o.Early && len(statuses) > 0 {
		statuses = statuses[1:]
	}
	if len(statuses) == 0 {
		return
	}
	t.later(t.o.Pause, func() {
		for i, s := range statuses {
			if i > 0 && !t.wait(t.o.Pause) {
				return
			}
			t.callback(to, m, s, 0)
		}
	})
}

// Receipt calls a status back for a message sent, with an error code if not 0; its HTTP status, 0 when it has no callback.
func (t *Twilio) Receipt(sid, status string, code int) int {
	for _, e := range t.Ledger.Entries(0) {
		if e.What == Accepted && e.ID == sid {
			t.mu.Lock()
			m := t.sid[sid]
			t.mu.Unlock()
			return t.callback(e.Fields["StatusCallback"], m, status, code)
		}
	}
	return 0
}

func (t *Twilio) callback(to string, m *message, status string, code int) int {
	t.mu.Lock()
	m.status = status
	if code != 0 {
		m.code = code
	}
	f := url.Values{
		"MessageSid": {m.sid}, "SmsSid": {m.sid}, "MessageStatus": {status}, "SmsStatus": {status}, "AccountSid": {t.o.Account},
		"From": {m.from}, "To": {m.to}, "ApiVersion": {"2010-04-01"},
	}
	t.mu.Unlock()
	if to == "" {
		return 0
	}
	if code != 0 {
		f.Set("ErrorCode", strconv.Itoa(code))
	}
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	got, err := t.post(ctx, to, f, Inbound{From: m.to})
	if neverReached(err) && ctx.Err() == nil {
		got, _ = t.post(ctx, to, f, Inbound{From: m.to})
	}
	t.Ledger.add(Entry{Channel: kindOf(m.to), What: Told, Call: "status", To: address(m.to), From: address(m.from), ID: m.sid, Code: status, Status: got})
	return got
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
