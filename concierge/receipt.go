package concierge

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// Receipt moves a message of ours forward, and settles a send whose fate was in doubt. A nil error means it is on disk, or that
// there is nothing to keep.
func (h *Host) Receipt(_ context.Context, r channels.Receipt) error {
	err := h.intake.take(r.Channel, keptReceipt, func() []byte { return receiptRecord(r) }, func() error { return h.receipts.store(r) })
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	return nil
}

// receipts stores news of deliveries. While one commit is under way those that come meanwhile gather for the next: a provider tells
// of each message two or three times.
type receipts struct {
	h    *Host
	mu   sync.Mutex
	busy bool
	line []told
	work sync.WaitGroup

	early   atomic.Bool // some came before their messages were known
	cancel  context.CancelFunc
	joining sync.WaitGroup
}

// told is one receipt and who waits for it to be stored.
type told struct {
	channels.Receipt
	done chan error
}

func (q *receipts) store(r channels.Receipt) error {
	one := told{r, make(chan error, 1)}
	q.mu.Lock()
	q.line = append(q.line, one)
	if !q.busy {
		q.busy = true
		q.work.Go(q.run)
	}
	q.mu.Unlock()
	return <-one.done
}

// run stores until nobody waits.
func (q *receipts) run() {
	for {
		q.mu.Lock()
		n := min(len(q.line), atOnce)
		batch := q.line[:n:n]
		q.line = q.line[n:]
		q.busy = n > 0
		q.mu.Unlock()
		if n == 0 {
			return
		}
		q.storeAll(batch)
	}
}

func (q *receipts) storeAll(batch []told) {
	ctx, cancel := context.WithTimeout(context.Background(), receiveTime) // on disk or not, whether or not a provider still waits
	defer cancel()
	all := make([]channels.Receipt, len(batch))
	for i, one := range batch {
		all[i] = one.Receipt
	}
	err := q.try(ctx, all)
	if err != nil && len(batch) > 1 && ctx.Err() == nil { // one of them may be what is wrong
		for _, one := range batch {
			q.storeAll([]told{one})
		}
		return
	}
	for _, one := range batch {
		one.done <- err
	}
}

func (q *receipts) try(ctx context.Context, all []channels.Receipt) error {
	return q.h.s.DB.Write(ctx, func(tx *database.Tx) (err error) {
		defer caught(&err)
		did, err := q.h.s.Inbox.Receipts(ctx, tx, all)
		if err == nil {
			q.heeded(tx, did)
		}
		failpoint.Hit("receipt: before commit")
		tx.AfterCommit(func() { failpoint.Hit("receipt: after commit") })
		return err
	})
}

// heeded counts what receipts did once it is committed, and lets go out what may go out now.
func (q *receipts) heeded(tx *database.Tx, did []inbox.Receipted) {
	tx.AfterCommit(func() {
		for _, d := range did {
			q.count(d)
			if d.Conversation != "" {
				q.h.Wake(d.Conversation)
			}
			if d.Heeded == inbox.Early {
				q.early.Store(true)
			}
		}
	})
}

func (q *receipts) count(did inbox.Receipted) {
	status := string(did.Status)
	if did.Heeded == inbox.Unknown || did.Heeded == inbox.Contradicts || did.Heeded == inbox.Early {
		status = string(did.Heeded)
	}
	if did.Second {
		q.h.second(string(did.Channel), did.Message)
	}
	if w := q.h.out.ways[did.Channel]; did.Sender != "" && w != nil {
		w.of(did.Sender).hear(&channels.SendError{Class: channels.Class(did.Reason), Code: did.Code, After: did.After})
		q.h.s.Log.Warn("not brought: the sender waits", "channel", string(did.Channel), "class", did.Reason, "code", did.Code)
	}
	q.h.s.Metrics.Receipts.WithLabelValues(string(did.Channel), status).Inc()
}

// Quarantine keeps what is authentic but cannot be read, sealed, for 7 days.
func (h *Host) Quarantine(ctx context.Context, from channels.Name, id string, raw []byte) error {
	u := unread{Channel: from, ID: id, Row: h.s.NewID()}
	return h.intake.take(from, keptUnread, func() []byte { return unreadRecord(u, raw) }, func() error { return h.quarantine(ctx, u, raw) })
}

func (h *Host) quarantine(ctx context.Context, u unread, raw []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	sealed := h.s.Keys.Seal("quarantine", u.Row, raw)
	err := h.s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO quarantine (id, channel, provider_id, sealed, at, bytes) SELECT $1, $2, $3, $4, $5, $6
			WHERE $7 OR NOT EXISTS (SELECT 1 FROM quarantine WHERE channel = $2 AND provider_id = $3) ON CONFLICT (id) DO NOTHING`,
			u.Row, string(u.Channel), h.s.Keys.Hash("received", u.ID), sealed, tx.Now(), len(raw), u.ID == "")
		return err
	})
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	h.s.Metrics.Received.WithLabelValues(string(u.Channel), "quarantine").Inc()
	h.s.Log.Warn("unreadable message set aside", "channel", string(u.Channel), "quarantine", u.Row)
	return nil
}
