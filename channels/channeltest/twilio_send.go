package channeltest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"concierge/channels"
)

var (
	phone   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	whatsID = regexp.MustCompile(`^whatsapp:(\+[1-9][0-9]{6,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})$`)
)

// known are the parameters of a Message; true may be repeated. Twilio ignores others, which hides a misspelt one.
var known = map[string]bool{
	"To": false, "From": false, "Body": false, "MessagingServiceSid": false, "StatusCallback": false, "ValidityPeriod": false,
	"SmartEncoded": false, "ContentSid": false, "ContentVariables": false, "MediaUrl": true,
}

// create is POST Messages.json.
func (t *Twilio) create(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		t.broken(r, "", "the body is no form")
		t.refuse(w, r, nil, http.StatusBadRequest, 20001, "bad form")
		return
	}
	f := r.PostForm
	e := &Entry{
		Channel: kindOf(f.Get("To")), Call: "CreateMessage", To: address(f.Get("To")), From: address(f.Get("From")), Text: f.Get("Body"),
		Fields: flat(f),
	}
	if u, err := url.Parse(f.Get("StatusCallback")); err == nil {
		q := u.Query()
		e.Message, e.Attempt = q.Get("m"), q.Get("a")
	}
	asked := *e
	asked.What = Asked
	t.Ledger.add(asked)

	fault := t.next("CreateMessage", e.To, true)
	if fault.before(w, r) {
		return
	}
	if fault != nil && fault.Status >= 300 && !fault.Accept {
		fault.header(w)
		t.refuse(w, r, e, fault.Status, fault.Code, "as scripted")
		return
	}
	if code, text := t.check(r, f, e); code != 0 {
		t.refuse(w, r, e, http.StatusBadRequest, code, text)
		return
	}
	m := t.accept(f, e)
	made := t.resource(m)
	if t.o.Early && len(t.o.Receipts) > 0 {
		t.callback(f.Get("StatusCallback"), m, t.o.Receipts[0], 0)
	}
	t.receipts(f.Get("StatusCallback"), m)
	if fault.instead(w, r) {
		return
	}
	if fault != nil && fault.Status >= 300 {
		fault.header(w)
		answer(w, fault.Status, map[string]any{"code": fault.Code, "message": "as scripted", "status": fault.Status})
		return
	}
	answer(w, http.StatusCreated, made)
}

// check is what Twilio would say against a message; 0 is nothing. What it would let pass to our harm is written down as broken.
func (t *Twilio) check(r *http.Request, f url.Values, e *Entry) (code int, text string) {
	for k, vs := range f {
		again, ok := known[k]
		if !ok || (!again && len(vs) > 1) {
			t.broken(r, e.To, "unknown or repeated parameter "+k)
			return 20001, "unknown or repeated parameter " + k
		}
	}
	to, from := f.Get("To"), f.Get("From")
	if e.Channel == channels.SMS && !phone.MatchString(to) || e.Channel == channels.WhatsApp && !whatsID.MatchString(to) {
		return 21211, "Invalid 'To' Phone Number"
	}
	if from == "" && f.Get("MessagingServiceSid") == "" {
		return 21603, "A 'From' phone number is required"
	}
	if from != "" && kindOf(from) != e.Channel {
		return 63007, "Twilio could not find a Channel with the specified From address"
	}
	if from != "" && !t.ours[from] {
		if e.Channel == channels.WhatsApp {
			return 63007, "Twilio could not find a Channel with the specified From address"
		}
		return 21606, "The 'From' phone number is not a valid message-capable number for this account"
	}
	if code, text := t.checkText(r, f, e); code != 0 {
		return code, text
	}
	if v := f.Get("ValidityPeriod"); v != "" {
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > 14400 {
			t.broken(r, e.To, "ValidityPeriod "+v)
			return 21660, "ValidityPeriod is out of range"
		}
	}
	if v := f.Get("StatusCallback"); v != "" {
		if u, err := url.Parse(v); err != nil || u.Host == "" {
			return 21609, "Invalid 'StatusCallback' URL"
		}
	}
	if t.o.Lift {
		return 0, ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped[from+"|"+to] {
		return 21610, "Attempt to send to unsubscribed recipient"
	}
	if e.Channel == channels.WhatsApp && !t.openWindow(from, to) && !t.approved(f.Get("ContentSid")) && !t.o.WindowLater {
		return 63016, "Failed to send freeform message because you are outside the allowed window"
	}
	return 0, ""
}

// checkText holds Body or content, never both, each within its limits; e.Text becomes what the resident reads.
func (t *Twilio) checkText(r *http.Request, f url.Values, e *Entry) (code int, text string) {
	body, content := f.Get("Body"), f.Get("ContentSid")
	if body != "" && content != "" {
		t.broken(r, e.To, "Body beside ContentSid")
		return 21619, "Body and ContentSid exclude each other"
	}
	if content != "" {
		c, ok := t.content(content)
		if !ok {
			return 21656, "The ContentSid is not known"
		}
		said, why := c.say(f.Get("ContentVariables"))
		if why != "" {
			t.broken(r, e.To, "content "+content+": "+why)
			return 21656, "The ContentVariables Parameter is invalid"
		}
		e.Text, e.Choices = said.Body, said.Choices
		return 0, ""
	}
	if f.Get("ContentVariables") != "" {
		t.broken(r, e.To, "ContentVariables without ContentSid")
		return 21656, "ContentVariables without ContentSid"
	}
	if body == "" && f.Get("MediaUrl") == "" {
		return 21602, "Message body is required"
	}
	if len(utf16.Encode([]rune(body))) > 1600 {
		return 21617, "The concatenated message body exceeds the 1600 character limit"
	}
	if e.Channel == channels.SMS && f.Get("MediaUrl") != "" {
		t.broken(r, e.To, "MediaUrl by SMS: there is no MMS in the United Kingdom")
		return 21612, "MMS is not available"
	}
	return 0, ""
}

// openWindow tells whether they wrote in the last 24 hours. The caller holds the lock.
func (t *Twilio) openWindow(sender, person string) bool {
	at, ok := t.opened[sender+"|"+person]
	return ok && t.now().Sub(at) < 24*time.Hour
}

// accept takes the message: from here a resident reads it.
func (t *Twilio) accept(f url.Values, e *Entry) *message {
	m := &message{
		sid: t.newSID("SM"), from: f.Get("From"), to: f.Get("To"), body: e.Text, status: "queued", direction: "outbound-api",
		service: f.Get("MessagingServiceSid"), made: t.now().UTC(),
	}
	if m.service != "" {
		m.status = "accepted"
	}
	t.mu.Lock()
	if e.Channel == channels.WhatsApp && !t.o.Lift && !t.openWindow(m.from, m.to) && !t.approved(f.Get("ContentSid")) {
		m.code = 63016 // WindowLater: a 201, then a callback
	}
	t.keep(m)
	t.mu.Unlock()
	e.What, e.ID, e.Status = Accepted, m.sid, http.StatusCreated
	if m.code != 0 { // nobody will read it
		e.What, e.Code = Refused, strconv.Itoa(m.code)
	}
	t.Ledger.add(*e)
	return m
}

// keep files a message. The caller holds the lock.
func (t *Twilio) keep(m *message) {
	t.list = append(t.list, m)
	t.by[m.to] = append(t.by[m.to], m)
	t.by[m.from] = append(t.by[m.from], m)
	t.sid[m.sid] = m
}

// resource is a message as Twilio shows it.
func (t *Twilio) resource(m *message) map[string]any {
	uri := fmt.Sprintf("/2010-04-01/Accounts/%s/Messages/%s", t.o.Account, m.sid)
	v := map[string]any{
		"sid": m.sid, "account_sid": t.o.Account, "api_version": "2010-04-01", "from": m.from, "to": m.to, "body": m.body,
		"status": m.status, "direction": m.direction, "date_created": m.made.Format(time.RFC1123Z), "date_updated": m.made.Format(time.RFC1123Z),
		"date_sent": m.made.Format(time.RFC1123Z), "num_media": strconv.Itoa(len(m.media)), "num_segments": "1", "price": nil,
		"price_unit": "USD", "error_code": nil, "error_message": nil, "messaging_service_sid": nil, "uri": uri + ".json",
		"subresource_uris": map[string]string{"media": uri + "/Media.json"},
	}
	if m.service != "" {
		v["messaging_service_sid"] = m.service
	}
	if m.code != 0 {
		v["error_code"] = m.code
	}
	return v
}

func flat(f url.Values) map[string]string {
	m := make(map[string]string, len(f))
	for k, vs := range f {
		m[k] = strings.Join(vs, " ")
	}
	return m
}
