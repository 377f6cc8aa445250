package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// When a provider that keeps a list is asked about a send in doubt, after it was made (docs/operating.md, "Sends in doubt").
const (
	firstAsk = 30 * time.Second
	lastAsk  = 60 * time.Second // not listed by now: it is made again
	askAgain = 30 * time.Second // after a question that got no answer
	askGrace = 10 * time.Minute // past its time a message is asked about so long, then it has expired
)

// How far the questions about a message in doubt have come, in its row's reason.
const (
	asked    = "asked"
	unlisted = "unlisted" // it may be sent again
)

// mayBeKnown tells whether the fate of a send may be written in a spool: then nothing is done about a doubt yet.
func (in *Inbox) mayBeKnown(ctx context.Context, tx *database.Tx, r Rules) (bool, error) {
	if r.Wait != nil && r.Wait() {
		return true, nil
	}
	return in.Announced(ctx, tx)
}

// toAsk tells whether a message in doubt must be asked about before anything else is done with it.
func (q *queued) toAsk(c *Conversation, r Rules, now time.Time) bool {
	return r.Asks != nil && r.Asks(c.Channel) && q.reason != unlisted && now.Before(q.expires.Add(askGrace))
}

// countDoubts counts the sends of a message nobody knows the fate of: those surely not made are none.
func (in *Inbox) countDoubts(ctx context.Context, tx *database.Tx, q *queued) error {
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM attempts WHERE message_id = $1 AND result IN ('', 'uncertain')`, q.id).Scan(&q.doubts)
	if err != nil {
		return fmt.Errorf("count sends in doubt: %w", err)
	}
	return nil
}

// inDoubt deals with a message nobody knows the fate of. again: it may be sent once more; if not, ask is the question to be asked first,
// or nil while its fate may still be told.
func (in *Inbox) inDoubt(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, out channels.Outgoing, r Rules, now time.Time) (ask *Marked, again bool, err error) {
	if wait, err := in.mayBeKnown(ctx, tx, r); wait || err != nil {
		return nil, false, err
	}
	if q.toAsk(c, r, now) {
		ask, err = in.markAsk(ctx, tx, c, q, out, r, now)
		return ask, false, err
	}
	return nil, true, in.countDoubts(ctx, tx, q)
}

// markAsk takes the lease for a question.
func (in *Inbox) markAsk(ctx context.Context, tx *database.Tx, c *Conversation, q *queued, out channels.Outgoing, r Rules, now time.Time) (*Marked, error) {
	m := &Marked{Conversation: c.ID, Kind: q.kind, Out: out, At: now, Ask: true, parts: q.parts}
	m.Out.Attempt = q.attempt
	if err := tx.QueryRow(ctx, `SELECT at FROM attempts WHERE message_id = $1 AND n = $2`, q.id, q.attempt).Scan(&m.Made); err != nil {
		return nil, fmt.Errorf("read attempt in doubt: %w", err)
	}
	if r.EnterToAsk != nil && !r.EnterToAsk(c, q.most) {
		return nil, nil
	}
	if m.Made.After(now) { // a clock was set back: a minute counts from now on
		m.Back = true
		_, err := tx.Exec(ctx, `UPDATE attempts SET at = $3 WHERE message_id = $1 AND n = $2`, q.id, q.attempt, now)
		if err != nil {
			return nil, fmt.Errorf("date attempt in doubt: %w", err)
		}
	}
	c.LeaseUntil, c.LeaseNode = now.Add(Lease), r.Node
	_, err := tx.Exec(ctx, `UPDATE conversations SET lease_until = $2, lease_node = $3 WHERE id = $1`, c.ID, c.LeaseUntil, c.LeaseNode)
	if err != nil {
		return nil, fmt.Errorf("mark question: %w", err)
	}
	return m, nil
}

// What a question about a send in doubt came to.
const (
	DoubtListed   = "listed"   // the provider has it: the receipt says so
	DoubtUnlisted = "unlisted" // not even after a minute: it is sent again
	DoubtAsked    = "asked"    // not yet: it is asked once more
	DoubtSettled  = "settled"  // its callback came meanwhile
	DoubtError    = "error"    // no answer
)

// Doubted stores what a provider's list says of a message in doubt: the handles it may have become, or that the question failed. A
// handle that another message or attempt owns is not it. The receipt, if any, is for Receipts in the same transaction.
func (in *Inbox) Doubted(ctx context.Context, tx *database.Tx, m *Marked, found []channels.Handle, noAnswer bool) (said string, r *channels.Receipt, err error) {
	if _, err := in.Lock(ctx, tx, m.Conversation); err != nil {
		return "", nil, err
	}
	now := tx.Now()
	var attempt int
	var status string
	b := &database.Batch{}
	b.Exec(`UPDATE conversations SET lease_until = NULL, lease_node = NULL WHERE id = $1 AND lease_until = $2`, m.Conversation, m.At.Add(Lease))
	b.Row(`SELECT status, attempt FROM messages WHERE id = $1`, m.Out.ID).Into(&status, &attempt)
	if err := tx.Run(ctx, b); err != nil {
		return "", nil, fmt.Errorf("settle doubt: %w", err)
	}
	if status != string(channels.Sending) || attempt != m.Out.Attempt {
		return DoubtSettled, nil, nil
	}
	if noAnswer {
		return DoubtError, nil, in.doubtful(ctx, tx, m, "", now.Add(askAgain))
	}
	for _, h := range found {
		var owned bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM attempts WHERE handle = $1) OR EXISTS (SELECT 1 FROM messages WHERE handle = $1)`, string(h)).Scan(&owned)
		if err != nil {
			return "", nil, fmt.Errorf("settle doubt: %w", err)
		}
		if !owned {
			return DoubtListed, &channels.Receipt{Channel: m.Out.To.Kind(), Message: m.Out.ID, Attempt: m.Out.Attempt, Handle: h, Status: channels.Sent}, nil
		}
	}
	made := m.Made
	if m.Back {
		made = m.At
	}
	if last := made.Add(lastAsk); now.Before(last) {
		return DoubtAsked, nil, in.doubtful(ctx, tx, m, asked, last)
	}
	return DoubtUnlisted, nil, in.doubtful(ctx, tx, m, unlisted, now)
}

func (in *Inbox) doubtful(ctx context.Context, tx *database.Tx, m *Marked, reason string, due time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE messages SET reason = $2, due_at = $3 WHERE id = $1 AND status = 'sending'`, m.Out.ID, reason, due)
	if err != nil {
		return fmt.Errorf("settle doubt: %w", err)
	}
	return nil
}
