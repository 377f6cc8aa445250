package inbox

import (
	"context"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
)

const leftSQL = `SELECT EXISTS (SELECT 1 FROM messages WHERE conversation_id = $1 AND NOT inbound AND status IN ('queued', 'sending') AND due_at <= $2)`

// markMany marks the next message of each conversation, all of them locked by this transaction. Where the next one may not go, or has
// to end first, the conversation is left to Mark.
func (in *Inbox) markMany(ctx context.Context, tx *database.Tx, ids []string, r Rules) (next []*Marked, more []string, err error) {
	now := tx.Now()
	b := &database.Batch{}
	all := make([]scanned, len(ids))
	heads := make([]queued, len(ids))
	found := make([]bool, len(ids))
	for i, id := range ids {
		all[i].c = &Conversation{}
		b.Row(readSQL, id).Into(all[i].dest()...)
		b.RowOpt(&found[i], nextSQL, id, now).Into(heads[i].dest()...)
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, nil, fmt.Errorf("find messages to send: %w", err)
	}
	b = &database.Batch{}
	for i, id := range ids {
		if err := all[i].finish(in); err != nil {
			return nil, nil, err
		}
		c, q := all[i].c, &heads[i]
		if !found[i] || c.Leased(now) || q.blocked(now) {
			continue
		}
		out, shut, err := q.outgoing(c)
		if err != nil {
			return nil, nil, err
		}
		if q.status == string(channels.Sending) || in.check(c, q, &out, shut, r, now) != (verdict{}) {
			more = append(more, id)
			continue
		}
		if r.Purse.bill(&out, q.kind, q.cause, now) != nil { // its row's lock would be held while all of these commit
			more = append(more, id)
			continue
		}
		if r.admit(c, q, now) {
			next = append(next, in.markTo(b, c, q, out, nil, r, now))
		}
	}
	if b.Len() == 0 {
		return next, more, nil
	}
	if err := tx.Run(ctx, b); err != nil {
		return nil, nil, fmt.Errorf("mark messages: %w", err)
	}
	return next, more, nil
}
