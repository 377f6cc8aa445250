package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"concierge/channels"
	"concierge/internal/database"
)

// Spoken is one message in or out, as staff read it.
type Spoken struct {
	ID             string
	Seq            int64
	Inbound        bool
	Kind, Language string
	Body           string
	At             time.Time
	Taken          string
	Status         string
	Reason, Code   string
	Author, Name   string // the agent who wrote it
	Case           string
	SentAt, DueAt  *time.Time
	Choices        []channels.Choice  // what was offered
	Label          string             // the button they pressed
	Location       *channels.Location // the pin they sent
	Media          []Attached
}

// Attached is one photo or file of a message. State: waiting, stored, unavailable.
type Attached struct{ ID, Kind, State, Type string }

// TranscriptSize is the messages of one page of a transcript.
const TranscriptSize = 50

// Transcript reads the messages before a number, the oldest first; 0 reads the latest. more tells that there are earlier ones. Whether
// this person may see the conversation the caller has looked at.
func Transcript(ctx context.Context, tx *database.Tx, conversation string, before int64) (all []Spoken, more bool, err error) {
	if before <= 0 {
		before = 1 << 62
	}
	return spoken(ctx, tx, `m.conversation_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT 51`, conversation, before)
}

func spoken(ctx context.Context, tx *database.Tx, where string, args ...any) (all []Spoken, more bool, err error) {
	rows, err := tx.Query(ctx, `SELECT m.id, m.seq, m.inbound, m.kind, m.language, m.body, m.parts, m.created_at, m.taken, m.status, m.reason, m.code,
			COALESCE(m.author_id, ''), COALESCE(s.name, ''), COALESCE(m.case_id, ''), m.sent_at, m.due_at
		FROM messages m LEFT JOIN staff s ON s.id = m.author_id WHERE `+where, args...)
	if err != nil {
		return nil, false, fmt.Errorf("read transcript: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Spoken
		var extra string
		err := rows.Scan(&s.ID, &s.Seq, &s.Inbound, &s.Kind, &s.Language, &s.Body, &extra, &s.At, &s.Taken, &s.Status, &s.Reason, &s.Code,
			&s.Author, &s.Name, &s.Case, &s.SentAt, &s.DueAt)
		if err != nil {
			return nil, false, fmt.Errorf("read transcript: %w", err)
		}
		if err := s.read(extra); err != nil {
			return nil, false, err
		}
		all = append(all, s)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("read transcript: %w", err)
	}
	if len(all) > TranscriptSize {
		all, more = all[:TranscriptSize], true
	}
	slices.Reverse(all)
	return all, more, attach(ctx, tx, all)
}

func (s *Spoken) read(extra string) error {
	if extra == "" {
		return nil
	}
	if !s.Inbound {
		var p parts
		err := json.Unmarshal([]byte(extra), &p)
		s.Choices = p.Choices
		return err
	}
	var r received
	if err := json.Unmarshal([]byte(extra), &r); err != nil {
		return fmt.Errorf("read transcript: %w", err)
	}
	s.Location = r.Location
	if r.Press != nil {
		s.Label = r.Press.Label
	}
	return nil
}

// attach adds the photos and files. A page holds at most 50 messages, so their ids fit one statement.
func attach(ctx context.Context, tx *database.Tx, all []Spoken) error {
	q := &query{}
	at := map[string]int{}
	in := ""
	for i, s := range all {
		if s.Inbound {
			at[s.ID] = i
			in += ", " + q.arg(s.ID)
		}
	}
	if in == "" {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT message_id, id, kind, state, type FROM media WHERE message_id IN (`+in[2:]+`) ORDER BY message_id, n`, q.args...)
	if err != nil {
		return fmt.Errorf("read media: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var message string
		var a Attached
		if err := rows.Scan(&message, &a.ID, &a.Kind, &a.State, &a.Type); err != nil {
			return fmt.Errorf("read media: %w", err)
		}
		s := &all[at[message]]
		s.Media = append(s.Media, a)
	}
	return rows.Err()
}

// Sees tells whether this person may see the conversation, and whether it is there at all.
func Sees(ctx context.Context, tx *database.Tx, a Actor, conversation string) (bool, error) {
	team, err := TeamOf(ctx, tx, conversation)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && a.Sees(team), err
}

// TeamOf is the team that has, or last had, the conversation.
func TeamOf(ctx context.Context, tx *database.Tx, conversation string) (team string, err error) {
	err = tx.QueryRow(ctx, `SELECT team FROM conversations WHERE id = $1`, conversation).Scan(&team)
	if errors.Is(err, database.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("read team: %w", err)
	}
	return team, nil
}

// seenAll refuses when somebody wrote after the last message the agent had seen. What was only delivered is nothing new.
func seenAll(ctx context.Context, tx *database.Tx, c *Conversation, last string) error {
	var seen int64
	err := tx.QueryRow(ctx, `SELECT seq FROM messages WHERE conversation_id = $1 AND id = $2`, c.ID, last).Scan(&seen)
	if err != nil && !errors.Is(err, database.ErrNoRows) {
		return fmt.Errorf("look for newer messages: %w", err)
	}
	var newer int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND seq > $2`, c.ID, seen).Scan(&newer); err != nil {
		return fmt.Errorf("look for newer messages: %w", err)
	}
	if newer > 0 {
		return ErrNewer
	}
	return nil
}
