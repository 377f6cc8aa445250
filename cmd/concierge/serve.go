package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"concierge/desk"
	"concierge/internal/database"
)

type serveCommand struct{}

// stopTime is how long a graceful stop may take in all (docs/operating.md): sends in hand finish, then pools close.
const stopTime = 9 * time.Second

// Run serves until it is told to stop.
func (serveCommand) Run(h *house) error {
	began := time.Now()
	done, err := h.openSpool()
	if err != nil {
		return err
	}
	defer done()
	s, web, err := h.openHouse()
	if h.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to stop while it waited for its database
	}
	if err != nil {
		return err
	}
	defer s.close()
	if s.desk != nil {
		web.RegisterOnShutdown(s.desk.Close)
	}
	var meters *listener
	if h.settings.MetricsListen != "" {
		if meters, err = listen(h.settings.MetricsListen, instruments(s.registry), h.log); err != nil {
			return errors.Join(err, web.Listener.Close())
		}
		meters.start()
	}
	if err := s.start(); err != nil {
		return errors.Join(err, web.Listener.Close())
	}
	web.open(s.routes())
	h.log.Info("serving", "listen", web.Listener.Addr().String(), "engine", string(s.db.Engine()), "languages", s.talk.offered, "after", time.Since(began).Round(time.Millisecond))
	if err := s.welcome(); err != nil {
		h.log.Error("no sign-in link", "error", err)
	}
	var served error
	select {
	case <-h.ctx.Done():
	case served = <-web.done:
		web.done <- http.ErrServerClosed // for shut, which waits for it
	}
	return errors.Join(served, s.shut(web, meters))
}

// shut stops in the reverse order of the start.
func (s *station) shut(web, meters *listener) error {
	s.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	s.log.Info("stopping")
	if s.simulator != nil {
		s.simulator.Close() // its streams would keep the listener
	}
	err := errors.Join(web.shut(ctx), s.stop(ctx))
	if meters != nil {
		err = errors.Join(err, meters.shut(ctx))
	}
	return err
}

// welcome tells a newcomer where to go. The link goes to standard output, never to the log.
func (s *station) welcome() error {
	at := s.house.settings.PublicURL
	fmt.Fprintf(s.house.out, "\nThe concierge of %s is ready.\n\n", s.talk.council.Name)
	if s.simulator != nil {
		fmt.Fprintf(s.house.out, "  Simulator   %s/simulator/\n", at)
	}
	if s.desk == nil {
		return nil
	}
	if !s.demo {
		fmt.Fprintf(s.house.out, "  Desk        %s/desk/   (let people in with `concierge staff add`)\n\n", at)
		return nil
	}
	link, err := s.demoLink(s.house.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.house.out, "  Desk        %s%s\n              (this link signs in once, as the demo's supervisor)\n\n", at, link)
	return nil
}

// demoLink signs in the demo's supervisor: a path below the public URL.
func (s *station) demoLink(ctx context.Context) (link string, err error) {
	var token string
	err = s.db.Write(ctx, func(tx *database.Tx) (err error) {
		token, err = desk.DemoLink(ctx, tx, s.talk.words.SayKey(s.talk.words.Tags()[0], "desk.demo.name"))
		return err
	})
	return "/desk/welcome/" + token, err
}
