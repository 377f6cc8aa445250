package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/internal/database"
)

// longestWait is how long a message may be put off from day to day.
const longestWait = 3 * 24 * time.Hour

// pay counts what a message will cost; false: the day has nothing left, and it was put off or ended.
func (in *Inbox) pay(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, bill *Bill, r Rules, now time.Time) (bool, error) {
	if bill == nil {
		return true, nil
	}
	later, err := bill.pay(ctx, tx, c.ID, q.id, q.seq)
	if err != nil || !later.After(now) {
		return err == nil, err
	}
	failed, err := in.putOff(ctx, tx, c, q, later)
	if failed && err == nil {
		tx.AfterCommit(func() { r.ended(c, Spent) })
	}
	return false, err
}

// putOff is what becomes of a message when the day's money is spent: it waits for the next day, unless it would be pointless by then
// (a reply's patience is an hour) or has waited for days. What is unasked or a person's keeps its patience from then on.
func (in *Inbox) putOff(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, until time.Time) (failed bool, err error) {
	expires := q.expires
	if q.kind == Agent || q.kind == Update {
		expires = until.Add(q.kind.patience())
	}
	if !expires.After(until) || until.Sub(q.created) > longestWait {
		return true, in.end(ctx, tx, c, q, Spent)
	}
	_, err = tx.Exec(ctx, `UPDATE messages SET status = 'queued', rank = 0, reason = 'spent', due_at = $2, expires_at = $3 WHERE id = $1`, q.id, until, expires)
	if err != nil {
		return false, fmt.Errorf("put message off: %w", err)
	}
	return false, nil
}

// Unpaid tells that the mark of a turn's first message found nothing left of the day: Unmark it.
func (m *Marked) Unpaid() bool { return m != nil && m.Bill != nil && !m.Bill.paid }

// Unmark takes back a mark that could not be paid, in its own transaction: nothing was sent. The outbox decides what becomes of it.
func (in *Inbox) Unmark(ctx context.Context, tx *database.Tx, c *Conversation, m *Marked) error {
	c.LeaseUntil, c.LeaseNode = time.Time{}, ""
	b := &database.Batch{}
	b.Exec(`UPDATE messages SET status = 'queued', rank = 0, attempt = 0, due_at = $2 WHERE id = $1`, m.Out.ID, m.At)
	b.Exec(`DELETE FROM attempts WHERE message_id = $1 AND n = $2`, m.Out.ID, m.Out.Attempt)
	b.Exec(`UPDATE conversations SET lease_until = NULL, lease_node = NULL WHERE id = $1`, m.Conversation)
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("take mark back: %w", err)
	}
	return nil
}
