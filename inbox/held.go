package inbox

import (
	"context"
	"fmt"

	"concierge/internal/database"
)

// Held tells whether messages of a locked conversation are held for the resident to write first, and whether the first-contact message
// is among them. Arrive knows it of a message that has just come; this is for one that waited.
func (in *Inbox) Held(ctx context.Context, tx *database.Tx, c *Conversation) (any, first bool, err error) {
	var all, firsts int
	err = tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN reason = '`+heldFirst+`' THEN 1 ELSE 0 END), 0) FROM messages
		WHERE conversation_id = $1 AND NOT inbound AND status = 'queued' AND reason LIKE 'held%'`, c.ID).Scan(&all, &firsts)
	if err != nil {
		return false, false, fmt.Errorf("look for held messages: %w", err)
	}
	return all > 0, firsts > 0, nil
}
