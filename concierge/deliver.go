package concierge

import (
	"context"
	"errors"
	"slices"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// sendTime bounds one provider's call, well inside the lease of 15 s (docs/architecture.md, "Out").
const sendTime = 8 * time.Second

const (
	atOnce = 64                   // results that share a commit at most
	linger = 2 * time.Millisecond // how long a result waits for others, or for a turn that takes it along
	rounds = 6                    // how often a busy conversation is passed over before its lock is waited for
)

// send gives a marked message to its provider, in a goroutine of its own; the result waits to be stored.
func (o *outbox) send(m *inbox.Marked) {
	o.billed(m)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return // its lease ends by itself, and another node looks
	}
	if m.Ask {
		o.sends.Go(func() { o.ask(m) })
		return
	}
	o.sends.Go(func() { o.finished.put(o.call(m)) })
}

func (o *outbox) call(m *inbox.Marked) inbox.Result {
	name := m.Out.To.Kind()
	ch, g := o.h.s.Channels[name], o.gate(m)
	metrics := o.h.s.Metrics
	metrics.InFlight.WithLabelValues(string(name)).Inc()
	start := o.h.s.Now()
	ctx, cancel := context.WithTimeout(o.ctx, sendTime)
	failpoint.Hit("send: before the call")
	handle, err := safely(ctx, ch, m.Out)
	failpoint.Hit("send: after the call")
	cancel()
	metrics.Send.WithLabelValues(string(name)).Observe(o.h.s.Now().Sub(start).Seconds())
	metrics.InFlight.WithLabelValues(string(name)).Dec()
	r := inbox.Result{Marked: m, Handle: handle}
	word := "ok"
	if err != nil {
		r.Err = sendError(err)
		word = string(r.Err.Class)
		o.logFailure(m, r.Err)
	}
	metrics.Sent.WithLabelValues(string(name), word).Inc()
	g.sent(r.Err)
	return r
}

// safely calls a provider. A panic of its library is a send nobody knows the fate of.
func safely(ctx context.Context, ch channels.Channel, out channels.Outgoing) (h channels.Handle, err error) {
	defer func() {
		if recover() != nil {
			err = &channels.SendError{Class: channels.Uncertain, Code: "panic"}
		}
	}()
	return ch.Send(ctx, out)
}

func sendError(err error) *channels.SendError {
	var s *channels.SendError
	if errors.As(err, &s) {
		return s
	}
	return &channels.SendError{Class: channels.Uncertain, Code: "error"}
}

func (o *outbox) logFailure(m *inbox.Marked, err *channels.SendError) {
	level := o.h.s.Log.Info
	if err.Class == channels.Configuration {
		level = o.h.s.Log.Error // nothing of this sender goes out until somebody looks
	}
	level("not sent", "message", m.Out.ID, "channel", string(m.Out.To.Kind()), "attempt", m.Out.Attempt, "class", string(err.Class), "code", err.Code)
}

// commit stores results, as many as have gathered: the busier, the fewer commits.
func (o *outbox) commit() {
	for o.finished.wait() {
		o.store()
	}
}

// storeTime bounds one try to store results. What cannot be stored for so long counts as uncertain, which is what it will be to the
// next node: the lease ends by itself.
const (
	storeTime  = 5 * time.Second
	storeTries = 5
	lastTry    = 700 * time.Millisecond // when we have no time left: then it goes to the spool
)

func (o *outbox) store() {
	var batch []inbox.Result
	var next []*inbox.Marked
	var more []string
	var busy []inbox.Result
	var room entered
	var lost []*inbox.Marked // by tries whose commit failed
	err := o.again(func(ctx context.Context) error {
		room.leave()
		lost, next = append(lost, next...), nil
		return o.h.s.DB.Write(ctx, func(tx *database.Tx) (err error) {
			if batch == nil { // only now: while we waited for the database, turns may have taken theirs along
				if batch = o.finished.collect(atOnce); batch == nil {
					return nil
				}
			}
			next, more, busy, err = o.h.s.Inbox.Settle(ctx, tx, batch, o.rules(&room))
			failpoint.Hit("store: before commit")
			return err
		})
	})
	if err != nil {
		room.leave()
		o.unheard(append(lost, next...))
		o.abandon(batch, err)
		return
	}
	o.unheard(lost)
	o.heed(batch, busy)
	failpoint.Hit("store: after commit")
	if len(batch) > len(busy) {
		o.h.s.Metrics.Merged.Observe(float64(len(batch) - len(busy)))
	}
	for _, m := range next {
		o.send(m)
	}
	if slices.ContainsFunc(batch, inbox.Result.Seen) {
		o.h.feedWake()
	}
	for _, id := range more {
		o.wake(id)
	}
	for _, r := range busy {
		if !o.finished.putBack(r) {
			o.storers.Go(func() { o.storeOne(r) }) // whoever holds the lock holds it long
		}
	}
}

// heed counts what results showed once they were stored: an id that contradicts the one a callback brought, and second copies.
func (o *outbox) heed(stored, busy []inbox.Result) {
	for _, r := range stored {
		if slices.ContainsFunc(busy, func(b inbox.Result) bool { return b.Marked == r.Marked }) {
			continue
		}
		name := string(r.Out.To.Kind())
		if r.Contradicts() {
			o.h.s.Metrics.Receipts.WithLabelValues(name, string(inbox.Contradicts)).Inc()
			o.h.s.Log.Warn("another id than the callback's ignored", "message", r.Out.ID, "attempt", r.Out.Attempt)
		}
		if r.Second() {
			o.h.second(name, r.Out.ID)
		}
	}
}

// second counts a message that is known to have gone out twice.
func (h *Host) second(channel, message string) {
	h.s.Metrics.Seconds.WithLabelValues(channel).Inc()
	h.s.Log.Warn("a message went out twice", "message", message)
}

// storeOne waits for a conversation's lock to store its result.
func (o *outbox) storeOne(r inbox.Result) {
	err := o.again(func(ctx context.Context) error {
		return o.h.s.DB.Write(ctx, func(tx *database.Tx) error {
			c, err := o.h.s.Inbox.Lock(ctx, tx, r.Conversation)
			if err != nil {
				return err
			}
			b := &database.Batch{}
			if err := o.h.s.Inbox.SettleTo(b, c, r, o.h.s.Node, tx.Now()); err != nil {
				return err
			}
			o.h.s.Inbox.SaveTo(b, c)
			o.h.s.Inbox.Refund(b, r)
			tx.AfterCommit(func() {
				o.heed([]inbox.Result{r}, nil)
				o.wake(r.Conversation)
			})
			return tx.Run(ctx, b)
		})
	})
	if err != nil {
		o.abandon([]inbox.Result{r}, err)
	}
}

// abandon gives up storing results: what a provider took is kept on this node's disk, so that it is not sent again.
func (o *outbox) abandon(batch []inbox.Result, err error) {
	lost := 0
	for _, r := range batch {
		if !o.h.intake.keepResult(r) {
			lost++
		}
	}
	o.h.s.Metrics.Abandoned.Add(float64(lost))
	o.h.s.Log.Error("outbox: results not stored", "count", len(batch), "kept", len(batch)-lost, "error", err)
}

// again tries a few times: a database that has just been restarted takes the result all the same. It goes on while we stop.
func (o *outbox) again(f func(context.Context) error) (err error) {
	for n := range storeTries {
		limit := storeTime
		if o.ctx.Err() != nil {
			limit = lastTry
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), limit)
		err = f(ctx)
		cancel()
		if err == nil || o.ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Duration(1<<n) * 50 * time.Millisecond)
	}
	return err
}
