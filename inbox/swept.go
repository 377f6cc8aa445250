package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"concierge/channels"
	"concierge/internal/database"
)

// MarkSwept notes, as part of a batch, that a message was found in the provider's list, which tells neither pin nor button. Its webhook
// may still come.
func (in *Inbox) MarkSwept(b *database.Batch, m channels.Message) {
	b.Exec(`UPDATE received SET swept = TRUE WHERE channel = $1 AND account = $2 AND provider_id = $3`,
		string(m.Channel), m.Account, in.keys.Hash("received", m.ID))
}

// TrueCopy takes the mark of a swept message away, now that its webhook has come, and reads what is stored of it: of many copies at once
// one finds the mark. ok is false when the message was not swept, or is erased.
func (in *Inbox) TrueCopy(ctx context.Context, tx *database.Tx, m channels.Message) (conversation string, old *Inbound, ok bool, err error) {
	var id string
	err = tx.QueryRow(ctx, `UPDATE received SET swept = FALSE WHERE channel = $1 AND account = $2 AND provider_id = $3 AND swept RETURNING message_id`,
		string(m.Channel), m.Account, in.keys.Hash("received", m.ID)).Scan(&id)
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT conversation_id FROM messages WHERE id = $1 AND inbound`, id).Scan(&conversation)
	}
	if errors.Is(err, database.ErrNoRows) {
		return "", nil, false, nil
	}
	if err != nil {
		return "", nil, false, fmt.Errorf("find swept message: %w", err)
	}
	old = &Inbound{ID: id}
	return conversation, old, true, nil
}

// Reread reads a message of a conversation whose lock the transaction holds.
func (in *Inbox) Reread(ctx context.Context, tx *database.Tx, m *Inbound) error {
	var extra, handle string
	err := tx.QueryRow(ctx, `SELECT seq, kind, body, parts, COALESCE(handle, ''), created_at, taken, tries FROM messages WHERE id = $1`, m.ID).
		Scan(&m.Seq, &m.Kind, &m.Text, &extra, &handle, &m.At, &m.Taken, &m.Tries)
	if err != nil {
		return fmt.Errorf("read message again: %w", err)
	}
	m.Handle = channels.Handle(handle)
	return m.decode(extra)
}

// Fill adds to a swept message what its true copy has and the list did not tell. It returns the photos and files that are new; more is
// false when nothing is that a turn could read.
func (m *Inbound) Fill(from channels.Message) (media []channels.Media, more bool) {
	if from.Location != nil && m.Location == nil {
		m.Location, more = from.Location, true
	}
	if from.Press != (channels.Press{}) && m.Press == (channels.Press{}) {
		m.Press, more = from.Press, true
	}
	if from.Text != "" && m.Text == "" {
		m.Text, more = from.Text, true
	}
	for _, f := range from.Media {
		if !slices.ContainsFunc(m.Media, func(has channels.Media) bool { return has.Ref == f.Ref }) {
			media, more = append(media, f), true
		}
	}
	m.Media = append(m.Media, media...)
	if more || from.Kind == channels.KindOptOut || from.Kind == channels.KindOptIn {
		m.Kind = from.Kind
	}
	if m.ReplyTo == "" {
		m.ReplyTo = from.ReplyTo
	}
	if m.Language == "" {
		m.Language = from.Language
	}
	m.Forwarded = m.Forwarded || from.Forwarded
	return media, more
}

// Refill stores what Fill has added, as part of a batch.
func (in *Inbox) Refill(b *database.Batch, m *Inbound) error {
	extra, err := m.encode()
	if err != nil {
		return err
	}
	b.Exec(`UPDATE messages SET kind = $2, body = $3, parts = $4, taken = $5, tries = $6 WHERE id = $1`,
		m.ID, string(m.Kind), m.Text, extra, string(m.Taken), m.Tries)
	return nil
}
