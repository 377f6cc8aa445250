package concierge

import (
	"context"
	"errors"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/failpoint"
	"concierge/internal/spool"
)

// copyAll copies until nothing is left. When it has come so far once, messages come directly again, and what was still on its way to
// the spool follows.
func (q *intake) copyAll(ctx context.Context) (copied int, err error) {
	var last time.Time
	for {
		all, err := q.spool.Peek(drainAtOnce)
		if err != nil {
			return copied, err
		}
		for i, r := range all { // they came in this order, also when the clock was set back between them
			if r.At.Before(last) {
				all[i].At = last
			}
			last = all[i].At
		}
		if len(all) == 0 {
			if !q.away.CompareAndSwap(true, false) {
				return copied, nil
			}
			q.misses.Store(0)
			q.h.s.Metrics.Away.Set(0)
			continue
		}
		if err := q.copySome(ctx, all); err != nil {
			return copied, err
		}
		failpoint.Hit("drain: copied")
		if err := q.spool.Commit(all[len(all)-1], len(all)); err != nil {
			return copied, err
		}
		copied += len(all)
	}
}

// copySome copies records side by side, but a resident's one behind the other. One the database will not take although it is well is set
// aside, for people to look at; while it is not well, nothing is.
func (q *intake) copySome(ctx context.Context, all []spool.Record) error {
	failed := make([]error, len(all))
	groups := together(all)
	each(len(groups), func(g int) {
		for _, i := range groups[g] {
			if failed[i] = q.copyOne(ctx, all[i]); database.Passing(failed[i]) {
				return
			}
		}
	})
	if err := errors.Join(failed...); database.Passing(err) {
		return err
	}
	for i, err := range failed {
		for n := 1; err != nil; n++ {
			if ctx.Err() != nil || database.Passing(err) || !q.answers(ctx) {
				return err
			}
			if n >= recordTries || errors.Is(err, errRecord) {
				q.h.s.Log.Error("record of the spool set aside", "kind", int(all[i].Kind), "error", err)
				if err := q.spool.SetAside(all[i]); err != nil {
					return err
				}
				break
			}
			err = q.copyOne(ctx, all[i])
		}
	}
	return nil
}

// together groups records: those of one resident keep their order, all else stands alone.
func together(all []spool.Record) (groups [][]int) {
	of := map[channels.Address]int{}
	for i, r := range all {
		var m channels.Message
		if r.Kind == keptMessage {
			_, _ = readLine(r.Data, &m) // who cannot be read stands alone
		}
		g, ok := of[m.From]
		if !ok || m.From == "" {
			g = len(groups)
			groups = append(groups, nil)
			of[m.From] = g
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

func (q *intake) copyOne(ctx context.Context, r spool.Record) error {
	switch r.Kind {
	case keptMessage:
		var m channels.Message
		if _, err := readLine(r.Data, &m); err != nil {
			return err
		}
		return q.h.receiveNow(ctx, m, coming{at: r.At.Add(q.skew), wait: true})
	case keptReceipt:
		var one channels.Receipt
		if _, err := readLine(r.Data, &one); err != nil {
			return err
		}
		return q.h.receipts.store(one)
	case keptUnread:
		var u unread
		raw, err := readLine(r.Data, &u)
		if err != nil {
			return err
		}
		return q.h.quarantine(ctx, u, raw)
	}
	return errRecord
}
