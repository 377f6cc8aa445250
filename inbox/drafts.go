package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/internal/database"
)

// draftLife is how long an unsent reply is kept.
const draftLife = 7 * 24 * time.Hour

// SaveDraft keeps an agent's unsent reply; an empty one is forgotten. Whether they may see the conversation is checked.
func SaveDraft(ctx context.Context, tx *database.Tx, a Actor, conversation, body string) error {
	if err := mayNote(ctx, tx, a, conversation); err != nil {
		return err
	}
	if len([]rune(body)) > maxReply {
		return ErrIncomplete
	}
	var err error
	if body == "" {
		_, err = tx.Exec(ctx, `DELETE FROM drafts WHERE conversation_id = $1 AND agent_id = $2`, conversation, a.ID)
	} else {
		_, err = tx.Exec(ctx, `INSERT INTO drafts (conversation_id, agent_id, body, saved_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (conversation_id, agent_id) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at`,
			conversation, a.ID, body, tx.Now())
	}
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

// Draft reads an agent's unsent reply; "" when there is none, or it is older than 7 days.
func Draft(ctx context.Context, tx *database.Tx, a Actor, conversation string) (body string, err error) {
	err = tx.QueryRow(ctx, `SELECT body FROM drafts WHERE conversation_id = $1 AND agent_id = $2 AND saved_at > $3`,
		conversation, a.ID, tx.Now().Add(-draftLife)).Scan(&body)
	if errors.Is(err, database.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read draft: %w", err)
	}
	return body, nil
}

// PurgeDrafts forgets drafts that are too old.
func PurgeDrafts(ctx context.Context, tx *database.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM drafts WHERE saved_at < $1`, tx.Now().Add(-draftLife)); err != nil {
		return fmt.Errorf("purge drafts: %w", err)
	}
	return nil
}
