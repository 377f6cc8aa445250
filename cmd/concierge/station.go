package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/riverqueue/river"

	"concierge/cases"
	"concierge/channels"
	"concierge/channels/simulator"
	"concierge/channels/telegram"
	"concierge/channels/twilio"
	"concierge/concierge"
	"concierge/desk"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/feed"
	"concierge/internal/jobs"
	"concierge/internal/media"
	"concierge/internal/seal"
)

// version is this binary's, for the desk's health page.
const version = "1"

// station is one running node: every room, made and joined by hand, in order. Serve puts it behind a listener, chat behind a terminal.
type station struct {
	house    *house
	log      *slog.Logger
	talk     *talk
	db       *database.DB
	keys     *seal.Keys
	queue    *jobs.Client
	inbox    *inbox.Inbox
	handoffs *inbox.Handoffs
	cases    *cases.Cases
	teller   *concierge.Teller
	host     *concierge.Host
	engine   *dialog.Engine
	feed     *feed.Tail
	photos   *media.Folder
	gate     *media.Gate // shared by all ways a photo comes in
	registry *prometheus.Registry

	ways      map[channels.Name]channels.Channel
	twilio    *twilio.Twilio
	telegram  *telegram.Telegram
	simulator *simulator.Simulator
	desk      *desk.Desk
	api       http.Handler
	tracking  http.Handler
	upload    http.Handler
	early     channels.Receiver // instead of the host, while there is no database
	demo      bool              // everything is on this machine: one press signs in

	stopping atomic.Bool
	undo     []func() // in the order of making; close runs them from the last
	work     sync.WaitGroup
	cancel   context.CancelFunc
}

// newStation makes everything and starts nothing. More are ways to residents beside those configured. What it made before it failed is
// closed again.
func newStation(h *house, more ...channels.Channel) (_ *station, err error) {
	if err := h.settings.Validate(); err != nil {
		return nil, err
	}
	s := &station{house: h, log: h.log, ways: map[channels.Name]channels.Channel{}, registry: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.talk, err = h.talk(); err != nil {
		return nil, err
	}
	if err := errors.Join(s.talk.disagreements()...); err != nil {
		return nil, err
	}
	for tag, why := range s.talk.held {
		h.log.Warn("language held back", "language", tag, "why", why)
	}
	s.demo = h.settings.Loopback() && !h.settings.Twilio() && !h.settings.Telegram()
	s.way(more...)
	for _, step := range []func() error{s.openDatabase, s.openStores, s.openChannels, s.openRooms, s.openPages} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// openDatabase opens the database in the schema of this version. SQLite is migrated here; on Postgres nodes share it, so a command does.
func (s *station) openDatabase() (err error) {
	h := s.house
	if s.db, err = h.open(); err != nil {
		return err
	}
	s.later(func() { _ = s.db.Close() })
	if h.settings.Postgres() {
		return s.db.SchemaCurrent(h.ctx)
	}
	unlock, err := database.LockFolder(h.settings.Data)
	if err != nil {
		return err
	}
	s.later(unlock)
	return s.db.Migrate(h.ctx)
}

func (s *station) openStores() (err error) {
	h := s.house
	if s.keys, err = h.keys(s.db); err != nil {
		return err
	}
	folder := h.settings.Media
	if folder == "" {
		folder = filepath.Join(h.settings.Data, "photos")
	}
	if s.photos, err = media.OpenFolder(folder); err != nil {
		return err
	}
	s.later(func() { _ = s.photos.Close() })
	s.gate = media.NewGate(h.settings.Data)
	s.feed, err = feed.NewTail(h.ctx, s.db, h.log)
	return err
}

// openRooms joins the rooms. The workers are known to the queue before they have anybody to work for; nothing runs before start.
func (s *station) openRooms() (err error) {
	c := s.talk.council
	workers := river.NewWorkers()
	if s.queue, err = jobs.New(s.db, workers, concierge.Periodic(), s.log); err != nil {
		return err
	}
	wake := func(conversation string) { s.host.Wake(conversation) }
	s.inbox = inbox.New(s.keys, s.talk.words.Say, s.queue, inbox.Options{Wake: wake, Source: c.Languages.Source})
	s.handoffs = inbox.NewHandoffs(s.inbox, c)
	s.cases = cases.New(cases.RulesOf(c), s.queue)
	s.teller = concierge.NewTeller(concierge.TellerSettings{DB: s.db, Keys: s.keys, Inbox: s.inbox, Cases: s.cases, Council: c,
		Queue: s.queue, PublicURL: s.house.settings.PublicURL, Name: s.talk.nameOf})
	metrics := concierge.NewMetrics()
	metrics.Register(s.registry)
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.host = concierge.New(concierge.Settings{
		DB: s.db, Keys: s.keys, Inbox: s.inbox, Handoffs: s.handoffs, Cases: s.cases, Council: c, Places: s.talk.places,
		Languages: func() concierge.Languages { return spoken{s.talk} }, Channels: s.ways, Queue: s.queue, Media: s.photos, Photos: s.gate, Spool: s.house.spool,
		PublicURL: s.house.settings.PublicURL, Rates: ratesOf(c), Each: eachOf(c, s.house.settings), Version: version, FeedWake: s.feed.Wake, Log: s.log, Metrics: metrics,
	})
	s.host.Workers(workers)
	jobs.Work(workers, s.teller.Changed)
	jobs.Work(workers, s.teller.Tell)
	return s.learn()
}

// learn trains the classifier and the language guess, and gives the host its engine. Nobody is heard before: whoever writes in the
// first moment after a start would get a menu instead of an answer.
func (s *station) learn() (err error) {
	if s.engine, err = s.talk.trained(s.house.explain); err != nil {
		return err
	}
	s.host.SetEngine(s.engine)
	debug.FreeOSMemory() // what the lesson needed is many times what was learned
	return nil
}

// start lets work begin: the jobs, the outbox, the live pages.
func (s *station) start() error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.house.ctx))
	s.cancel = cancel
	if err := s.host.Start(ctx); err != nil {
		return err
	}
	if err := s.queue.Start(ctx); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	s.work.Go(func() { _ = s.feed.Run(ctx) })
	s.work.Go(func() { s.keys.Watch(ctx, s.log) })
	if s.telegram != nil && s.house.settings.TelegramMode == "poll" {
		s.work.Go(func() {
			s.db.Alone(ctx, "telegram poll", func(ctx context.Context) { // two that ask refuse each other
				if err := s.telegram.Poll(ctx); err != nil && ctx.Err() == nil {
					s.log.Error("telegram: polling ended", "error", err)
				}
			})
		})
	}
	return nil
}

// stop ends work in the reverse order of start and waits for it, as long as ctx allows.
func (s *station) stop(ctx context.Context) error {
	err := errors.Join(s.queue.Stop(ctx), s.host.Stop(ctx))
	s.cancel()
	s.work.Wait()
	return err
}

func (s *station) later(f func()) { s.undo = append(s.undo, f) }

func (s *station) close() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}
