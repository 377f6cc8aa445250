package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// once is how a failed message is written once more.
type once struct {
	due, expires time.Time // zero expires: as before
	shut         bool      // as its template
	often        bool      // as often as it takes, until it expires
}

// again writes a failed message once more, as a new row behind what is queued: its failure stands. The cause makes it once.
func (in *Inbox) again(ctx context.Context, tx *database.Tx, m *receipted, o once) (sender channels.Address, err error) {
	c, err := in.Lock(ctx, tx, m.conversation)
	if err != nil {
		return "", err
	}
	text := m.parts
	if o.shut {
		if text, err = shutAgain(text); err != nil {
			return "", err
		}
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE id = $1 AND cause LIKE 'again:%'`, m.id).Scan(&n); err != nil {
		return "", fmt.Errorf("write message again: %w", err)
	}
	if n > 0 && !o.often {
		return c.Sender, nil // it was the second time already
	}
	b := &database.Batch{}
	b.Exec(`INSERT INTO messages (id, conversation_id, seq, inbound, kind, language, body, parts, created_at, status, cause, author_id, case_id, epoch, keep,
		due_at, expires_at) SELECT $2, conversation_id, $3, FALSE, kind, language, body, $4, $5, 'queued', $6, author_id, case_id, epoch, keep, $7,
		COALESCE($8, expires_at) FROM messages WHERE id = $1 ON CONFLICT (cause) WHERE cause IS NOT NULL DO NOTHING`,
		m.id, in.newID(), c.NextSeq, text, tx.Now(), "again:"+m.id, o.due, at(o.expires))
	b.Exec(`UPDATE conversations SET next_seq = $2 WHERE id = $1`, c.ID, c.NextSeq+1)
	if err := tx.Run(ctx, b); err != nil {
		return "", fmt.Errorf("write message again: %w", err)
	}
	return c.Sender, nil
}
