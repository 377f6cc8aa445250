package concierge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// Sweeper is a channel whose provider keeps a list of what residents wrote: the second chance for what no webhook brought. One gives
// for all senders of its account, oldest first; an error of give ends it.
type Sweeper interface {
	Sweep(ctx context.Context, since time.Time, give func(channels.Message) error) error
}

// When and how far the sweep looks (docs/operating.md, "The sweep").
const (
	sweepAfterStart = 5 * time.Second
	sweepAgain      = 2 * time.Minute // after each start, outage and 503: by then the youngest is old enough
	sweepEvery      = 5 * time.Minute
	sweepBack       = 30 * time.Minute
	sweepMargin     = 5 * time.Minute // behind what the last one has seen
	sweepFarthest   = 24 * time.Hour
	sweepAge        = 2 * time.Minute // younger messages may still come by their webhook
	sweepTime       = 50 * time.Second
	sweepRetry      = 5 * time.Second
)

// awayAfter is how late a message must be read for its answer to say that we were away.
const awayAfter = 10 * time.Minute

// The marks of the sweep: how far it has come, and when the concierge was here first. What was written before that is nobody's
// business of ours.
const (
	markSwept = "sweep"
	markFirst = "sweep-from"
)

// Sweep is the periodic job.
type Sweep struct{}

// Kind implements river.JobArgs.
func (Sweep) Kind() string { return "sweep" }

type sweepWorker struct {
	river.WorkerDefaults[Sweep]
	h *Host
}

// Work implements river.Worker.
func (w sweepWorker) Work(ctx context.Context, _ *river.Job[Sweep]) error {
	err := w.h.sweeper.run(ctx)
	if errors.Is(err, errCopying) {
		return nil // the next one is not far
	}
	return err
}

var errCopying = errors.New("a spool is being copied in")

// sweeper runs the sweeps of this node that follow its start, its outages and its refusals.
type sweeper struct {
	h      *Host
	way    Sweeper // nil: no provider keeps a list
	one    sync.Mutex
	mu     sync.Mutex
	due    []time.Time
	cancel context.CancelFunc
	work   sync.WaitGroup
}

func newSweeper(h *Host) *sweeper { return &sweeper{h: h} }

func (s *sweeper) start() {
	for _, name := range []channels.Name{channels.SMS, channels.WhatsApp} {
		if way, ok := s.h.s.Channels[name].(Sweeper); ok && s.way == nil {
			s.way = way
		}
	}
	if s.way == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.in(sweepAfterStart, sweepAfterStart+sweepAgain)
	began := s.h.s.Now()
	s.work.Go(func() {
		s.begin(ctx, began)
		s.loop(ctx)
	})
}

// begin marks, at the first start ever, that we are here from now on: what comes before the first sweep is ours too.
func (s *sweeper) begin(ctx context.Context, began time.Time) {
	for {
		err := s.h.s.DB.Write(ctx, func(tx *database.Tx) error {
			now := tx.Now()
			_, err := tx.Exec(ctx, markSQL, markFirst, now.Add(began.Sub(s.h.s.Now())))
			return err
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		s.h.s.Log.Warn("sweep: start not marked", "error", err)
		rest(ctx, probeTime)
	}
}

const markSQL = `INSERT INTO marks (name, at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`

func (s *sweeper) stop() {
	if s.cancel != nil {
		s.cancel()
		s.work.Wait()
	}
}

// run looks through the provider's list once.
func (s *sweeper) run(ctx context.Context) error {
	if s.way == nil {
		return nil
	}
	s.one.Lock()
	defer s.one.Unlock()
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	now, since, err := s.window(ctx)
	if err != nil {
		return err
	}
	found := 0
	err = s.way.Sweep(ctx, since, func(m channels.Message) error {
		if m.At.After(now.Add(-sweepAge)) {
			return nil
		}
		known, err := s.known(ctx, m)
		if known || err != nil {
			return err
		}
		found++
		failpoint.Hit("mid-sweep")
		err = s.h.receiveNow(ctx, m, coming{at: m.At, swept: true})
		if err != nil && ctx.Err() == nil && !database.Passing(err) { // the next are not to suffer for it
			s.h.s.Log.Error("a message of the provider's list could not be stored", "channel", string(m.Channel), "error", err)
			return nil
		}
		return err
	})
	if err == nil {
		err = s.mark(ctx, now.Add(-sweepAge))
	}
	if err != nil {
		s.h.s.Metrics.Swept.WithLabelValues("error").Inc()
		return fmt.Errorf("sweep: %w", err)
	}
	s.h.s.Metrics.Swept.WithLabelValues("ok").Inc()
	if found > 0 {
		s.h.s.Metrics.Swept.WithLabelValues("found").Add(float64(found))
		s.h.s.Log.Warn("messages found in the provider's list that no webhook brought", "count", found)
	}
	return nil
}

// window tells how far back to look: behind what was seen last, at least half an hour, at most a day.
func (s *sweeper) window(ctx context.Context) (now, since time.Time, err error) {
	if q := s.h.intake; q != nil {
		if n, _ := q.spool.Pending(); n > 0 || q.away.Load() {
			return now, since, errCopying
		}
	}
	err = s.h.s.DB.Write(ctx, func(tx *database.Tx) error {
		if busy, err := s.h.s.Inbox.Announced(ctx, tx); busy || err != nil {
			if err == nil {
				err = errCopying
			}
			return err
		}
		now = tx.Now()
		b := &database.Batch{}
		var seen, first time.Time
		for _, name := range []string{markSwept, markFirst} {
			b.Exec(markSQL, name, now)
		}
		b.Row(`SELECT at FROM marks WHERE name = $1`, markSwept).Into(&seen)
		b.Row(`SELECT at FROM marks WHERE name = $1`, markFirst).Into(&first)
		if err := tx.Run(ctx, b); err != nil {
			return err
		}
		since = earlier(seen.Add(-sweepMargin), now.Add(-sweepBack))
		since = later(since, later(first, now.Add(-sweepFarthest)))
		return nil
	})
	return now, since, err
}

func (s *sweeper) known(ctx context.Context, m channels.Message) (yes bool, err error) {
	err = s.h.s.DB.Read(ctx, func(tx *database.Tx) error {
		yes, err = s.h.s.Inbox.Known(ctx, tx, m)
		return err
	})
	return yes, err
}

func (s *sweeper) mark(ctx context.Context, at time.Time) error {
	return s.h.s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE marks SET at = $2 WHERE name = $1 AND at < $2`, markSwept, at)
		return err
	})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
