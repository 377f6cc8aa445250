package concierge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/spool"
)

// The limits of the way in (docs/operating.md, "When the database is slow or away").
const (
	receivePatience = 2 * time.Second // a webhook waits so long for the commit; then the message is kept on disk
	inHand          = 256             // messages whose transactions are under way; the next is kept on disk
	missesToAway    = 3               // in a row; then all that comes is kept on disk at once
)

// intake is the way in. While the database answers in time it is not noticed. When it does not, what came is kept on this node's disk
// and the provider told that it is safe; the transaction goes on, and if it commits after all, the unique id voids the copy.
type intake struct {
	h        *Host
	spool    *spool.Spool
	patience time.Duration

	hand   chan struct{} // room for transactions
	work   sync.WaitGroup
	misses atomic.Int32              // in a row
	away   atomic.Bool               // everything is kept on disk at once
	calm   atomic.Pointer[time.Time] // until then turns wait: other nodes may still have to announce what they kept
	open   atomic.Bool               // our announcement may stand: it must be ended
	skew   time.Duration             // how far the database's clock is ahead of ours, seen at the start of this drain
	kicked chan struct{}
	cancel context.CancelFunc
	looper sync.WaitGroup
}

func newIntake(h *Host) *intake {
	if h.s.Spool == nil {
		return nil
	}
	return &intake{h: h, spool: h.s.Spool, patience: receivePatience, hand: make(chan struct{}, inHand), kicked: make(chan struct{}, 1)}
}

var errSlow = errors.New("the database has not answered in time")

// take does work, or keeps what it would have done. A nil error means: on disk, in the database or in the spool.
func (q *intake) take(on channels.Name, kind byte, record func() []byte, work func() error) error {
	if q == nil {
		return work()
	}
	if q.away.Load() {
		return q.keep(on, kind, record())
	}
	select {
	case q.hand <- struct{}{}:
	default:
		return q.keep(on, kind, record())
	}
	done := make(chan error, 1)
	q.work.Go(func() {
		defer func() { <-q.hand }()
		done <- unpanicked(work)
	})
	timer := time.NewTimer(q.patience)
	defer timer.Stop()
	err := errSlow
	select {
	case err = <-done:
	case <-timer.C:
	}
	if err == nil {
		q.misses.Store(0)
		return nil
	}
	if !errors.Is(err, errSlow) && !database.Passing(err) { // the database is well: it is this message
		return q.keep(on, kind, record())
	}
	if n := q.misses.Add(1); n == missesToAway && q.away.CompareAndSwap(false, true) {
		q.h.s.Log.Error("database away: messages are kept on this node's disk", "error", err)
		q.h.s.Metrics.Away.Set(1)
	}
	return q.keep(on, kind, record())
}

// unpanicked makes an error of a panic: no webhook stands above this goroutine to catch it.
func unpanicked(work func() error) (err error) {
	defer caught(&err)
	return work()
}

// keep appends to the spool. When even that fails the provider must be told so, and what it then drops is looked for in its list.
func (q *intake) keep(on channels.Name, kind byte, data []byte) error {
	err := q.spool.Append(kind, q.h.s.Now(), data)
	if err != nil {
		q.h.s.Metrics.Spooled.WithLabelValues(string(on), "refused").Inc()
		q.h.s.Log.Error("spool cannot be written", "channel", string(on), "error", err)
		q.h.sweeper.soon()
		return err
	}
	q.h.s.Metrics.Spooled.WithLabelValues(string(on), "kept").Inc()
	q.kick()
	return nil
}

func (q *intake) kick() {
	select {
	case q.kicked <- struct{}{}:
	default:
	}
}

// calming tells whether turns wait because the database has just come back.
func (q *intake) calming() bool {
	if q == nil {
		return false
	}
	until := q.calm.Load() // it carries the process's steady clock: one that is set back stalls nothing
	return until != nil && q.h.s.Now().Before(*until)
}

// holding tells whether news of our sends may still lie here.
func (q *intake) holding() bool {
	if q == nil {
		return false
	}
	n, _ := q.spool.Pending()
	return n > 0 || q.away.Load() || q.calming()
}

// start begins to drain. What an earlier process left goes in before anything new is taken directly.
func (q *intake) start() {
	if q == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	q.cancel = cancel
	q.adopt()
	q.looper.Go(func() { q.loop(ctx) })
}

// adopt takes over what an earlier process left.
func (q *intake) adopt() {
	if n, _ := q.spool.Pending(); n > 0 {
		q.away.Store(true)
	}
	if q.h.s.DB.Engine() == database.SQLite { // there an announcement has no age: one of a process that died would stand for ever
		q.open.Store(true)
	}
}

// stop waits for transactions in hand, each of which ends within receiveTime, and for the drain. Receivers have stopped before.
func (q *intake) stop(ctx context.Context) {
	if q == nil || q.cancel == nil {
		return
	}
	done := make(chan struct{})
	go func() { q.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done(): // they are in the spool by now, or the provider has no answer
	}
	q.cancel()
	q.looper.Wait()
}

// Spooler receives while there is no database at all: a node that starts before its database keeps what webhooks bring. Its host drains
// the same spool later.
type Spooler struct {
	Spool *spool.Spool
	Log   *slog.Logger
}

var _ channels.Receiver = Spooler{}

// Receive implements channels.Receiver.
func (s Spooler) Receive(_ context.Context, m channels.Message) error {
	return s.keep(keptMessage, messageRecord(m))
}

// Receipt implements channels.Receiver.
func (s Spooler) Receipt(_ context.Context, r channels.Receipt) error {
	return s.keep(keptReceipt, receiptRecord(r))
}

// Quarantine implements channels.Receiver.
func (s Spooler) Quarantine(_ context.Context, from channels.Name, id string, raw []byte) error {
	return s.keep(keptUnread, unreadRecord(unread{Channel: from, ID: id, Row: database.NewID()}, raw))
}

func (s Spooler) keep(kind byte, data []byte) error {
	err := s.Spool.Append(kind, time.Now(), data)
	if err != nil {
		s.Log.Error("spool cannot be written", "error", err)
	}
	return err
}
