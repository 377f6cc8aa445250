package inbox

import (
	"context"
	"errors"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
)

// Retriable tells whether a failed message may be sent again by hand: not what a person overtook, or the resident made needless, and
// not to a number we never write to.
func Retriable(status, reason string) bool {
	switch reason {
	case "overtaken", "withdrawn", channels.OtherCountry, channels.SpecialNumber:
		return false
	}
	return status == string(channels.Failed)
}

// Retry queues a failed message once more, with the patience of a new one. Its place in the conversation stays: it goes first.
func (h *Handoffs) Retry(ctx context.Context, tx *database.Tx, a Actor, id, message string) error {
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	var kind Kind
	var status, reason string
	err = tx.QueryRow(ctx, `SELECT kind, status, reason FROM messages WHERE id = $1 AND conversation_id = $2 AND NOT inbound`, message, id).
		Scan(&kind, &status, &reason)
	if errors.Is(err, database.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	if !Retriable(status, reason) { // pressed twice, or gone after all
		return ErrStale
	}
	now := tx.Now()
	_, err = tx.Exec(ctx, `UPDATE messages SET status = 'queued', rank = 0, reason = '', code = '', due_at = $2, expires_at = $3, epoch = $4 WHERE id = $1`,
		message, now, now.Add(kind.patience()), s.Epoch)
	if err != nil {
		return fmt.Errorf("queue message: %w", err)
	}
	if wake := h.in.o.Wake; wake != nil {
		tx.AfterCommit(func() { wake(id) })
	}
	return h.finish(ctx, tx, s, a.ID, "retried", message)
}
