package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"concierge/channels/telegram"
	"concierge/channels/twilio"
)

type doctorCommand struct {
	Write bool `help:"Set what can be set: the SMS number's webhook, Telegram's webhook and its menu. Without it nothing is changed."`
	Self  bool `help:"Also send ourselves a signed request by the public URL: run it while serve is running."`
}

// How long one call may take, how far clocks may be apart, and for how long a failure Telegram tells of counts as one of now.
const (
	doctorTime = 15 * time.Second
	clockWrong = 30 * time.Second
	recently   = time.Hour
)

// doctor reaches each provider and tells what is right and wrong, a line each.
type doctor struct {
	doctorCommand
	house *house
	talk  *talk
	out   io.Writer
	wrong int
}

// Run looks at everything that is configured. It fails when something is wrong.
func (c doctorCommand) Run(h *house) error {
	d := &doctor{doctorCommand: c, house: h, out: h.out}
	for _, line := range told(h.settings.Validate()) {
		d.bad("%s", line)
	}
	var err error
	if d.talk, err = h.talk(); err != nil {
		for _, line := range told(err) {
			d.bad("%s", line)
		}
	}
	if d.wrong > 0 {
		return d.end()
	}
	if !h.settings.Twilio() && !h.settings.Telegram() {
		d.note("no provider is configured: there are the demo phones only")
		return d.end()
	}
	d.address()
	if h.settings.Twilio() {
		d.section("Twilio", d.twilio)
	}
	if h.settings.Telegram() {
		d.section("Telegram", d.telegram)
	}
	return d.end()
}

func (d *doctor) end() error {
	if d.wrong > 0 {
		fmt.Fprintf(d.out, "doctor: %d wrong\n", d.wrong)
		return exit(1)
	}
	fmt.Fprintln(d.out, "doctor: all well")
	return nil
}

func (d *doctor) section(name string, look func(context.Context)) {
	fmt.Fprintln(d.out, name)
	ctx, cancel := context.WithTimeout(d.house.ctx, 8*doctorTime)
	defer cancel()
	look(ctx)
}

func (d *doctor) ok(format string, args ...any) { fmt.Fprintf(d.out, "  ok     "+format+"\n", args...) }
func (d *doctor) note(format string, args ...any) {
	fmt.Fprintf(d.out, "  note   "+format+"\n", args...)
}
func (d *doctor) bad(format string, args ...any) {
	d.wrong++
	fmt.Fprintf(d.out, "  WRONG  "+format+"\n", args...)
}

// address is the one address all providers call.
func (d *doctor) address() {
	set := d.house.settings
	switch polls := set.TelegramMode == "poll" && !set.Twilio(); {
	case polls:
	case set.Loopback():
		d.bad("CONCIERGE_PUBLIC_URL is %s: no provider can reach this machine by it", set.PublicURL)
	case strings.HasPrefix(set.PublicURL, "http://"):
		d.bad("CONCIERGE_PUBLIC_URL begins with http://: Telegram calls https only, and texts must not travel open")
	}
}

func (d *doctor) telegram(ctx context.Context) {
	set := d.house.settings
	tg, err := telegram.New(telegramOf(set), nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		d.bad("%v", err)
		return
	}
	defer tg.Close()
	name, err := tg.Me(ctx)
	if err != nil {
		d.bad("%v: is CONCIERGE_TELEGRAM_TOKEN the one BotFather gave?", err)
		return
	}
	d.ok("the token is that of @%s", name)
	d.hook(ctx, tg)
	d.menu(ctx, tg)
	d.note("at BotFather: /setjoingroups, Disable. This cannot be read from here")
	if d.Self && set.TelegramMode != "poll" {
		d.probe(ctx, "a forged update to "+telegram.Route, http.MethodPost, telegram.Route, http.StatusUnauthorized)
	}
}

// hook looks where updates go.
func (d *doctor) hook(ctx context.Context, tg *telegram.Telegram) {
	polls, want := d.house.settings.TelegramMode == "poll", d.house.settings.PublicURL+telegram.Route
	if d.Write && !polls {
		if err := tg.Register(ctx); err != nil {
			d.bad("%v: the webhook is not set", err)
			return
		}
	}
	is, err := tg.Registered(ctx)
	switch {
	case err != nil:
		d.bad("%v", err)
		return
	case polls && is.URL != "":
		d.note("a webhook is set at %s; polling takes it away when serve starts", is.URL)
	case polls:
		d.ok("no webhook is set: serve asks for updates itself")
	case is.URL == "":
		d.bad("no webhook is set; doctor --write sets %s", want)
	case is.URL != want:
		d.bad("the webhook is %s; doctor --write sets %s", is.URL, want)
	default:
		d.ok("the webhook is %s", want)
	}
	if is.Failed != "" && time.Since(is.At) < recently {
		d.bad("Telegram could not deliver at %s: %s", is.At.Format(time.RFC3339), is.Failed)
	}
	if is.Pending > 0 {
		d.note("%d updates wait to be delivered", is.Pending)
	}
}

// menu sets the commands behind "/": for everybody in the source language, and for each offered language of two letters in its own.
func (d *doctor) menu(ctx context.Context, tg *telegram.Telegram) {
	const prefix = "telegram.command."
	words, source := d.talk.words, d.talk.council.Languages.Source
	if !d.Write {
		d.note("doctor --write also sets the menu behind / in each language")
		return
	}
	var set []string
	for i, tag := range d.talk.languages() {
		language := tag
		if i == 0 {
			language = ""
		}
		if len(language) != 2 && i > 0 {
			continue
		}
		var all []telegram.Command
		for _, key := range commandOrder(words.MessageKeys(source, prefix)) {
			all = append(all, telegram.Command{Name: strings.TrimPrefix(key, prefix), Words: words.SayKey(tag, key)})
		}
		if err := tg.SetCommands(ctx, language, all); err != nil {
			d.bad("%v: the menu in %s is not set", err, tag)
			return
		}
		set = append(set, tag)
	}
	d.ok("the menu behind / is set in %s", strings.Join(set, ", "))
}

// commandOrder puts the menu first: it is what people look for.
func commandOrder(keys []string) []string {
	keys = slices.Clone(keys)
	slices.SortStableFunc(keys, func(a, b string) int {
		first := func(k string) int {
			if strings.HasSuffix(k, ".menu") {
				return 0
			}
			return 1
		}
		return first(a) - first(b)
	})
	return keys
}

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
