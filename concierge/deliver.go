package concierge

import (
	"context"
	"errors"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

// sendTime bounds one provider's call, well inside the lease of 15 s (docs/architecture.md, "Out").
const sendTime = 8 * time.Second

const (
	committers = 2
	atOnce     = 64 // results that share a commit at most
)

// send gives a marked message to its provider, in a goroutine of its own; the result goes to a committer.
func (o *outbox) send(m *inbox.Marked) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return // its lease ends by itself, and another node looks
	}
	o.sends.Go(func() { o.done <- o.call(m) })
}

func (o *outbox) call(m *inbox.Marked) inbox.Result {
	name := m.Out.To.Kind()
	ch, g := o.h.s.Channels[name], o.gates[name]
	metrics := o.h.s.Metrics
	metrics.InFlight.WithLabelValues(string(name)).Inc()
	start := o.h.s.Now()
	ctx, cancel := context.WithTimeout(o.ctx, sendTime)
	handle, err := safely(ctx, ch, m.Out)
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
	g.told(r.Err)
	g.leave()
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

// commit stores results, as many as have gathered while the last commit was under way: the busier, the fewer commits.
func (o *outbox) commit() {
	for first := range o.done {
		batch := []inbox.Result{first}
		for len(batch) < atOnce {
			select {
			case r, ok := <-o.done:
				if ok {
					batch = append(batch, r)
					continue
				}
			default:
			}
			break
		}
		o.store(batch)
	}
}

// storeTime bounds one try to store results. What cannot be stored for so long counts as uncertain, which is what it will be to the
// next node: the lease ends by itself.
const (
	storeTime  = 5 * time.Second
	storeTries = 5
)

func (o *outbox) store(batch []inbox.Result) {
	var more []string
	var busy []*inbox.Marked
	err := o.again(func(ctx context.Context) error {
		return o.h.s.DB.Write(ctx, func(tx *database.Tx) (err error) {
			more, busy, err = o.h.s.Inbox.Settle(ctx, tx, o.h.s.Node, batch)
			return err
		})
	})
	if err != nil {
		o.h.s.Metrics.Abandoned.Add(float64(len(batch)))
		o.h.s.Log.Error("outbox: results not stored", "count", len(batch), "error", err)
		return
	}
	o.h.s.Metrics.Merged.Observe(float64(len(batch)))
	for _, id := range more {
		o.wake(id)
	}
	for _, m := range busy {
		o.storers.Go(func() { // whoever holds the lock may hold it long
			if err := o.free(m); err != nil {
				o.h.s.Log.Warn("outbox: lease not freed", "conversation", m.Conversation, "error", err)
			}
		})
	}
}

// free gives up the lease of a conversation that was locked by somebody when its result was stored.
func (o *outbox) free(m *inbox.Marked) error {
	return o.again(func(ctx context.Context) error {
		return o.h.s.DB.Write(ctx, func(tx *database.Tx) error {
			more, err := o.h.s.Inbox.Free(ctx, tx, o.h.s.Node, m)
			if err == nil && more {
				tx.AfterCommit(func() { o.wake(m.Conversation) })
			}
			return err
		})
	})
}

// again tries a few times: a database that has just been restarted takes the result all the same. It goes on while we stop.
func (o *outbox) again(f func(context.Context) error) (err error) {
	for n := range storeTries {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), storeTime)
		err = f(ctx)
		cancel()
		if err == nil || o.ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Duration(1<<n) * 50 * time.Millisecond)
	}
	return err
}
