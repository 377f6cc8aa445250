package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gorilla/mux"

	"concierge/channels"
	"concierge/channels/telegram"
	"concierge/channels/twilio"
	"concierge/concierge"
	"concierge/internal/database"
	"concierge/internal/seal"
	"concierge/internal/spool"
)

// tryEvery is how often a node that started before its database looks for it.
const tryEvery = 500 * time.Millisecond

// openSpool opens the folder that keeps what comes while the database is slow or away; serve does not start without it.
func (h *house) openSpool() (done func(), err error) {
	if err := h.settings.Validate(); err != nil {
		return nil, err
	}
	folder := filepath.Join(h.settings.Data, "spool")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make spool folder: %w", err)
	}
	unlock, err := database.LockFolder(folder)
	if err != nil {
		return nil, err
	}
	secrets, err := h.secrets()
	if err == nil {
		key, older := spoolKeys(secrets)
		h.spool, err = spool.Open(folder, key, spool.Options{Older: older, Bad: func(file string, bytes int) {
			h.log.Error("spool: a record could not be used and was set aside", "file", filepath.Base(file), "bytes", bytes)
		}})
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return func() { _ = h.spool.Close(); unlock() }, nil
}

// spoolKeys are what the spool is sealed under, and what it may still be sealed under while the secret is being changed.
func spoolKeys(secrets [][]byte) (key []byte, older [][]byte) {
	for _, s := range secrets[1:] {
		older = append(older, seal.DeriveFrom(s, "spool"))
	}
	return seal.DeriveFrom(secrets[0], "spool"), older
}

// openHouse makes the station and takes the address. While a Postgres is away, webhooks are answered and what they bring is kept; the
// address is not let go in between.
func (h *house) openHouse() (s *station, web *listener, err error) {
	for {
		s, err = newStation(h)
		if err == nil || !database.Unreachable(err) || !(h.settings.Twilio() || h.settings.Telegram()) {
			break
		}
		if web == nil {
			h.log.Error("started without its database: webhooks are kept on disk, all else waits", "error", err)
			if web, err = listen(h.settings.Listen, nil, h.log); err != nil {
				return nil, nil, err
			}
			if err = h.openEarly(web); err != nil {
				break
			}
		}
		select {
		case <-h.ctx.Done():
			err = h.ctx.Err()
		case <-time.After(tryEvery):
			continue
		}
		break
	}
	if err == nil && web == nil {
		web, err = listen(h.settings.Listen, nil, h.log)
	}
	if err != nil && s != nil {
		s.close()
	}
	if err != nil && web != nil {
		err = errors.Join(err, web.Listener.Close())
	}
	return s, web, err
}

// openEarly answers providers with what needs no database.
func (h *house) openEarly(web *listener) (err error) {
	s := &station{house: h, log: h.log, ways: map[channels.Name]channels.Channel{}, early: concierge.Spooler{Spool: h.spool, Log: h.log}}
	if s.talk, err = h.talk(); err != nil {
		return err
	}
	if err := s.openChannels(); err != nil {
		return err
	}
	web.RegisterOnShutdown(s.close)
	r := mux.NewRouter().StrictSlash(false).SkipClean(true).UseEncodedPath()
	if s.twilio != nil {
		r.Handle(twilio.StatusRoute, s.twilio.StatusWebhook())
		r.Handle(twilio.Route, s.twilio.Webhook())
	}
	if s.telegram != nil && h.settings.TelegramMode != "poll" {
		r.Handle(telegram.Route, s.telegram.Webhook())
	}
	r.HandleFunc("/healthz", alive).Methods(http.MethodGet, http.MethodHead)
	r.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "the database does not answer\n")
	})
	web.open(secured(r, h.settings.PublicURL))
	return nil
}
