package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"concierge/inbox"
	"concierge/internal/feed"
)

const (
	heartbeat   = 15 * time.Second // also when the session is looked at again
	writeWithin = 10 * time.Second // a browser that takes longer is gone
)

// news is what a page is told: where to look. Rights are checked when it looks.
type news struct {
	N            int64  `json:"n"`
	Kind         byte   `json:"kind"`
	Conversation string `json:"conversation,omitempty"`
	Case         string `json:"case,omitempty"`
}

// events is the live stream: one for a visible page, ids only.
func (d *Desk) events(w http.ResponseWriter, r *request) error {
	s := &stream{d: d, r: r, w: w, out: http.NewResponseController(w), actor: r.Person.actor(seeWork)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold it back
	heard, stop := d.Feed.Subscribe()
	defer stop()
	if err := s.write("retry: 2000\n\n"); err != nil {
		return nil
	}
	if err := s.catchUp(); err != nil {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return nil
		case <-d.ending:
			return nil
		case <-beat.C:
			if !s.stands() {
				return nil
			}
			err = s.write(": still here\n\n")
		case e, open := <-heard:
			if !open { // too slow: the browser connects again and catches up
				return nil
			}
			if e.Topic == feedStaff {
				if e.Subject == r.Person.ID && !s.stands() {
					return nil
				}
				continue
			}
			err = s.send(e)
		}
		if err != nil {
			return nil // the browser has gone
		}
	}
}

// stream is one page's.
type stream struct {
	d     *Desk
	r     *request
	w     http.ResponseWriter
	out   *http.ResponseController
	actor inbox.Actor
}

// catchUp sends what came since the browser's last event.
func (s *stream) catchUp() error {
	last := s.r.Header.Get("Last-Event-ID")
	if last == "" {
		last = s.r.URL.Query().Get("after")
	}
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil {
		return nil
	}
	missed, more, err := s.d.Feed.Since(s.r.Context(), n)
	if err != nil {
		return err
	}
	if more {
		return s.write(fmt.Sprintf("id: %d\nevent: resync\ndata: {}\n\n", s.d.Feed.Head()))
	}
	for _, e := range missed {
		e.Low = e.N
		if err := s.send(e); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) send(e feed.Event) error {
	n := news{N: e.N, Kind: e.Kind}
	switch e.Topic {
	case inbox.FeedConversation:
		if !s.visible(e) {
			return nil
		}
		n.Conversation = e.Subject
	case feedCase:
		n.Case = e.Subject
	default:
		return nil
	}
	data, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("id: %d\nevent: message\ndata: %s\n\n", e.Low, data))
}

// visible leaves out conversations this person may not see: not even their ids.
func (s *stream) visible(e feed.Event) bool {
	team, err := s.d.teams.of(s.r.Context(), s.d.DB, e)
	return err == nil && s.actor.Sees(team)
}

// stands tells whether the session is still there and the person still may.
func (s *stream) stands() bool {
	// A context of its own: the request's holds the session as it was when the stream began.
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	ctx, err := s.d.sessions.Load(ctx, cookieValue(s.r.Request, s.d.sessions.Cookie.Name))
	return err == nil && s.d.sessions.GetString(ctx, staffKey) == s.r.Person.ID
}

func (s *stream) write(text string) error {
	if err := s.out.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.out.Flush()
}

// head tells the newest number, for a page that was hidden or offline.
func (d *Desk) head(w http.ResponseWriter, r *request) error {
	w.Header().Set("Content-Type", "application/json")
	_, err := fmt.Fprintf(w, `{"n":%d}`, d.Feed.Head())
	if err != nil {
		return nil // the browser has gone
	}
	return nil
}
