package concierge

import (
	"context"
	"errors"
	"sync"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

const (
	probeEvery   = 250 * time.Millisecond // while the database is away
	probeTime    = time.Second
	renewEvery   = time.Second
	drainAtOnce  = 64
	drainWorkers = 8
	recordTries  = 3               // of a record the database has no objection to in general
	calmFor      = 2 * time.Second // other nodes see that the database is back within this
	takeLimit    = 500             // conversations looked up at once
)

// loop drains whenever something is kept and the database answers.
func (q *intake) loop(ctx context.Context) {
	every := time.NewTicker(probeEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-q.kicked:
		}
		if q.undrained() && q.answers(ctx) {
			if err := q.drain(ctx); err != nil && ctx.Err() == nil {
				q.h.s.Log.Warn("spool not drained", "error", err)
			}
		}
	}
}

// undrained tells whether there is something to drain, or an outage or an announcement to end.
func (q *intake) undrained() bool {
	records, size := q.spool.Pending()
	q.h.s.Metrics.SpoolRecords.Set(float64(records))
	q.h.s.Metrics.SpoolBytes.Set(float64(size))
	return records > 0 || q.away.Load() || q.open.Load()
}

// answers tells whether the database can be written.
func (q *intake) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	return q.h.s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE spools SET renewed_at = renewed_at WHERE node = $1`, q.h.s.Node)
		return err
	}) == nil
}

// drain announces, copies in all that is kept as messages whose turns wait, lets messages come directly again, ends the announcement,
// and takes the turns by the time the messages came. After an outage it lets other nodes announce first: they may hold earlier ones.
func (q *intake) drain(ctx context.Context) error {
	outage := q.away.Load()
	if outage {
		until := q.h.s.Now().Add(calmFor)
		q.calm.Store(&until)
	}
	q.open.Store(true)
	if err := q.announce(ctx); err != nil {
		return err
	}
	if err := q.compareClocks(ctx); err != nil {
		return err
	}
	failpoint.Hit("drain: announced")
	renewing, done := context.WithCancel(ctx)
	var renewer sync.WaitGroup
	renewer.Go(func() { q.renew(renewing) })
	copied, err := q.copyAll(ctx)
	done()
	renewer.Wait()
	if err != nil {
		return err // the announcement goes stale by itself, or the next drain renews it
	}
	failpoint.Hit("drain: before close")
	err = q.h.s.DB.Write(ctx, func(tx *database.Tx) error { return q.h.s.Inbox.Unannounce(ctx, tx, q.h.s.Node) })
	if err != nil {
		return err // the loop comes again while it is open
	}
	q.open.Store(false)
	failpoint.Hit("drain: closed")
	if outage {
		q.h.s.Log.Info("database back: what was kept is copied in", "records", copied)
		q.h.sweeper.soon()
		for q.calming() && ctx.Err() == nil {
			rest(ctx, min(q.calm.Load().Sub(q.h.s.Now()), probeEvery))
		}
	}
	q.h.takeReady(ctx)
	return nil
}

// compareClocks sees how far the database's clock is from ours: what was kept is ordered beside other nodes' by that clock.
func (q *intake) compareClocks(ctx context.Context) error {
	return q.h.s.DB.Read(ctx, func(tx *database.Tx) error {
		q.skew = tx.Now().Sub(q.h.s.Now())
		return nil
	})
}

func (q *intake) announce(ctx context.Context) error {
	return q.h.s.DB.Write(ctx, func(tx *database.Tx) error { return q.h.s.Inbox.Announce(ctx, tx, q.h.s.Node) })
}

func (q *intake) renew(ctx context.Context) {
	every := time.NewTicker(renewEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if err := q.announce(ctx); err != nil && ctx.Err() == nil {
				q.h.s.Log.Warn("spool announcement not renewed", "error", err)
			}
		}
	}
}

// takeReady takes the turns that wait, unless a node still copies in: whoever ends last takes them all. What fails has a job.
func (h *Host) takeReady(ctx context.Context) {
	for ctx.Err() == nil {
		var ids []string
		err := h.s.DB.Read(ctx, func(tx *database.Tx) error {
			if busy, err := h.s.Inbox.Announced(ctx, tx); busy || err != nil {
				return err
			}
			var err error
			ids, err = h.s.Inbox.ReadyToTake(ctx, tx, takeLimit)
			return err
		})
		if err != nil || len(ids) == 0 {
			return // the jobs take them
		}
		failed := make([]error, len(ids))
		each(len(ids), func(i int) { failed[i] = h.takeWaiting(ctx, ids[i]) })
		if err := errors.Join(failed...); err != nil {
			h.s.Log.Warn("waiting turns not taken", "error", err)
			return
		}
	}
}

// keepResult keeps that a provider took a message, when the database will not: so it is not sent again.
func (q *intake) keepResult(r inbox.Result) bool {
	if q == nil || r.Err != nil {
		return false // surely not sent, or nobody knows: the end of its lease says the same
	}
	name := r.Out.To.Kind()
	return q.keep(name, keptReceipt, receiptRecord(channels.Receipt{Channel: name, Message: r.Out.ID, Attempt: r.Out.Attempt,
		Handle: r.Handle, Status: channels.Sent})) == nil
}

// each calls f for 0 … n-1, a few at once.
func each(n int, f func(int)) {
	var all sync.WaitGroup
	room := make(chan struct{}, drainWorkers)
	for i := range n {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			f(i)
		})
	}
	all.Wait()
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
