package tracking

import (
	"html/template"
	"net/url"
	"strings"

	"concierge/cases"
	"concierge/channels"
)

// actions are what the reader can write to us: on the channel they hear from us on, everything; on others, to follow as well.
func (p *Page) actions(s source, w wording) (own, others []action) {
	asks := []string{"add", "stop"}
	if s.one.Status.Done() {
		asks = []string{"not_fixed", "add", "stop"}
	}
	if s.one.Status == cases.Closed && (s.one.Reason == cases.ReasonNotOurs || s.one.Reason == cases.ReasonWithdrawn) {
		asks = []string{"add", "stop"}
	}
	if !s.follower.MutedAt.IsZero() {
		asks = asks[:len(asks)-1]
	}
	for _, messenger := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		name := w.say("tracking." + string(messenger))
		if messenger != s.channel {
			if to := p.link(messenger, s.one.Reference, w.say("tracking.words_follow")); to != "" {
				others = append(others, action{w.say("tracking.follow"), name, to})
			}
			continue
		}
		for _, ask := range asks {
			if to := p.link(messenger, s.one.Reference, w.say("tracking.words_"+ask)); to != "" {
				own = append(own, action{w.say("tracking." + ask), name, to})
			}
		}
	}
	if s.channel == channels.Telegram && len(own) > 1 {
		own = own[:1] // its links carry no words, only which case it is
	}
	return own, others
}

// link opens a messenger. Words go without direction marks: a person sees them before sending.
func (p *Page) link(messenger channels.Name, ref cases.Reference, words string) template.URL {
	words = url.PathEscape(strings.Map(func(r rune) rune {
		if r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, words))
	switch to := p.s.Reach; {
	case messenger == channels.SMS && to.SMS != "":
		return template.URL("sms:" + url.PathEscape(to.SMS) + "?&body=" + words)
	case messenger == channels.WhatsApp && to.WhatsApp != "":
		return template.URL("https://wa.me/" + url.PathEscape(strings.TrimPrefix(to.WhatsApp, "+")) + "?text=" + words)
	case messenger == channels.Telegram && to.Telegram != "":
		return template.URL("https://t.me/" + url.PathEscape(to.Telegram) + "?start=" + string(ref))
	}
	return ""
}
