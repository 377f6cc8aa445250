package main

import (
	"context"
	"errors"
	"net/http"
	"net/netip"

	"concierge/cases"
	"concierge/cases/api"
	"concierge/cases/tracking"
	"concierge/channels"
	"concierge/desk"
	"concierge/inbox/upload"
	"concierge/locales"
)

// openPages makes what browsers and works systems ask for.
func (s *station) openPages() (err error) {
	c, set := s.talk.council, s.house.settings
	s.api = api.New(api.Settings{DB: s.db, Cases: s.cases, Council: c, Log: s.log})
	if s.tracking, err = s.newTracking(); err != nil {
		return err
	}
	proxies, err := set.Proxies()
	if err != nil {
		return err
	}
	if s.upload, err = s.newUpload(proxies); err != nil {
		return err
	}
	var names []channels.Name
	for _, n := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		if s.ways[n] != nil {
			names = append(names, n)
		}
	}
	s.desk, err = desk.New(desk.Settings{
		DB: s.db, Inbox: s.inbox, Handoffs: s.handoffs, Cases: s.cases, Keys: s.keys, Council: c, Feed: s.feed, Media: s.photos,
		Say: s.talk.words.Say, Dir: func(tag string) string { return s.talk.words.About(tag).Dir }, LanguageName: s.talk.nameOf,
		Preview: s.preview, PublicURL: set.PublicURL, Framed: s.simulator != nil, Proxies: proxies, Channels: names, Version: version, Log: s.log,
	})
	if errors.Is(err, desk.ErrPlainHTTP) {
		s.log.Warn("no desk: CONCIERGE_PUBLIC_URL must be https, or this machine's own address")
		s.desk, err = nil, nil
	}
	return err
}

// newTracking makes the page behind a case's link.
func (s *station) newTracking() (http.Handler, error) {
	set := s.house.settings
	return tracking.New(tracking.Settings{
		DB: s.db, Cases: s.cases, Inbox: s.inbox, Keys: s.keys, Council: s.talk.council, Boundary: s.talk.places.Rings(),
		Locales: func() *locales.Set { return s.talk.words }, Offered: s.talk.languages, Log: s.log,
		Reach: tracking.Reach{SMS: set.TwilioSMSFrom, WhatsApp: set.TwilioWhatsAppFrom},
	})
}

// newUpload makes the page that takes what a phone's messages cannot carry.
func (s *station) newUpload(proxies []netip.Prefix) (http.Handler, error) {
	return upload.New(upload.Settings{
		DB: s.db, Inbox: s.inbox, Keys: s.keys, Receiver: s.host, Gate: s.gate, Media: s.photos, Council: s.talk.council,
		Locales: func() *locales.Set { return s.talk.words }, Offered: s.talk.languages, Proxies: proxies, Log: s.log,
	})
}

// preview tells the desk what each follower would read of a move.
func (s *station) preview(ctx context.Context, ref cases.Reference, version int64, m cases.Move, by cases.Actor) ([]desk.Notice, error) {
	all, err := s.teller.Preview(ctx, ref, version, m, by)
	if err != nil {
		return nil, err
	}
	notices := make([]desk.Notice, len(all))
	for i, p := range all {
		notices[i] = desk.Notice{Follower: p.Follower.ID, Conversation: p.Conversation, Rows: p.Rows, At: p.At, Why: p.Why}
	}
	return notices, nil
}
