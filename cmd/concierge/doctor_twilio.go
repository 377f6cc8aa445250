package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"concierge/channels/twilio"
)

func (d *doctor) twilio(ctx context.Context) {
	set := d.house.settings
	tw, err := twilio.New(twilioOf(set, d.talk.council), nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		for _, line := range told(err) {
			d.bad("%s", line)
		}
		return
	}
	if !d.account(ctx, tw) {
		return
	}
	if set.TwilioSMSFrom != "" {
		d.number(ctx, tw)
	}
	if set.TwilioMessagingServiceSID != "" {
		d.service(ctx, tw)
	}
	if set.TwilioWhatsAppFrom != "" {
		d.whatsapp(ctx, tw)
	}
	d.note("in the console, Messaging > Settings > Geo permissions: leave on only the countries of channels.country_prefixes")
	if d.Self {
		d.self(ctx, tw)
	}
}

// account tries each token, and the clock.
func (d *doctor) account(ctx context.Context, tw *twilio.Twilio) bool {
	works := false
	for i := range d.house.settings.TwilioTokens() {
		a, err := tw.Account(ctx, i)
		switch {
		case errors.Is(err, twilio.ErrUnreached):
			d.bad("nobody answers at Twilio's API: is https to api.twilio.com allowed from here?")
			return false
		case errors.Is(err, twilio.ErrToken) && i > 0:
			d.note("token %d does not work any more: drop it when the rotation is done", i+1)
			continue
		case err != nil:
			d.bad("token %d: %v", i+1, err)
			continue
		case a.Status != "active":
			d.bad("the account is %s", a.Status)
		default:
			d.ok("token %d opens the account %q", i+1, a.Name)
		}
		works = works || i == 0
		if i == 0 && a.Ahead.Abs() >= clockWrong {
			d.bad("this machine's clock is %s off Twilio's: set it by NTP", a.Ahead)
		}
	}
	return works
}

// number looks at the SMS number, and sets where its texts go.
func (d *doctor) number(ctx context.Context, tw *twilio.Twilio) {
	from, want := d.house.settings.TwilioSMSFrom, tw.Hooks()
	if !strings.HasPrefix(from, "+") {
		d.note("%s is a short code: set its addresses in the console", from)
		d.toSet(want)
		return
	}
	n, ok, err := tw.Number(ctx)
	switch {
	case err != nil:
		d.bad("%v", err)
		return
	case !ok:
		d.bad("%s is not a number of this account", from)
		return
	case !n.SMS:
		d.bad("%s cannot text: buy one that can (in the United Kingdom a +44 7 mobile number)", from)
	default:
		d.ok("%s is ours and can text", from)
	}
	if n.App != "" {
		d.bad("an application (%s) takes the number's texts: take it off in the console, its addresses win over ours", n.App)
	}
	right := n.Hooks.Incoming == want.Incoming && n.Hooks.Fallback == want.Fallback
	if !right && d.Write {
		if n, err = tw.Register(ctx, n); err != nil {
			d.bad("%v", err)
			return
		}
		right = n.Hooks.Incoming == want.Incoming && n.Hooks.Fallback == want.Fallback
	}
	switch bare := n.Hooks.Incoming == want.Fallback && n.Hooks.Fallback == want.Fallback; {
	case right:
		d.ok("its texts go to %s", want.Incoming)
	case d.Write && bare:
		d.note("its texts go to %s; Twilio did not keep %s, set that in the console", want.Fallback, twilio.Overrides)
	case d.Write:
		d.bad("its texts go to %q though we set %s", n.Hooks.Incoming, want.Incoming)
	default:
		d.bad("its texts go to %q; doctor --write sets %s", n.Hooks.Incoming, want.Incoming)
	}
}

// service looks at the Messaging Service: its address wins over the number's, and its smart encoding changes what we counted.
func (d *doctor) service(ctx context.Context, tw *twilio.Twilio) {
	s, err := tw.Service(ctx)
	if err != nil {
		d.bad("%v: is CONCIERGE_TWILIO_MESSAGING_SERVICE_SID of this account?", err)
		return
	}
	if s.SmartCodes {
		d.bad("smart encoding of the Messaging Service %q is on: switch it off, it changes a text after we counted it", s.Name)
	}
	want := tw.Hooks()
	switch {
	case s.ByNumber:
		d.ok("the Messaging Service %q defers to the number's webhook", s.Name)
	case s.Hooks.Incoming == want.Incoming || s.Hooks.Incoming == want.Fallback:
		d.ok("texts to the Messaging Service %q go to %s", s.Name, s.Hooks.Incoming)
	default:
		d.bad("texts to the Messaging Service %q go to %q. In the console, Integration > Send a webhook:", s.Name, s.Hooks.Incoming)
		d.toSet(want)
	}
}

func (d *doctor) toSet(h twilio.Hooks) {
	fmt.Fprintf(d.out, "           incoming  %s  (POST)\n           fallback  %s  (POST)\n           status    %s\n", h.Incoming, h.Fallback, h.Status)
}

// whatsapp looks at templates and frames. The sender's addresses cannot be read: they are told.
func (d *doctor) whatsapp(ctx context.Context, tw *twilio.Twilio) {
	d.note("WhatsApp sender %s: in the console, Messaging > Senders > WhatsApp, it must have:", d.house.settings.TwilioWhatsAppFrom)
	d.toSet(tw.Hooks())
	all, err := standings(ctx, tw, d.talk)
	if err != nil {
		d.bad("%v", err)
		return
	}
	frames, missing := 0, 0
	for _, k := range all {
		if k.tag == "" {
			frames++
			if k.configured == "" {
				missing++
			}
			continue
		}
		name := k.key + "." + k.tag
		switch fallback := d.talk.council.Channels.WhatsAppTemplates[k.key]["en"]; {
		case k.configured == "" && fallback == "":
			d.bad("template %s: news after 24 hours of silence cannot be sent; `concierge whatsapp templates --submit`", name)
		case k.configured == "":
			d.note("template %s is missing: such news goes in English", name)
		case k.at.SID != k.configured:
			d.note("template %s: what WhatsApp approved says other words than ours now; `concierge whatsapp templates`", name)
		case k.at.State != "approved":
			d.bad("template %s is %s %s", name, k.at.State, k.at.Why)
		default:
			d.ok("template %s is approved", name)
		}
	}
	if missing > 0 {
		d.note("%d of %d frames for buttons are missing: those choices go as numbered lines; `concierge whatsapp templates --submit`", missing, frames)
	} else {
		d.ok("all %d frames for buttons are configured", frames)
	}
}
