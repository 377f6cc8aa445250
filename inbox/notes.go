package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"concierge/internal/audit"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Note is staff's own, and never sent. It stands by a conversation or a case.
type Note struct {
	ID, Agent, AgentName, Body string
	At                         time.Time
}

// AddNote writes a note by a conversation this person may see.
func AddNote(ctx context.Context, tx *database.Tx, a Actor, conversation, body string) error {
	if err := mayNote(ctx, tx, a, conversation); err != nil {
		return err
	}
	return addNote(ctx, tx, a, conversation, "", body)
}

// AddCaseNote writes a note by a case; whether this person may see the case the caller has looked at.
func AddCaseNote(ctx context.Context, tx *database.Tx, a Actor, caseID, body string) error {
	return addNote(ctx, tx, a, "", caseID, body)
}

func addNote(ctx context.Context, tx *database.Tx, a Actor, conversation, caseID, body string) error {
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	if body == "" || len([]rune(body)) > maxReply {
		return ErrIncomplete
	}
	_, err := tx.Exec(ctx, `INSERT INTO notes (id, conversation_id, case_id, agent_id, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		database.NewID(), null(conversation), null(caseID), a.ID, body, tx.Now())
	if err != nil {
		return fmt.Errorf("write note: %w", err)
	}
	topic, subject := FeedConversation, conversation
	if conversation == "" {
		topic, subject = "case", caseID
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: a.ID, Deed: topic + ".noted", Subject: subject}); err != nil {
		return err
	}
	return feed.Append(ctx, tx, topic, subject, FeedNote)
}

// Notes reads a conversation's notes, the oldest first.
func Notes(ctx context.Context, tx *database.Tx, conversation string) ([]Note, error) {
	return readNotes(ctx, tx, `n.conversation_id = $1`, conversation)
}

// CaseNotes reads a case's notes, the oldest first.
func CaseNotes(ctx context.Context, tx *database.Tx, caseID string) ([]Note, error) {
	return readNotes(ctx, tx, `n.case_id = $1`, caseID)
}

func readNotes(ctx context.Context, tx *database.Tx, where, id string) (all []Note, err error) {
	rows, err := tx.Query(ctx, `SELECT n.id, n.agent_id, COALESCE(s.name, ''), n.body, n.created_at FROM notes n LEFT JOIN staff s ON s.id = n.agent_id
		WHERE `+where+` ORDER BY n.id LIMIT 500`, id)
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var n Note
		if err := rows.Scan(&n.ID, &n.Agent, &n.AgentName, &n.Body, &n.At); err != nil {
			return nil, fmt.Errorf("read notes: %w", err)
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

func mayNote(ctx context.Context, tx *database.Tx, a Actor, conversation string) error {
	ok, err := Sees(ctx, tx, a, conversation)
	if err == nil && !ok {
		err = ErrNotFound
	}
	return err
}
