package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Heeded says what a receipt did.
type Heeded string

// What becomes of a receipt.
const (
	Moved       Heeded = "moved"       // the message moved forward
	Stale       Heeded = "stale"       // early, late, doubled or reversed: nothing to change
	Unknown     Heeded = "unknown"     // none of our messages
	Contradicts Heeded = "contradicts" // another id than the one we hold
)

// offAWhile are Twilio's codes of a phone that is off or out of reach: worth one more try in an hour, for what is not urgent.
var offAWhile = map[string]bool{"30003": true, "30008": true}

// Receipt moves a message forward by news of it, never back. It may come before the send's own result and then settles it. The
// conversation is named when something may be sent now.
func (in *Inbox) Receipt(ctx context.Context, tx *database.Tx, r channels.Receipt) (h Heeded, conversation string, err error) {
	m, err := in.receipted(ctx, tx, r)
	if err != nil || m == nil {
		return Unknown, "", err
	}
	if m.handle != "" && r.Handle != "" && m.handle != string(r.Handle) {
		return Contradicts, "", nil
	}
	if r.Status == channels.Failed {
		return in.receiptFailed(ctx, tx, r, m)
	}
	status := r.Status
	if status.Rank() < channels.Sent.Rank() {
		status = channels.Sent // the provider has it: that is what our sent means
	}
	now := tx.Now()
	var moved int64
	b := &database.Batch{}
	b.Exec(`UPDATE attempts SET handle = COALESCE(handle, $3), result = 'ok' WHERE message_id = $1 AND n = $2`, m.id, m.n, null(string(r.Handle)))
	b.ExecCount(&moved, `UPDATE messages SET status = $2, rank = $3, handle = COALESCE(handle, $4), sent_at = COALESCE(sent_at, $5), reason = '', code = ''
		WHERE id = $1 AND rank < $3`, m.id, string(status), status.Rank(), null(string(r.Handle)), now)
	if err := tx.Run(ctx, b); err != nil {
		return "", "", fmt.Errorf("store receipt: %w", err)
	}
	if moved == 0 {
		return Stale, "", nil
	}
	return Moved, m.conversation, nil
}

// receipted is the message a receipt is about, and which attempt at it.
type receipted struct {
	id, conversation, handle string
	kind                     Kind
	n, attempt               int
	hasTemplate, shut        bool
}

func (in *Inbox) receipted(ctx context.Context, tx *database.Tx, r channels.Receipt) (*receipted, error) {
	const columns = `SELECT m.id, m.conversation_id, COALESCE(a.handle, ''), m.kind, a.n, m.attempt, m.parts FROM messages m JOIN attempts a ON a.message_id = m.id`
	var row database.Row
	if r.Message != "" {
		row = tx.QueryRow(ctx, columns+` WHERE m.id = $1 AND a.n = $2`, r.Message, r.Attempt)
	} else {
		row = tx.QueryRow(ctx, columns+` WHERE m.handle = $1 AND NOT m.inbound AND a.handle = $1`, string(r.Handle))
	}
	m := &receipted{}
	var text string
	err := row.Scan(&m.id, &m.conversation, &m.handle, &m.kind, &m.n, &m.attempt, &text)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find message of receipt: %w", err)
	}
	var out channels.Outgoing
	if m.shut, err = decode(text, &out); err != nil {
		return nil, err
	}
	m.hasTemplate = out.Template != nil
	return m, nil
}

// receiptFailed: the provider took the message and then could not bring it. What its class means is the same as at the send.
func (in *Inbox) receiptFailed(ctx context.Context, tx *database.Tx, r channels.Receipt, m *receipted) (Heeded, string, error) {
	if m.n < m.attempt {
		return Stale, "", nil // a later attempt is under way
	}
	var moved int64
	b := &database.Batch{}
	b.Exec(`UPDATE attempts SET handle = COALESCE(handle, $3), result = $4 WHERE message_id = $1 AND n = $2`, m.id, m.n, null(string(r.Handle)), r.Reason)
	b.ExecCount(&moved, `UPDATE messages SET status = 'failed', rank = $2, handle = COALESCE(handle, $3), reason = $4, code = $5 WHERE id = $1 AND rank < $2`,
		m.id, channels.Failed.Rank(), null(string(r.Handle)), r.Reason, r.Code)
	if err := tx.Run(ctx, b); err != nil {
		return "", "", fmt.Errorf("store receipt: %w", err)
	}
	if moved == 0 {
		return Stale, "", nil
	}
	now := tx.Now()
	var err error
	switch class := channels.Class(r.Reason); {
	case class == channels.OptedOut:
		_, err = tx.Exec(ctx, `UPDATE addresses SET opted_out_at = $2 WHERE opted_out_at IS NULL AND id = (SELECT address_id FROM conversations WHERE id = $1)`,
			m.conversation, now)
	case offAWhile[r.Code]:
		if m.kind == Update || m.kind == Agent {
			err = in.again(ctx, tx, m, now.Add(time.Hour), false)
		}
	case class == channels.Unreachable:
		_, err = tx.Exec(ctx, `UPDATE addresses SET unreachable_at = $2 WHERE id = (SELECT address_id FROM conversations WHERE id = $1)`, m.conversation, now)
	case class == channels.WindowShut && m.hasTemplate && !m.shut:
		err = in.again(ctx, tx, m, now, true)
	}
	return Moved, m.conversation, err
}

// again writes a failed message once more, as a new row behind what is queued: its failure stands. The cause makes it once.
func (in *Inbox) again(ctx context.Context, tx *database.Tx, m *receipted, due time.Time, shut bool) error {
	c, err := in.Lock(ctx, tx, m.conversation)
	if err != nil {
		return err
	}
	var text string
	if err := tx.QueryRow(ctx, `SELECT parts FROM messages WHERE id = $1`, m.id).Scan(&text); err != nil {
		return fmt.Errorf("write message again: %w", err)
	}
	if shut {
		if text, err = shutAgain(text); err != nil {
			return err
		}
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE id = $1 AND cause LIKE 'again:%'`, m.id).Scan(&n); err != nil {
		return fmt.Errorf("write message again: %w", err)
	}
	if n > 0 {
		return nil // it was the second time already
	}
	b := &database.Batch{}
	b.Exec(`INSERT INTO messages (id, conversation_id, seq, inbound, kind, language, body, parts, created_at, status, cause, author_id, case_id, epoch, keep,
		due_at, expires_at) SELECT $2, conversation_id, $3, FALSE, kind, language, body, $4, $5, 'queued', $6, author_id, case_id, epoch, keep, $7, $8
		FROM messages WHERE id = $1 ON CONFLICT (cause) WHERE cause IS NOT NULL DO NOTHING`,
		m.id, in.newID(), c.NextSeq, text, tx.Now(), "again:"+m.id, due, due.Add(m.kind.patience()))
	b.Exec(`UPDATE conversations SET next_seq = $2 WHERE id = $1`, c.ID, c.NextSeq+1)
	if err := tx.Run(ctx, b); err != nil {
		return fmt.Errorf("write message again: %w", err)
	}
	return nil
}
