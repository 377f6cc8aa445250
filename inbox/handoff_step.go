package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"concierge/channels"
	"concierge/council"
	"concierge/internal/audit"
	"concierge/internal/database"
	"concierge/internal/feed"
)

// Handoffs are the rules between the concierge and people. Every step is part of ONE transaction, the caller's: the conversation's row is
// locked, version and rights are checked, and state, handoff, the resident's line, jobs, audit and feed are written together.
type Handoffs struct {
	in      *Inbox
	council *council.Council
}

// NewHandoffs makes the rules; the council knows when its office is open and which team has what.
func NewHandoffs(in *Inbox, c *council.Council) *Handoffs { return &Handoffs{in, c} }

// absentAfter is how long without any request somebody counts as gone from their desk.
const absentAfter = 3 * time.Minute

// standing is a conversation in hand: locked, with its open stretch.
type standing struct {
	*Conversation
	Team string
	Open *Handoff // nil: none
	was  struct {
		version int64
		handoff Handoff
	}
}

// lock takes the conversation for a person. One they may not see is not there.
func (h *Handoffs) lock(ctx context.Context, tx *database.Tx, a Actor, id string) (*standing, error) {
	c, err := h.in.Lock(ctx, tx, id)
	if errors.Is(err, ErrNoConversation) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	if !a.Sees(s.Team) {
		return nil, ErrNotFound
	}
	return s, nil
}

// standing adds to a locked conversation what the steps need to know.
func (h *Handoffs) standing(ctx context.Context, tx *database.Tx, c *Conversation) (*standing, error) {
	s := &standing{Conversation: c}
	var err error
	if err := tx.QueryRow(ctx, `SELECT team FROM conversations WHERE id = $1`, c.ID).Scan(&s.Team); err != nil {
		return nil, fmt.Errorf("read team: %w", err)
	}
	if s.Open, err = openHandoff(ctx, tx, c.ID); err != nil {
		return nil, err
	}
	s.was.version = c.Version
	if s.Open != nil {
		s.was.handoff = *s.Open
	}
	return s, nil
}

// finish writes what a step changed: one more version when it was a transition, and news for the desk in any case.
func (h *Handoffs) finish(ctx context.Context, tx *database.Tx, s *standing, actor, deed, detail string) error {
	if err := h.in.Save(ctx, tx, s.Conversation); err != nil {
		return err
	}
	if s.Open != nil && *s.Open != s.was.handoff {
		if err := saveHandoff(ctx, tx, s.Open); err != nil {
			return err
		}
	}
	if s.Open != nil && s.Open.Team != s.Team {
		if err := setTeam(ctx, tx, s.ID, s.Open.Team); err != nil {
			return err
		}
	}
	if actor != "" {
		if err := audit.Write(ctx, tx, audit.Entry{Actor: actor, Deed: "conversation." + deed, Subject: s.ID, Detail: detail}); err != nil {
			return err
		}
	}
	return feed.Append(ctx, tx, FeedConversation, s.ID, FeedState)
}

func setTeam(ctx context.Context, tx *database.Tx, id, team string) error {
	if _, err := tx.Exec(ctx, `UPDATE conversations SET team = $2 WHERE id = $1`, id, team); err != nil {
		return fmt.Errorf("set team: %w", err)
	}
	return nil
}

// fresh refuses a form that was made before the last transition.
func (s *standing) fresh(version int64) error {
	if version != s.Version {
		return ErrStale
	}
	return nil
}

// held says who has the conversation, when it is neither the bot, the queue nor this person.
func (h *Handoffs) held(ctx context.Context, tx *database.Tx, s *standing, a Actor) error {
	if s.Owner != AnAgent || s.AgentID == a.ID {
		return nil
	}
	name, err := staffName(ctx, tx, s.AgentID)
	if err != nil {
		return err
	}
	return &Held{s.AgentID, name}
}

// mine refuses unless this person has the conversation.
func (h *Handoffs) mine(ctx context.Context, tx *database.Tx, s *standing, a Actor, version int64) error {
	if err := h.held(ctx, tx, s, a); err != nil {
		return err
	}
	if s.Owner != AnAgent {
		return ErrNotYours
	}
	return s.fresh(version)
}

// give makes a person the owner: what the concierge has queued is overtaken in the same transaction, save a filed reference.
func (h *Handoffs) give(ctx context.Context, tx *database.Tx, s *standing, a Actor) error {
	now := tx.Now()
	s.Owner, s.State, s.AgentID, s.SnoozedUntil = AnAgent, Active, a.ID, time.Time{}
	s.Version++
	s.Epoch++
	if s.Open == nil {
		team := s.Team
		if team == "" || !a.Sees(team) {
			team = h.teamFor(a)
		}
		s.Open = &Handoff{ID: h.in.o.NewID(), Conversation: s.ID, Reason: TakenOver, Team: team, Language: s.Language, Priority: Normal, Agent: a.ID,
			RequestedAt: now, ClaimedAt: &now}
		s.was.handoff = *s.Open
		if err := insertHandoff(ctx, tx, s.Open); err != nil {
			return err
		}
	}
	s.Open.Agent = a.ID
	if s.Open.ClaimedAt == nil {
		s.Open.ClaimedAt = &now
	}
	return overtake(ctx, tx, s.ID)
}

// overtake fails the replies the concierge had ready. One that is being sent cannot be called back.
func overtake(ctx context.Context, tx *database.Tx, conversation string) error {
	_, err := tx.Exec(ctx, `UPDATE messages SET status = 'failed', rank = $2, reason = 'overtaken' WHERE conversation_id = $1 AND NOT inbound
		AND kind = 'reply' AND status = 'queued' AND NOT keep`, conversation, channels.Failed.Rank())
	if err != nil {
		return fmt.Errorf("overtake: %w", err)
	}
	return nil
}

// release gives the conversation to the queue.
func (s *standing) release() {
	s.Owner, s.State, s.AgentID, s.SnoozedUntil = Queue, Active, "", time.Time{}
	s.Version++
	if s.Open != nil {
		s.Open.Agent = ""
	}
}

// end gives the conversation back to the bot and ends the stretch.
func (s *standing) end(now time.Time, state State, by string, o Outcome) {
	s.Owner, s.State, s.AgentID, s.SnoozedUntil = Bot, state, "", time.Time{}
	s.Version++
	s.Epoch++
	if s.Open != nil {
		s.Open.EndedAt, s.Open.EndedBy, s.Open.Outcome = &now, by, o
	}
}

// teamFor is the team of a stretch nobody asked for: the person's own, else the one that takes what no service sends elsewhere.
func (h *Handoffs) teamFor(a Actor) string {
	for _, t := range a.Teams {
		if t != SafeguardingTeam {
			return t
		}
	}
	if len(h.council.Teams) > 0 {
		return h.council.Teams[0]
	}
	return ""
}

// Sees tells whether this person may see a conversation of that team; query.visible is the same in SQL.
func (a Actor) Sees(team string) bool {
	if team == SafeguardingTeam && !a.Sensitive {
		return false
	}
	return a.All || team == "" || slices.Contains(a.Teams, team)
}

// present tells whether an agent is at the desk: signed in, not away, and heard of within three minutes.
func present(ctx context.Context, tx *database.Tx, agent string) (bool, error) {
	var away bool
	var seen *time.Time
	err := tx.QueryRow(ctx, `SELECT away, seen_at FROM staff WHERE id = $1`, agent).Scan(&away, &seen)
	if errors.Is(err, database.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for agent: %w", err)
	}
	return !away && seen != nil && tx.Now().Sub(*seen) < absentAfter, nil
}
