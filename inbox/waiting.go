package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
)

// FirstWaiting reads the message that came first of those of a conversation that wait for their turn; ok is false when none does.
func (in *Inbox) FirstWaiting(ctx context.Context, tx *database.Tx, conversation string) (m *Inbound, ok bool, err error) {
	m = &Inbound{}
	var extra, handle string
	err = tx.QueryRow(ctx, `SELECT m.id, m.seq, m.kind, m.body, m.parts, COALESCE(m.handle, ''), m.created_at, m.tries, c.channel
		FROM messages m JOIN conversations c ON c.id = m.conversation_id
		WHERE m.conversation_id = $1 AND m.inbound AND m.taken = 'waiting' ORDER BY m.created_at, m.seq LIMIT 1`, conversation).
		Scan(&m.ID, &m.Seq, &m.Kind, &m.Text, &extra, &handle, &m.At, &m.Tries, &m.Channel)
	if errors.Is(err, database.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find waiting message: %w", err)
	}
	m.Handle, m.Taken = channels.Handle(handle), ForTurn
	return m, true, m.decode(extra)
}

func (m *Inbound) decode(text string) error {
	if text == "" {
		return nil
	}
	var r received
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return fmt.Errorf("decode message: %w", err)
	}
	m.ReplyTo, m.Edits, m.Location, m.Media, m.Album, m.Payload = r.ReplyTo, r.Edits, r.Location, r.Media, r.Album, r.Payload
	m.Language, m.Forwarded, m.Late = r.Language, r.Forwarded, r.Late
	m.Asked, m.Filled = r.Asked, r.Filled
	if r.Press != nil {
		m.Press = *r.Press
	}
	return nil
}

// Tried stores how often a waiting message was tried.
func (in *Inbox) Tried(ctx context.Context, tx *database.Tx, m *Inbound) error {
	if _, err := tx.Exec(ctx, `UPDATE messages SET tries = $2 WHERE id = $1`, m.ID, m.Tries); err != nil {
		return fmt.Errorf("count try: %w", err)
	}
	return nil
}

// Take says what became of a waiting message; false when somebody else has said so already.
func (in *Inbox) Take(ctx context.Context, tx *database.Tx, m *Inbound, as Taken) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE messages SET taken = $2 WHERE id = $1 AND taken = $3`, m.ID, string(as), string(m.Taken))
	if err != nil {
		return false, fmt.Errorf("take message: %w", err)
	}
	m.Taken = as
	return n == 1, nil
}

// Renumber moves a message that waited to where it is taken, in front of what is said about it. Out of two nodes' spools a resident's
// messages are copied in as it happens; the transcript shows them as they were read. The caller saves c.NextSeq.
func (in *Inbox) Renumber(b *database.Batch, c *Conversation, m *Inbound) {
	if m.Seq+1 == c.NextSeq {
		return // nothing stands behind it
	}
	m.Seq = c.NextSeq
	c.NextSeq++
	b.Exec(`UPDATE messages SET seq = $2 WHERE id = $1`, m.ID, m.Seq)
}

// SetAside gives up on a waiting message; those behind it become a person's. cause is a type and a place, for staff. False: somebody has
// dealt with it already.
func (in *Inbox) SetAside(ctx context.Context, tx *database.Tx, c *Conversation, message, cause string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE messages SET taken = 'aside' WHERE id = $1 AND taken = 'waiting'`, message)
	if err != nil || n == 0 {
		return false, err
	}
	b := &database.Batch{}
	b.Exec(`INSERT INTO asides (message_id, cause, at) VALUES ($1, $2, $3) ON CONFLICT (message_id) DO UPDATE SET cause = $2, at = $3`,
		message, cause, tx.Now())
	b.Exec(`UPDATE messages SET taken = 'desk' WHERE conversation_id = $1 AND inbound AND taken = 'waiting'`, c.ID)
	if err := tx.Run(ctx, b); err != nil {
		return false, fmt.Errorf("set message aside: %w", err)
	}
	return true, nil
}

// Untry takes a try back that was none: the database failed, not the turn.
func (in *Inbox) Untry(ctx context.Context, tx *database.Tx, m *Inbound) error {
	if _, err := tx.Exec(ctx, `UPDATE messages SET tries = tries - 1 WHERE id = $1 AND taken = 'waiting' AND tries > 0`, m.ID); err != nil {
		return fmt.Errorf("take try back: %w", err)
	}
	return nil
}
