// Package simulator is SMS, WhatsApp and Telegram on a web page: three phones for every visitor, to try the concierge with no
// account anywhere and no request leaving the machine. Its channels keep the real capabilities, limits, refusals and receipts, and
// what is typed on its phones comes in through channels.Receiver like any provider's message.
//
// It refuses to know what a message means, cases, databases and words: the host gives it levers, news of the case and phrases. It
// keeps everything in memory, bounded, and forgets it when it stops.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"concierge/channels"
)

// ErrNothing is what a lever says when there is no case to act on, or none that can go further.
var ErrNothing = errors.New("simulator: nothing to do")

// Account stands where a provider's account SID would, in each message's duplicate key.
const Account = "simulator"

// Simulator is the three channels and the page. It is safe for use at once.
type Simulator struct {
	settings Settings
	public   *url.URL
	hosts    map[string]bool
	index    *template.Template
	files    map[string]file
	log      *slog.Logger

	mu       sync.Mutex // guards all below; never held while the host is called
	visitors map[string]*visitor
	lines    map[channels.Address]*phone
	pictures pictures

	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup
}

// New checks the settings, all at once, and reads the embedded page.
func New(s Settings) (*Simulator, error) {
	public, err := s.check()
	if err != nil {
		return nil, err
	}
	index, files, err := readPage()
	if err != nil {
		return nil, fmt.Errorf("read the simulator's page: %w", err)
	}
	hosts := map[string]bool{strings.ToLower(public.Hostname()): true}
	for _, h := range s.Hosts {
		hosts[strings.ToLower(h)] = true
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Simulator{
		settings: s, public: public, hosts: hosts, index: index, files: files, log: s.Log, visitors: map[string]*visitor{},
		lines: map[channels.Address]*phone{}, ctx: ctx, stop: stop,
	}, nil
}

// Channels are the ways out to the phones, without those that a real provider serves.
func (s *Simulator) Channels() []channels.Channel {
	var out []channels.Channel
	for _, n := range kinds {
		if !s.closed(n) {
			out = append(out, &channel{s, n})
		}
	}
	return out
}

// Close ends the open streams, waits for receipts on their way, and forgets nothing else: the process is about to end.
func (s *Simulator) Close() {
	s.stop()
	s.work.Wait()
}

// Handler is everything below /simulator/.
func (s *Simulator) Handler() http.Handler { return s.routes() }

// kinds are the phones in the order they stand on the page.
var kinds = [...]channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram}

func (s *Simulator) closed(n channels.Name) bool {
	for _, c := range s.settings.Closed {
		if c == n {
			return true
		}
	}
	return false
}

// background runs f until it is done, owned by Close. After Close nothing starts.
func (s *Simulator) background(f func(ctx context.Context)) {
	if s.ctx.Err() != nil {
		return
	}
	s.work.Go(func() { f(s.ctx) })
}

// pause waits as long as a network would, 50 to 300 ms, or not at all. It tells whether to go on.
func (s *Simulator) pause(ctx context.Context) bool {
	if !s.settings.Delay {
		return ctx.Err() == nil
	}
	t := time.NewTimer(50*time.Millisecond + rand.N(250*time.Millisecond)) //nolint:gosec // a pause needs no secret
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
