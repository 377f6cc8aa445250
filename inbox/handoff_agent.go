package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/feed"
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

// ReplyForm is what an agent sends.
type ReplyForm struct {
	ID       string // of the form: sent twice, it is written once
	Text     string
	LastSeen string // the id of the newest message on the page; "" when there was none
	Anyway   bool   // send although there are newer ones
	Wait     bool   // then wait for the resident
}

// maxReply is the longest text an agent sends, in runes; Render cuts it for the channel.
const maxReply = 4000

// Reply writes an agent's words to the resident. In the queue it claims first. ErrNewer: something came that the agent had not seen;
// ErrWindow: WhatsApp takes no free text now; *Held: somebody else has it. In all three nothing is written.
func (h *Handoffs) Reply(ctx context.Context, tx *database.Tx, a Actor, id string, f ReplyForm) error {
	f.Text = strings.TrimSpace(strings.ReplaceAll(f.Text, "\r\n", "\n"))
	if f.Text == "" || len([]rune(f.Text)) > maxReply {
		return ErrIncomplete
	}
	s, err := h.lock(ctx, tx, a, id)
	if err != nil {
		return err
	}
	if sent, err := written(ctx, tx, "agent:"+f.ID); err != nil || sent {
		return err
	}
	if err := h.held(ctx, tx, s, a); err != nil {
		return err
	}
	if s.Owner == Bot {
		return ErrNotYours
	}
	if !f.Anyway {
		if err := seenAll(ctx, tx, s.Conversation, f.LastSeen); err != nil {
			return err
		}
	}
	now := tx.Now()
	if s.WindowShut(now) {
		return ErrWindow
	}
	if s.Owner == Queue {
		if err := h.give(ctx, tx, s, a); err != nil {
			return err
		}
	}
	if err := h.sayJoined(ctx, tx, s, a); err != nil { // said already: the cause keeps it at once
		return err
	}
	if s.Open != nil && s.Open.FirstReplyAt == nil {
		s.Open.FirstReplyAt = &now
	}
	if state := stateAfter(f.Wait); s.State != state {
		s.State, s.SnoozedUntil = state, time.Time{}
		s.Version++
	}
	if err := h.in.Write(ctx, tx, s.Conversation, Agent, Words{Text: f.Text, Author: a.ID, Cause: "agent:" + f.ID}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM drafts WHERE conversation_id = $1 AND agent_id = $2`, id, a.ID); err != nil {
		return err
	}
	if err := feed.Append(ctx, tx, FeedConversation, id, FeedMessage); err != nil {
		return err
	}
	return h.finish(ctx, tx, s, a.ID, "replied", "")
}

// written tells whether a message with this cause is there already: the form was sent twice.
func written(ctx context.Context, tx *database.Tx, cause string) (bool, error) {
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE cause = $1`, cause).Scan(&n); err != nil {
		return false, fmt.Errorf("look for a message: %w", err)
	}
	return n > 0, nil
}

func stateAfter(wait bool) State {
	if wait {
		return Waiting
	}
	return Active
}

// WindowShut tells whether the channel takes no free text now.
func (c *Conversation) WindowShut(now time.Time) bool {
	end, has := c.WindowEnds()
	return has && !now.Before(end)
}

// WindowEnds is until when the channel takes free text; false: it always does.
func (c *Conversation) WindowEnds() (time.Time, bool) {
	window := channels.Can(c.Channel).Window
	if window == 0 {
		return time.Time{}, false
	}
	return c.InboundAt.Add(window), true
}

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

func (h *Handoffs) hasTeam(name string) bool {
	for _, t := range h.council.Teams {
		if t == name {
			return true
		}
	}
	return false
}
