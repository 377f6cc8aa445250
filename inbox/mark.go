package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Marked is a message that is about to be sent: it stands as sending, with its attempt written, under a lease.
type Marked struct {
	Conversation string
	Kind         Kind
	Out          channels.Outgoing // with ID and Attempt
	At           time.Time         // when it was marked, by the database's clock
	Ask          bool              // nobody knows what became of it: ask its provider before it is sent again
	Made         time.Time         // when the attempt in doubt was made
	Back         bool              // by a clock that has been set back since, so that it was no more than a minute ago
	Bill         *Bill             // what it was counted with; nil: nothing is counted for it
	parts        string

	own    int64 // rows of the attempt that took the id: none when it had another
	second int   // other attempts the provider took
}

// MarkFirst marks the first of a turn's rows as they are written, when nothing is ahead of it: the turn's commit is the mark's. It
// sets the lease on c, which the caller saves after this, and adds the attempt to the batch, which must follow Put and should be its
// last. nil when the message must wait. Where money is counted the batch's end says whether there was any: see Unpaid.
func (in *Inbox) MarkFirst(c *Conversation, rows []Row, r Rules, now time.Time) (m *Marked, attempt func(*database.Batch)) {
	if len(rows) == 0 || c.Leased(now) {
		return nil, nil
	}
	row := &rows[0]
	if window := channels.Can(c.Channel).Window; window > 0 && !c.InboundAt.Add(window).After(now) {
		return nil, nil
	}
	each := r.each(c.Channel)
	if row.Held || row.Due.After(now) || row.Kind == Update || r.barred(c) != "" || c.early(each, now) > 0 || (r.Enter != nil && !r.Enter(c, row.Kind)) {
		return nil, nil
	}
	row.Status, row.Out.Attempt = string(channels.Sending), 1
	row.Due = now.Add(r.doubt(c.Channel))
	c.LeaseUntil, c.LeaseNode = now.Add(Lease), r.Node
	c.paced(each, now)
	row.Out.To, row.Out.From = c.To, c.Sender
	m = &Marked{Conversation: c.ID, Kind: row.Kind, Out: row.Out, At: now, parts: row.Parts, Bill: r.Purse.bill(&row.Out, row.Kind, row.Cause, now)}
	return m, func(b *database.Batch) {
		m.attempt(b, r.Node)
		if m.Bill != nil {
			m.Bill.payTo(b)
		}
	}
}

// attempt writes that the message is about to be sent, and what that was counted with.
func (m *Marked) attempt(b *database.Batch, node string) {
	var day string
	var parts int
	var cost int64
	if m.Bill != nil {
		day, parts, cost = m.Bill.Day, m.Bill.Parts, m.Bill.Cost
	}
	b.Exec(`INSERT INTO attempts (message_id, n, node, at, day, parts, cost) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (message_id, n) DO NOTHING`,
		m.Out.ID, m.Out.Attempt, node, m.At, day, parts, cost)
}

// Mark takes the next message of a locked conversation and marks it as being sent; nil when there is none to send now. It ends what
// may not go: overtaken, expired, opted out, out of the window.
func (in *Inbox) Mark(ctx context.Context, tx *database.Tx, c *Conversation, r Rules) (*Marked, error) {
	now := tx.Now()
	if c.Leased(now) {
		return nil, nil
	}
	entered := false
	for {
		q, err := in.next(ctx, tx, c.ID, now)
		if err != nil || q == nil || q.blocked(now) {
			return nil, err
		}
		out, shut, err := q.outgoing(c)
		if err != nil {
			return nil, err
		}
		if q.status == string(channels.Sending) {
			if ask, again, err := in.inDoubt(ctx, tx, c, q, out, r, now); !again || err != nil {
				return ask, err
			}
		}
		stopped, err := in.stop(ctx, tx, c, q, &out, shut, r, now)
		if err != nil {
			return nil, err
		}
		if stopped {
			continue
		}
		if !entered && !r.admit(c, q, now) {
			return nil, nil
		}
		entered = true
		bill := r.Purse.bill(&out, q.kind, q.cause, now)
		paid, err := in.pay(ctx, tx, c, q, bill, r, now)
		if err != nil {
			return nil, err
		}
		if !paid {
			continue
		}
		b := &database.Batch{}
		m := in.markTo(b, c, q, out, bill, r, now)
		if err := tx.Run(ctx, b); err != nil {
			return nil, fmt.Errorf("mark message: %w", err)
		}
		return m, nil
	}
}

// admit asks the person's pace, then for room to send.
func (r Rules) admit(c *Conversation, q *queued, now time.Time) bool {
	if wait := c.early(r.each(c.Channel), now); wait > 0 {
		if r.Later != nil {
			r.Later(c.ID, wait)
		}
		return false
	}
	return r.Enter == nil || r.Enter(c, q.most)
}

func (in *Inbox) next(ctx context.Context, tx *database.Tx, id string, now time.Time) (*queued, error) {
	q := &queued{}
	err := tx.QueryRow(ctx, nextSQL, id, now).Scan(q.dest()...)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find message to send: %w", err)
	}
	return q, nil
}

// markTo adds the mark to a batch: the message stands as sending, its attempt is written, the lease is taken.
func (in *Inbox) markTo(b *database.Batch, c *Conversation, q *queued, out channels.Outgoing, bill *Bill, r Rules, now time.Time) *Marked {
	out.Attempt = q.attempt + 1
	m := &Marked{Conversation: c.ID, Kind: q.kind, Out: out, At: now, parts: q.parts, Bill: bill}
	c.LeaseUntil, c.LeaseNode = now.Add(Lease), r.Node
	c.paced(r.each(c.Channel), now)
	b.Exec(`UPDATE messages SET status = 'sending', rank = $2, attempt = $3, due_at = $4, reason = '' WHERE id = $1`,
		q.id, channels.Sending.Rank(), out.Attempt, now.Add(r.doubt(c.Channel)))
	m.attempt(b, r.Node)
	b.Exec(`UPDATE conversations SET lease_until = $2, lease_node = $3, paced_at = $4 WHERE id = $1`, c.ID, c.LeaseUntil, c.LeaseNode, at(c.PacedAt))
	return m
}

// end gives a message up; live pages are told, for staff see it.
func (in *Inbox) end(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, reason string) error {
	b := &database.Batch{}
	b.Exec(`UPDATE messages SET status = 'failed', rank = $2, reason = $3 WHERE id = $1 AND rank < $2`, q.id, channels.Failed.Rank(), reason)
	b.Exec(feed.AppendSQL, tx.Now(), FeedConversation, c.ID, int(FeedDelivery))
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("fail message: %w", err)
	}
	return nil
}
