package inbox

import (
	"context"
	"errors"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
)

// Find is the conversation at an address that is live; ErrNoConversation when nobody there ever wrote.
func (in *Inbox) Find(ctx context.Context, tx *database.Tx, a channels.Address) (*Conversation, error) {
	var id string
	var found bool
	b := &database.Batch{}
	b.RowOpt(&found, `SELECT c.id FROM addresses a JOIN conversations c ON c.address_id = a.id
		WHERE a.kind = $1 AND a.index_hmac = $2 AND a.retired_at IS NULL`, string(a.Kind()), in.index(a)).Into(&id)
	if err := tx.Run(ctx, b); err != nil {
		return nil, fmt.Errorf("find conversation: %w", err)
	}
	if !found {
		return nil, ErrNoConversation
	}
	return in.Get(ctx, tx, id)
}

// Helped tells whether a person was ever asked for at these addresses, and whether one has answered there.
func (in *Inbox) Helped(ctx context.Context, tx *database.Tx, all []channels.Address) (asked, answered bool, err error) {
	for _, a := range all {
		c, err := in.Find(ctx, tx, a)
		if errors.Is(err, ErrNoConversation) {
			continue
		}
		if err != nil {
			return false, false, err
		}
		var handoffs, replies int
		b := &database.Batch{}
		b.Row(`SELECT COUNT(*) FROM handoffs WHERE conversation_id = $1`, c.ID).Into(&handoffs)
		b.Row(`SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND kind = 'agent'`, c.ID).Into(&replies)
		if err := tx.Run(ctx, b); err != nil {
			return false, false, fmt.Errorf("count handoffs: %w", err)
		}
		asked, answered = asked || handoffs > 0, answered || replies > 0
	}
	return asked, answered, nil
}
