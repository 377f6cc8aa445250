package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"concierge/internal/audit"
	"concierge/internal/database"
)

// SetAsideOne is a message whose turn failed three times and that nobody has dealt with. It shows none of its words.
type SetAsideOne struct {
	Message, Conversation string
	Channel, Team         string
	Cause                 string // a type and a place: "panic runtime.boundsError place.go:41"
	Came, At              time.Time
}

// asidesShown is the most a page lists; the latest are shown.
const asidesShown = 100

// Asides lists what was set aside in conversations this person may see, the latest first, and tells how many there are.
func Asides(ctx context.Context, tx *database.Tx, a Actor) (all []SetAsideOne, count int, err error) {
	q := &query{}
	where := q.visible(a, "c")
	if err := tx.QueryRow(ctx, `SELECT COUNT(*)`+asidesFrom+where, q.args...).Scan(&count); err != nil {
		return nil, 0, fmt.Errorf("count messages set aside: %w", err)
	}
	all, err = asides(ctx, tx, where, q.args...)
	return all, count, err
}

// AsidesOf lists what was set aside in one conversation.
func AsidesOf(ctx context.Context, tx *database.Tx, conversation string) ([]SetAsideOne, error) {
	return asides(ctx, tx, `c.id = $1`, conversation)
}

const asidesFrom = ` FROM asides s JOIN messages m ON m.id = s.message_id JOIN conversations c ON c.id = m.conversation_id WHERE `

func asides(ctx context.Context, tx *database.Tx, where string, args ...any) (all []SetAsideOne, err error) {
	rows, err := tx.Query(ctx, `SELECT s.message_id, c.id, c.channel, c.team, s.cause, m.created_at, s.at`+asidesFrom+where+
		fmt.Sprintf(` ORDER BY s.at DESC, s.message_id LIMIT %d`, asidesShown), args...)
	if err != nil {
		return nil, fmt.Errorf("list messages set aside: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s SetAsideOne
		if err := rows.Scan(&s.Message, &s.Conversation, &s.Channel, &s.Team, &s.Cause, &s.Came, &s.At); err != nil {
			return nil, fmt.Errorf("list messages set aside: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// TryAgain lets the concierge read a message that was set aside once more, with three new tries, and what came behind it unless a person
// has answered since. The conversation is the concierge's again. One that somebody else has stays theirs.
func (h *Handoffs) TryAgain(ctx context.Context, tx *database.Tx, a Actor, id, message string) error {
	s, seq, err := h.aside(ctx, tx, a, id, message, ForTurn)
	if err != nil {
		return err
	}
	switch {
	case s.Owner != Bot:
		s.end(tx.Now(), Active, a.ID, Returned)
	case s.State == Closed:
		s.State = Active
		s.Version++
	}
	_, err = tx.Exec(ctx, `UPDATE messages SET taken = 'waiting', tries = 0 WHERE conversation_id = $1 AND inbound AND taken = 'desk' AND seq > $2
		AND kind NOT IN ('opt_out', 'opt_in', 'help', 'contact', 'other')
		AND NOT EXISTS (SELECT 1 FROM messages p WHERE p.conversation_id = $1 AND NOT p.inbound AND p.kind = 'agent' AND p.seq > $2)`, id, seq)
	if err != nil {
		return fmt.Errorf("let what came behind wait: %w", err)
	}
	if err := h.in.queue.Enqueue(ctx, tx, Take{Conversation: id, Message: message}); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "tried_again", message)
}

// DismissAside leaves a message that was set aside to people: it is as any other they have read. The conversation stays as it is.
func (h *Handoffs) DismissAside(ctx context.Context, tx *database.Tx, a Actor, id, message string) error {
	s, _, err := h.aside(ctx, tx, a, id, message, ForDesk)
	if err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "dismissed", message)
}

// aside locks the conversation and says what becomes of its message that was set aside. Of two who press one is too late.
func (h *Handoffs) aside(ctx context.Context, tx *database.Tx, a Actor, id, message string, as Taken) (s *standing, seq int64, err error) {
	if s, err = h.lock(ctx, tx, a, id); err != nil {
		return nil, 0, err
	}
	if err := h.held(ctx, tx, s, a); err != nil {
		return nil, 0, err
	}
	err = tx.QueryRow(ctx, `UPDATE messages SET taken = $3, tries = 0 WHERE id = $1 AND conversation_id = $2 AND taken = 'aside' RETURNING seq`,
		message, id, string(as)).Scan(&seq)
	if errors.Is(err, database.ErrNoRows) {
		return nil, 0, ErrStale
	}
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM asides WHERE message_id = $1`, message)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("deal with message set aside: %w", err)
	}
	return s, seq, nil
}

// UnreadOne is an authentic update nobody could read. What came is sealed, and no page opens it.
type UnreadOne struct {
	ID, Channel string
	Bytes       int64
	At          time.Time
}

// Unread lists what could not be read, the latest first, and tells how many there are.
func Unread(ctx context.Context, tx *database.Tx) (all []UnreadOne, count int, err error) {
	b := &database.Batch{}
	b.Row(`SELECT COUNT(*) FROM quarantine`).Into(&count)
	b.Each(fmt.Sprintf(`SELECT id, channel, bytes, at FROM quarantine ORDER BY at DESC, id LIMIT %d`, asidesShown), func(scan func(...any) error) error {
		var u UnreadOne
		err := scan(&u.ID, &u.Channel, &u.Bytes, &u.At)
		all = append(all, u)
		return err
	})
	if err := tx.Run(ctx, b); err != nil {
		return nil, 0, fmt.Errorf("list unreadable messages: %w", err)
	}
	return all, count, nil
}

// DismissUnread deletes one that could not be read.
func DismissUnread(ctx context.Context, tx *database.Tx, a Actor, id string) error {
	n, err := tx.Exec(ctx, `DELETE FROM quarantine WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("dismiss unreadable message: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: a.ID, Deed: "quarantine.dismissed", Subject: id})
}
