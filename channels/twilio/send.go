package twilio

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"concierge/channels"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Send makes one Message resource. The error is always a *channels.SendError; an uncertain one may have been sent.
func (c *channel) Send(ctx context.Context, o channels.Outgoing) (channels.Handle, error) {
	p, refused := c.params(o)
	if refused != nil {
		return "", refused
	}
	h, err := c.post(ctx, p)
	if err != nil && err.Class == channels.Refused && p.ContentSid != nil && !o.Shut {
		// The content does not please: the same with numbered lines, once. The first was surely not sent.
		p.ContentSid, p.ContentVariables = nil, nil
		p.SetBody(channels.Numbered(o.Text, o.Choices))
		h, err = c.post(ctx, p)
	}
	if err != nil { // not returned as it is: a nil *SendError is no nil error
		return "", err
	}
	return h, nil
}

// post makes one request.
func (c *channel) post(ctx context.Context, p *api.CreateMessageParams) (channels.Handle, *channels.SendError) {
	t := &request{ctx: ctx, base: c.base, to: c.to}
	msg, err := api.NewApiServiceWithClient(t.client(c.account, c.settings.AuthTokens[0])).CreateMessage(p)
	if err != nil {
		return "", t.failure(err)
	}
	if t.Status < 200 || t.Status > 299 || msg == nil || msg.Sid == nil || !messageShape.MatchString(*msg.Sid) {
		return "", &channels.SendError{Class: channels.Uncertain, Code: strconv.Itoa(t.Status)}
	}
	return channels.Handle(*msg.Sid), nil
}

// params says the message in Twilio's words, or why it cannot be said.
func (c *channel) params(o channels.Outgoing) (*api.CreateMessageParams, *channels.SendError) {
	refuse := func(class channels.Class, code string) (*api.CreateMessageParams, *channels.SendError) {
		return nil, &channels.SendError{Class: class, Code: code}
	}
	if o.To.Kind() != c.name {
		return refuse(channels.Refused, "channel")
	}
	for _, h := range o.Choices {
		if !channels.ValidData(h.Data) {
			return refuse(channels.Refused, "data")
		}
	}
	now := c.settings.Now()
	if !o.Expires.IsZero() && !o.Expires.After(now) {
		return refuse(channels.Expired, "")
	}
	p := &api.CreateMessageParams{}
	p.SetTo(c.wire(o.To.Value())).SetFrom(c.wire(c.sender(o))).SetSmartEncoded(false).SetValidityPeriod(validity(o.Expires, now))
	if c.settings.MessagingServiceSID != "" && c.name == channels.SMS {
		p.SetMessagingServiceSid(c.settings.MessagingServiceSID)
	}
	if o.ID != "" {
		p.SetStatusCallback(c.settings.PublicURL + StatusRoute + "?m=" + url.QueryEscape(o.ID) + "&a=" + strconv.Itoa(o.Attempt))
	}
	if o.Shut && c.name == channels.WhatsApp {
		sid := c.template(o.Template)
		if sid == "" {
			return refuse(channels.WindowShut, "template")
		}
		p.SetContentSid(sid).SetContentVariables(variables(append(values(o.Template.Values), o.Template.Data...)))
		return p, nil
	}
	if sid, vars, ok := c.session(o); ok {
		p.SetContentSid(sid).SetContentVariables(vars)
		return p, nil
	}
	text := o.Text
	if len(o.Choices) > 0 && !o.Named {
		text = channels.Numbered(text, o.Choices)
	}
	switch {
	case o.Photo == "":
	case c.name == channels.WhatsApp:
		p.SetMediaUrl([]string{o.Photo})
	default: // there is no MMS in the United Kingdom: the photo is a link
		text = strings.TrimSpace(text + "\n" + o.Photo)
	}
	if text == "" && p.MediaUrl == nil {
		return refuse(channels.Refused, "empty")
	}
	if text != "" {
		p.SetBody(text)
	}
	return p, nil
}

// maxOpen is the longest word on the button that opens a list.
const maxOpen = 20

// session is the generic content for buttons or a list; ok is false when there is none, and numbered lines do.
func (c *channel) session(o channels.Outgoing) (sid, vars string, ok bool) {
	if len(o.Choices) == 0 || c.name != channels.WhatsApp || o.Photo != "" || strings.TrimSpace(o.Text) == "" {
		return "", "", false
	}
	v := []string{value(o.Text, maxValue)}
	if channels.AsButtons(o.Choices, channels.Can(channels.WhatsApp)) {
		sid = c.settings.SessionContents["reply_"+strconv.Itoa(len(o.Choices))]
		for _, h := range o.Choices {
			v = append(v, value(h.Label, maxValue), h.Data)
		}
		return sid, variables(v), sid != ""
	}
	sid = c.settings.SessionContents["list_"+strconv.Itoa(len(o.Choices))]
	open := o.Open
	if open == "" {
		open = "…" // the list's own button must say something; the host gives the word
	}
	v = append(v, value(open, maxOpen))
	for _, h := range o.Choices {
		hint := h.Hint
		if hint == "" {
			hint = h.Label
		}
		v = append(v, value(h.Label, maxValue), value(hint, maxValue), h.Data)
	}
	return sid, variables(v), sid != ""
}

// template is the approved content in their language, else in English, else none.
func (c *channel) template(t *channels.Template) string {
	if t == nil {
		return ""
	}
	tags := c.settings.Templates[t.Key]
	if sid := tags[t.Tag]; sid != "" {
		return sid
	}
	return tags["en"]
}

// sender is the number they wrote to, so that the answer comes from where they asked.
func (c *channel) sender(o channels.Outgoing) string {
	if o.From.Kind() == c.name && o.From.Value() != "" {
		return o.From.Value()
	}
	if c.name == channels.WhatsApp {
		return c.settings.WhatsAppFrom
	}
	return c.settings.SMSFrom
}

// wire is an address as Twilio writes it: both ends with whatsapp: or neither (63007).
func (c *channel) wire(value string) string {
	if c.name == channels.WhatsApp {
		return "whatsapp:" + value
	}
	return value
}

// maxValue is the longest value of a variable, in runes.
const maxValue = 255

// values makes each value what WhatsApp takes.
func values(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = value(s, maxValue)
	}
	return out
}

// value is one line, without tab or four spaces, of at most so many runes, never empty.
func value(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	if s == "" {
		return "-"
	}
	return s
}

// variables numbers values from 1, as JSON.
func variables(vs []string) string {
	m := make(map[string]string, len(vs))
	for i, v := range vs {
		m[strconv.Itoa(i+1)] = v
	}
	b, _ := json.Marshal(m) // a map of strings cannot fail
	return string(b)
}

// validity is how long Twilio may keep the message, in seconds: until it expires, 1 to 14,400.
func validity(expires, now time.Time) int {
	if expires.IsZero() {
		return 14400
	}
	return min(max(int(expires.Sub(now)/time.Second), 1), 14400)
}
