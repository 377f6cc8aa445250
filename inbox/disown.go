package inbox

import (
	"context"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
)

// Disown takes a mark back whose commit failed, or seemed to: nothing was sent by it, and it is known to nobody else. If it is on disk
// after all the message is queued again at once, instead of standing in doubt for a minute. The attempt must be this node's very own:
// another may have marked the message meanwhile. false: there was no such mark.
func (in *Inbox) Disown(ctx context.Context, tx *database.Tx, m *Marked, node string) (bool, error) {
	if _, err := in.Lock(ctx, tx, m.Conversation); err != nil {
		return false, err
	}
	const own = `EXISTS (SELECT 1 FROM attempts WHERE message_id = $1 AND n = $2 AND node = $3 AND at = $4 AND handle IS NULL)`
	var undone int64
	b := &database.Batch{}
	if !m.Ask {
		b.ExecCount(&undone, `UPDATE messages SET status = 'queued', rank = 0, due_at = $5 WHERE id = $1 AND attempt = $2 AND status = 'sending' AND `+own,
			m.Out.ID, m.Out.Attempt, node, m.At, tx.Now())
		b.Exec(`UPDATE attempts SET result = 'unsent' WHERE message_id = $1 AND n = $2 AND node = $3 AND at = $4 AND handle IS NULL`,
			m.Out.ID, m.Out.Attempt, node, m.At)
	}
	b.Exec(freeSQL, m.Conversation, node, m.At.Add(Lease))
	if err := tx.Run(ctx, b); err != nil {
		return false, fmt.Errorf("take mark back: %w", err)
	}
	if undone > 0 && m.Bill != nil {
		b = &database.Batch{}
		refund(b, Result{Marked: m, Err: &channels.SendError{Class: channels.Retry}})
		if err := tx.Run(ctx, b); err != nil {
			return false, fmt.Errorf("take mark back: %w", err)
		}
	}
	return undone > 0 || m.Ask, nil
}
