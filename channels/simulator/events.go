package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"concierge/channels"
)

// Of the stream: a comment keeps proxies from closing it, news of the case are looked for meanwhile, a reader who cannot keep up is
// cut and comes back to the whole state.
const (
	heartbeat   = 5 * time.Second
	writeTime   = 10 * time.Second
	streamSlack = 64
	newsDelay   = 150 * time.Millisecond
)

// event is one thing to tell the visitor's pages.
type event struct {
	name string
	data []byte
}

// publish tells all pages of a visitor. The lock is held.
func (s *Simulator) publish(v *visitor, name string, payload any) {
	if len(v.subs) == 0 {
		return
	}
	b, err := json.Marshal(payload)
	if err != nil {
		s.log.Error("simulator: an event has no JSON", "event", name, "error", err)
		return
	}
	for c := range v.subs {
		select {
		case c <- event{name, b}:
		default:
			delete(v.subs, c)
			close(c)
		}
	}
}

// tell shows bubbles, new or changed, and the phone they are on. The lock is held.
func (s *Simulator) tell(p *phone, changed ...*bubble) {
	if p.owner.phones[p.kind] != p {
		return // replaced by a new phone
	}
	s.publish(p.owner, "phone", s.phoneView(p, changed, false))
}

// tellAll draws a phone from nothing. The lock is held.
func (s *Simulator) tellAll(p *phone) { s.publish(p.owner, "phone", s.phoneView(p, p.bubbles, true)) }

// tellNews shows the case and the steps. The lock is held.
func (s *Simulator) tellNews(v *visitor) { s.publish(v, "news", newsView(v)) }

// refreshLater asks the host for news of a visitor's case, soon, once for many causes. The lock is held.
func (s *Simulator) refreshLater(v *visitor) {
	if s.settings.News == nil {
		return
	}
	if v.asking {
		v.again = true
		return
	}
	v.asking = true
	s.background(func(ctx context.Context) {
		for more := true; more; {
			t := time.NewTimer(newsDelay)
			select {
			case <-ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
			s.mu.Lock()
			v.again = false
			phones, tag := v.addresses(), v.tag
			s.mu.Unlock()
			news, err := s.settings.News(ctx, phones, tag)
			s.mu.Lock()
			if err == nil {
				was, _ := json.Marshal(newsView(v))
				v.news, v.answered = news, v.answered || news.Case != nil
				if is, _ := json.Marshal(newsView(v)); !bytes.Equal(was, is) {
					s.tellNews(v)
				}
			} else if ctx.Err() == nil {
				s.log.WarnContext(ctx, "simulator: no news of the case", "error", err)
			}
			more = v.again
			v.asking = more
			s.mu.Unlock()
		}
	})
}

// stream is GET /simulator/events: the whole state first, then what changes.
func (s *Simulator) stream(w http.ResponseWriter, r *http.Request) {
	v := s.visitor(w, r)
	c := make(chan event, streamSlack)
	s.mu.Lock()
	if v.subs == nil || len(v.subs) >= maxStreams {
		s.mu.Unlock()
		http.Error(w, "too many pages", http.StatusTooManyRequests)
		return
	}
	v.subs[c] = true
	state, err := json.Marshal(s.stateView(v))
	s.refreshLater(v)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(v.subs, c)
		s.mu.Unlock()
	}()
	if err != nil {
		http.Error(w, "no state", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	write := func(format string, args ...any) bool {
		_ = out.SetWriteDeadline(time.Now().Add(writeTime)) // a test's recorder has none
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && out.Flush() == nil
	}
	if !write("retry: 1000\nevent: state\ndata: %s\n\n", state) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case e, open := <-c:
			if !open || !write("event: %s\ndata: %s\n\n", e.name, e.data) {
				return
			}
		case <-beat.C:
			if !write(": still here\n\n") {
				return
			}
			s.mu.Lock()
			v.seen = s.settings.Now()
			s.refreshLater(v)
			s.tell(v.phones[channels.WhatsApp]) // its clock
			s.mu.Unlock()
		}
	}
}
