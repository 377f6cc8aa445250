package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Due is a conversation with something to send and nobody sending it.
type Due struct {
	Conversation string
	Channel      channels.Name
	Sender       channels.Address
	Urgency      int // of the most urgent thing it has to send
}

// What is due: its time has come, or it is a pause or a doubt further ahead than any can be, so that a clock set back stalls nothing.
// What waits for another day's money is for later. Of each sender the same number are found: one that is held, or slow, hides nobody else's.
const dueSQL = `SELECT conversation_id, channel, sender, urgency FROM (
	SELECT m.conversation_id, c.channel, c.sender, MIN(` + urgencySQL + `) AS urgency, MIN(m.due_at) AS due,
		ROW_NUMBER() OVER (PARTITION BY c.channel, c.sender ORDER BY MIN(` + urgencySQL + `), MIN(m.due_at)) AS n
	FROM messages m JOIN conversations c ON c.id = m.conversation_id
	WHERE NOT m.inbound AND m.status IN ('queued', 'sending')
		AND (m.due_at <= $1 OR (m.attempt > 0 AND m.reason <> 'spent' AND (m.due_at > $4 OR (m.status = 'sending' AND m.due_at > $5))))
		AND (c.lease_until IS NULL OR c.lease_until <= $1 OR c.lease_until > $2)
	GROUP BY m.conversation_id, c.channel, c.sender) x WHERE n <= $3 ORDER BY urgency, due`

// Due lists conversations with something to send and no live lease: the most urgent, then those waiting longest, first; at most so many
// of each sender.
func (in *Inbox) Due(ctx context.Context, tx *database.Tx, limit int) (all []Due, err error) {
	b := &database.Batch{}
	in.DueTo(b, tx.Now(), limit, &all)
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("look for messages to send: %w", err)
	}
	return all, nil
}

// DueTo is Due as part of a batch.
func (in *Inbox) DueTo(b *database.Batch, now time.Time, limit int, all *[]Due) {
	b.Each(dueSQL, func(scan func(...any) error) error {
		var d Due
		if err := scan(&d.Conversation, &d.Channel, &d.Sender, &d.Urgency); err != nil {
			return err
		}
		*all = append(*all, d)
		return nil
	}, now, now.Add(longestLease), limit, now.Add(longestPause), now.Add(longestDoubt))
}

// The first condition on the status is that of the index messages_due: SQLite does not see that the second one implies it.
const expireSQL = `UPDATE messages SET status = 'failed', rank = $2, reason = '` + expired + `' WHERE id IN (
	SELECT m.id FROM messages m WHERE NOT m.inbound AND m.status IN ('queued', 'sending') AND m.status = 'queued'
		AND m.due_at <= $1 AND m.expires_at <= $1 ORDER BY m.due_at LIMIT $3)
	AND status = 'queued' RETURNING conversation_id, (SELECT c.channel FROM conversations c WHERE c.id = conversation_id)`

// Expire gives up what nobody looked at in its time, because its sender was held: it is shown as failed all the same. At most so many at
// once, the oldest first; ended is told of each when it is committed, as it is of those the mark ends.
func (in *Inbox) Expire(ctx context.Context, tx *database.Tx, limit int, ended func(channels.Name, string)) error {
	first, then := &database.Batch{}, &database.Batch{}
	told := map[string]bool{}
	first.Each(expireSQL, func(scan func(...any) error) error {
		var id string
		var name channels.Name
		err := scan(&id, &name)
		tx.AfterCommit(func() { ended(name, expired) })
		if !told[id] { // live pages, once: staff see it
			told[id] = true
			then.Exec(feed.AppendSQL, tx.Now(), FeedConversation, id, int(FeedDelivery))
		}
		return err
	}, tx.Now(), channels.Failed.Rank(), limit)
	for _, b := range []*database.Batch{first, then} {
		if err := tx.Run(ctx, b); err != nil {
			return fmt.Errorf("expire messages: %w", err)
		}
	}
	return nil
}
