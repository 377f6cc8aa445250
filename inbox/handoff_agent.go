package inbox

import (
	"context"

	"concierge/internal/database"
)

// Claim takes a conversation from the queue. The resident is told nothing yet: a claim may be a look. Of many who claim at once one
// wins; the others get a *Held with the winner's name.
func (h *Handoffs) Claim(ctx context.Context, tx *database.Tx, a Actor, id string, version int64) error {
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if err := h.held(ctx, tx, s, a); err != nil {
		return err
	}
	if s.Owner == AnAgent { // pressed twice
		return nil
	}
	if s.Owner != Queue {
		return ErrStale
	}
	if err := s.fresh(version); err != nil {
		return err
	}
	if err := h.give(ctx, tx, s, a); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "claimed", "")
}

// TakeOver takes a conversation from the concierge, the queue or another agent and tells the resident who has joined.
func (h *Handoffs) TakeOver(ctx context.Context, tx *database.Tx, a Actor, id string, version int64) error {
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if s.Owner == AnAgent && s.AgentID == a.ID {
		return nil
	}
	if err := s.fresh(version); err != nil {
		if held := h.held(ctx, tx, s, a); held != nil {
			return held
		}
		return err
	}
	if err := h.give(ctx, tx, s, a); err != nil {
		return err
	}
	if err := h.sayJoined(ctx, tx, s, a); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "taken_over", "")
}

// Close ends the stretch. tell says a closing line to the resident. Supervisors may close what waits in the queue.
func (h *Handoffs) Close(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, o Outcome, tell bool) error {
	if o != Resolved && o != Cancelled && o != NoAnswer && o != OptedOut {
		return ErrIncomplete
	}
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if s.Owner == Bot {
		return ErrStale
	}
	if err := h.held(ctx, tx, s, a); err != nil && !a.Supervises {
		return err
	}
	if s.Owner == Queue && !a.Supervises {
		return ErrNotYours
	}
	if err := s.fresh(version); err != nil {
		return err
	}
	stretch := s.Open.ID
	s.end(tx.Now(), Closed, a.ID, o)
	if tell {
		if err := h.say(ctx, tx, s, "closed:"+stretch, line("handoff.closed")); err != nil {
			return err
		}
	}
	return h.finish(ctx, tx, s, a.ID, "closed", string(o))
}

// Prioritise sets how urgent a stretch is: Normal or Urgent.
func (h *Handoffs) Prioritise(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, priority string) error {
	if priority != Normal && priority != Urgent {
		return ErrIncomplete
	}
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if err := s.fresh(version); err != nil {
		return err
	}
	if s.Open == nil {
		return ErrNotYours
	}
	if s.Open.Priority != SafeguardingUrgency {
		s.Open.Priority = priority
	}
	s.Version++
	return h.finish(ctx, tx, s, a.ID, "prioritised", priority)
}

// Seen notes when somebody first looked at a stretch that waits. It changes nothing else.
func (h *Handoffs) Seen(ctx context.Context, tx *database.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE handoffs SET first_seen_at = $2 WHERE conversation_id = $1 AND ended_at IS NULL AND first_seen_at IS NULL`,
		id, tx.Now())
	return err
}
