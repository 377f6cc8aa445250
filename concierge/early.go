package concierge

import (
	"context"
	"time"

	"concierge/internal/database"
)

// How often receipts that came before their messages are looked at again: soon on the node that kept some, now and then on all, for a
// node that died with some.
const (
	joinEvery  = time.Second
	joinAnyway = 60 // seconds
	joinAtOnce = 100
)

func (q *receipts) start() {
	ctx, cancel := context.WithCancel(context.Background())
	q.cancel = cancel
	q.joining.Go(func() { q.join(ctx) })
}

// stop waits for what is being stored, as long as ctx allows: those who brought it have gone, or it is in the spool.
func (q *receipts) stop(ctx context.Context) {
	if q.cancel != nil {
		q.cancel()
		q.joining.Wait()
	}
	done := make(chan struct{})
	go func() { q.work.Wait(); close(done) }() // each ends within receiveTime
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (q *receipts) join(ctx context.Context) {
	every := time.NewTicker(joinEvery)
	defer every.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if !q.early.Load() && n%joinAnyway != 0 {
			continue
		}
		if err := q.joinEarly(ctx); err != nil && ctx.Err() == nil && !q.h.intake.holding() {
			q.h.s.Log.Warn("early receipts not joined", "error", err)
		}
	}
}

// joinEarly stores what came before its message was known, of those that are known by now.
func (q *receipts) joinEarly(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, receiveTime)
	defer cancel()
	q.early.Store(false) // one that comes meanwhile sets it again
	left := 1
	err := q.h.s.DB.Write(ctx, func(tx *database.Tx) error {
		did, n, err := q.h.s.Inbox.JoinEarly(ctx, tx, joinAtOnce)
		left = n
		if err == nil {
			q.heeded(tx, did)
		}
		return err
	})
	if left > 0 || err != nil {
		q.early.Store(true)
	}
	return err
}
