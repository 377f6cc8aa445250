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
	if o.Photo != "" && c.name == channels.WhatsApp {
		p.SetMediaUrl([]string{o.Photo})
	}
	if text == "" && p.MediaUrl == nil {
		return refuse(channels.Refused, "empty")
	}
	if text != "" {
		p.SetBody(text)
	}
	return p, nil
}

// session is the generic content for buttons or a list; ok is false when there is none, and numbered lines do.
func (c *channel) session(o channels.Outgoing) (sid, vars string, ok bool) {
	if len(o.Choices) == 0 || c.name != channels.WhatsApp || o.Photo != "" {
		return "", "", false
	}
	v := []string{o.Text}
	if channels.AsButtons(o.Choices, channels.Can(channels.WhatsApp)) {
		sid = c.settings.SessionContents["reply_"+strconv.Itoa(len(o.Choices))]
		for _, h := range o.Choices {
			v = append(v, h.Label, h.Data)
		}
		return sid, variables(v), sid != ""
	}
	sid = c.settings.SessionContents["list_"+strconv.Itoa(len(o.Choices))]
	open := o.Open
	if open == "" {
		open = "…" // the list's own button must say something; the host gives the word
	}
	v = append(v, open)
	for _, h := range o.Choices {
		v = append(v, h.Label, h.Hint, h.Data)
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

// values makes template values what WhatsApp takes: one line, no tab, no four spaces, at most 255, never empty.
func values(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		s = strings.Join(strings.Fields(s), " ")
		if r := []rune(s); len(r) > 255 {
			s = string(r[:254]) + "…"
		}
		if s == "" {
			s = "-"
		}
		out[i] = s
	}
	return out
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
