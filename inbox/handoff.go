package inbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"concierge/internal/database"
)

// Actor is a member of staff as the inbox knows them: what they may see and do is part of every query.
type Actor struct {
	ID, Name   string
	Teams      []string
	All        bool // every team's
	Sensitive  bool // safeguarding too
	Supervises bool // assigns, and takes over without asking
}

// Reason is why a person was needed.
type Reason string

// The reasons of a handoff.
const (
	Asked         Reason = "asked"
	NotUnderstood Reason = "not_understood"
	ByTree        Reason = "tree"
	Safeguarding  Reason = "safeguarding"
	EngineError   Reason = "engine_error"
	TakenOver     Reason = "taken_over"
	Reopened      Reason = "reopened"
	Flooding      Reason = "flood" // more replies than channels.limits allows brought them no further
)

// Outcome is how a stretch with a person ended.
type Outcome string

// The outcomes of a handoff.
const (
	Resolved  Outcome = "resolved"
	Returned  Outcome = "returned"
	Cancelled Outcome = "cancelled"
	NoAnswer  Outcome = "no_answer"
	OptedOut  Outcome = "opted_out"
)

// The priorities of a handoff.
const (
	Normal              = "normal"
	Urgent              = "urgent"
	SafeguardingUrgency = "safeguarding"
)

// SafeguardingTeam is the one team whose conversations nobody sees but itself and supervisors.
const SafeguardingTeam = "safeguarding"

// Handoff is one stretch with a person, from the request to its end.
type Handoff struct {
	ID, Conversation  string
	Reason            Reason
	Topic, Team       string // a service code, and who has it
	Language          string
	Priority, Summary string
	Agent, EndedBy    string
	Outcome           Outcome
	RequestedAt       time.Time
	FirstSeenAt       *time.Time
	ClaimedAt         *time.Time
	FirstReplyAt      *time.Time
	EndedAt           *time.Time
}

// What a step can fail of, besides the database. The desk answers all but the first with 409 or 422.
var (
	ErrNotFound   = errors.New("no such conversation")               // or none this person may see
	ErrStale      = errors.New("the conversation has changed since") // the form's version is old
	ErrNewer      = errors.New("there are newer messages")           // than the last one the agent had seen
	ErrHeld       = errors.New("somebody else has the conversation") // always a *Held
	ErrNotYours   = errors.New("the conversation is not with you")   // take it over first
	ErrWindow     = errors.New("the window for free text is shut")   // WhatsApp, 24 h after their last message
	ErrForbidden  = errors.New("not allowed")                        //
	ErrIncomplete = errors.New("something is missing")               // a note for a transfer, a text, a reference
)

// Held says who was quicker, or who has the conversation now.
type Held struct{ Agent, Name string }

func (h *Held) Error() string { return "held by agent " + h.Agent }

// Is makes every Held an ErrHeld.
func (h *Held) Is(target error) bool { return target == ErrHeld }

const handoffColumns = `id, conversation_id, reason, topic, team, language, priority, summary, COALESCE(agent_id, ''),
	COALESCE(ended_by, ''), outcome, requested_at, first_seen_at, claimed_at, first_reply_at, ended_at`

func scanHandoff(scan func(...any) error) (*Handoff, error) {
	var h Handoff
	err := scan(&h.ID, &h.Conversation, &h.Reason, &h.Topic, &h.Team, &h.Language, &h.Priority, &h.Summary, &h.Agent, &h.EndedBy, &h.Outcome,
		&h.RequestedAt, &h.FirstSeenAt, &h.ClaimedAt, &h.FirstReplyAt, &h.EndedAt)
	return &h, err
}

// openHandoff is the stretch that has not ended; nil when there is none.
func openHandoff(ctx context.Context, tx *database.Tx, conversation string) (*Handoff, error) {
	return oneHandoff(tx.QueryRow(ctx, `SELECT `+handoffColumns+` FROM handoffs WHERE conversation_id = $1 AND ended_at IS NULL`, conversation))
}

// lastHandoff is the latest stretch, open or ended; nil when there never was one.
func lastHandoff(ctx context.Context, tx *database.Tx, conversation string) (*Handoff, error) {
	return oneHandoff(tx.QueryRow(ctx, `SELECT `+handoffColumns+` FROM handoffs WHERE conversation_id = $1
		ORDER BY ended_at IS NULL DESC, id DESC LIMIT 1`, conversation))
}

func oneHandoff(row database.Row) (*Handoff, error) {
	h, err := scanHandoff(row.Scan)
	if errors.Is(err, database.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read handoff: %w", err)
	}
	return h, nil
}

// HandoffsOf lists the stretches of a conversation, the latest first.
func HandoffsOf(ctx context.Context, tx *database.Tx, conversation string) (all []Handoff, err error) {
	rows, err := tx.Query(ctx, `SELECT `+handoffColumns+` FROM handoffs WHERE conversation_id = $1 ORDER BY id DESC LIMIT 50`, conversation)
	if err != nil {
		return nil, fmt.Errorf("list handoffs: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		h, err := scanHandoff(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list handoffs: %w", err)
		}
		all = append(all, *h)
	}
	return all, rows.Err()
}

func insertHandoff(ctx context.Context, tx *database.Tx, h *Handoff) error {
	_, err := tx.Exec(ctx, `INSERT INTO handoffs (id, conversation_id, reason, topic, team, language, priority, summary, agent_id, requested_at, claimed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, h.ID, h.Conversation, h.Reason, h.Topic, h.Team, h.Language, h.Priority, h.Summary,
		null(h.Agent), h.RequestedAt, h.ClaimedAt)
	if err != nil {
		return fmt.Errorf("open handoff: %w", err)
	}
	return nil
}

func saveHandoff(ctx context.Context, tx *database.Tx, h *Handoff) error {
	_, err := tx.Exec(ctx, `UPDATE handoffs SET team = $2, priority = $3, agent_id = $4, first_seen_at = $5, claimed_at = $6, first_reply_at = $7,
		ended_at = $8, ended_by = $9, outcome = $10 WHERE id = $1`, h.ID, h.Team, h.Priority, null(h.Agent), h.FirstSeenAt, h.ClaimedAt, h.FirstReplyAt,
		h.EndedAt, null(h.EndedBy), h.Outcome)
	if err != nil {
		return fmt.Errorf("save handoff: %w", err)
	}
	return nil
}

// staffName is what an agent is called; the id of somebody who is gone.
func staffName(ctx context.Context, tx *database.Tx, id string) (string, error) {
	var name string
	err := tx.QueryRow(ctx, `SELECT name FROM staff WHERE id = $1`, id).Scan(&name)
	if errors.Is(err, database.ErrNoRows) || err == nil && name == "" {
		return id, nil
	}
	if err != nil {
		return "", fmt.Errorf("name staff: %w", err)
	}
	return name, nil
}

// firstName is all a resident is told of an agent's name.
func firstName(name string) string {
	if f := strings.Fields(name); len(f) > 0 {
		return f[0]
	}
	return name
}
