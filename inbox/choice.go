package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"concierge/channels"
	"concierge/internal/database"
)

// ChoiceOn finds the data of the choice with that label on the message of ours with that handle; "" when there is none.
func (in *Inbox) ChoiceOn(ctx context.Context, tx *database.Tx, conversation string, on channels.Handle, label string) (string, error) {
	var text string
	err := tx.QueryRow(ctx, `SELECT parts FROM messages WHERE handle = $1 AND conversation_id = $2 AND NOT inbound`, string(on), conversation).Scan(&text)
	if errors.Is(err, database.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find pressed message: %w", err)
	}
	var o channels.Outgoing
	if _, err := decode(text, &o); err != nil {
		return "", err
	}
	for _, c := range o.Choices {
		if strings.EqualFold(strings.TrimSpace(c.Label), strings.TrimSpace(label)) {
			return c.Data, nil
		}
	}
	return "", nil
}
