package inbox

import (
	"context"
	"strings"
	"time"

	"concierge/internal/database"
)

// Release gives the conversation back to the queue. A resident who was told a name is told that a colleague comes.
func (h *Handoffs) Release(ctx context.Context, tx *database.Tx, a Actor, id string, version int64) error {
	return h.pass(ctx, tx, a, id, version, "", "")
}

// Transfer gives the conversation to another team's queue, with a note that says why.
func (h *Handoffs) Transfer(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, team, note string) error {
	if !h.hasTeam(team) || strings.TrimSpace(note) == "" {
		return ErrIncomplete
	}
	return h.pass(ctx, tx, a, id, version, team, note)
}

func (h *Handoffs) pass(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, team, note string) error {
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if err := h.mine(ctx, tx, s, a, version); err != nil {
		return err
	}
	if err := h.toQueue(ctx, tx, s); err != nil {
		return err
	}
	if team == "" {
		return h.finish(ctx, tx, s, a.ID, "released", "")
	}
	s.Open.Team = team
	if err := AddNote(ctx, tx, a, id, note); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "transferred", team)
}

// toQueue puts the conversation in the queue again; who was told a name is told that a colleague comes.
func (h *Handoffs) toQueue(ctx context.Context, tx *database.Tx, s *standing) error {
	told, err := named(ctx, tx, s.ID, s.Open.ID)
	if err != nil {
		return err
	}
	s.release()
	if !told {
		return nil
	}
	return h.say(ctx, tx, s, "colleague:"+s.Open.ID+":"+h.in.o.NewID(), line("handoff.colleague"))
}

// Assign gives a conversation to an agent. The resident is told nothing before that agent's first words.
func (h *Handoffs) Assign(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, to Actor) error {
	if !a.Supervises {
		return ErrForbidden
	}
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if err := s.fresh(version); err != nil {
		return err
	}
	if s.Owner == Bot {
		return ErrNotYours
	}
	if !to.Sees(s.Team) { // they could not open it
		return ErrIncomplete
	}
	if s.AgentID == to.ID {
		return nil
	}
	if err := h.give(ctx, tx, s, to); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "assigned", to.ID)
}

// How a conversation is given back to the concierge.
const (
	AsResume = "resume" // where they were
	AsMenu   = "menu"
	AsCase   = "case" // to a case, by its reference
	AsSilent = "silent"
)

// Return gives the conversation back to the concierge. It speaks first unless it is silent: the job Resume says handoff.returned and
// what was chosen in one message.
func (h *Handoffs) Return(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, how, reference string) error {
	switch {
	case how == AsCase && reference == "":
		return ErrIncomplete
	case how != AsResume && how != AsMenu && how != AsCase && how != AsSilent:
		return ErrIncomplete
	}
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if err := h.mine(ctx, tx, s, a, version); err != nil {
		return err
	}
	s.end(tx.Now(), Active, a.ID, Returned)
	if err := h.in.queue.Enqueue(ctx, tx, Resume{Conversation: s.ID, Epoch: s.Epoch, How: how, Case: reference}); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "returned", how)
}

// Wait says that the resident's answer is awaited; Snooze, that the conversation rests until a time. Both end with their next message.
func (h *Handoffs) Wait(ctx context.Context, tx *database.Tx, a Actor, id string, version int64) error {
	return h.rest(ctx, tx, a, id, version, Waiting, time.Time{})
}

// Snooze lets the conversation rest until a time to come, at most 30 days.
func (h *Handoffs) Snooze(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, until time.Time) error {
	if now := tx.Now(); !until.After(now) || until.Sub(now) > 30*24*time.Hour {
		return ErrIncomplete
	}
	return h.rest(ctx, tx, a, id, version, Snoozed, until)
}

func (h *Handoffs) rest(ctx context.Context, tx *database.Tx, a Actor, id string, version int64, state State, until time.Time) error {
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if err := h.mine(ctx, tx, s, a, version); err != nil {
		return err
	}
	s.State, s.SnoozedUntil = state, until
	s.Version++
	return h.finish(ctx, tx, s, a.ID, string(state), "")
}

func (h *Handoffs) hasTeam(name string) bool {
	for _, t := range h.council.Teams {
		if t == name {
			return true
		}
	}
	return false
}
