package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"concierge/channels/telegram"
)

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
