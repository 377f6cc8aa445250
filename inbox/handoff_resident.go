package inbox

import (
	"context"
	"fmt"
	"time"

	"concierge/internal/database"
	"concierge/internal/feed"
)

// Request is what a handoff is asked with.
type Request struct {
	Reason  Reason
	Topic   string // a service code; it picks the team
	Summary string // JSON: the answers so far and what was not understood
	Silent  bool   // the caller says the resident's line itself
}

// Request gives the conversation to the queue and tells the resident what happens now. The caller holds its lock. What the concierge
// said before still goes out. A conversation that is with people already stays as it is.
func (h *Handoffs) Request(ctx context.Context, tx *database.Tx, c *Conversation, r Request) error {
	if c.Owner != Bot {
		return nil
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return err
	}
	if s.Open == nil {
		s.Open = &Handoff{ID: h.in.o.NewID(), Conversation: c.ID, Reason: r.Reason, Topic: r.Topic, Team: h.council.TeamOf(r.Topic), Language: c.Language,
			Priority: Normal, Summary: r.Summary, RequestedAt: tx.Now()}
		if r.Reason == Safeguarding {
			s.Open.Team, s.Open.Priority = SafeguardingTeam, SafeguardingUrgency
		}
		s.was.handoff = *s.Open
		if err := insertHandoff(ctx, tx, s.Open); err != nil {
			return err
		}
	}
	s.release()
	if !r.Silent {
		if err := h.sayPassed(ctx, tx, s, r.Reason); err != nil {
			return err
		}
	}
	return h.finish(ctx, tx, s, "", "", "")
}

// reopenWithin is how long after a person closed a conversation the next message goes back to people.
const reopenWithin = 24 * time.Hour

// Understood is what a resident's message may mean while people have the conversation. The host reads it by the language's words.
type Understood struct {
	Bot    bool // the word that goes back to the concierge
	One    bool // a bare 1, or the same button
	Thanks bool // a bare "thanks"
}

// Heard says what becomes of a message that came in.
type Heard struct {
	Turn     bool   // the concierge takes a turn for it
	Returned string // not empty: it speaks first, with this Input.Returned, instead of reading the message
}

// Heard is told of every inbound message under the conversation's lock, before anybody answers, and moves the conversation. Turn: the
// concierge takes a turn. Returned: it speaks first. Neither: the message is a person's to answer (store it as ForDesk).
func (h *Handoffs) Heard(ctx context.Context, tx *database.Tx, c *Conversation, u Understood) (Heard, error) {
	switch {
	case c.Owner == Bot && c.State == Active:
		return Heard{Turn: true}, nil
	case c.Owner == Queue:
		return h.heardInQueue(ctx, tx, c, u)
	case c.Owner == AnAgent:
		return Heard{}, h.heardByAgent(ctx, tx, c)
	}
	return h.heardClosed(ctx, tx, c, u)
}

// heardInQueue: BOT goes back to the concierge, and so does 1 while the office is shut. Anything else waits with the rest.
func (h *Handoffs) heardInQueue(ctx context.Context, tx *database.Tx, c *Conversation, u Understood) (Heard, error) {
	if !u.Bot && !(u.One && !h.council.Open(tx.Now())) {
		return Heard{}, feed.Append(ctx, tx, FeedConversation, c.ID, FeedMessage)
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return Heard{}, err
	}
	s.end(tx.Now(), Active, byResident, Cancelled)
	return Heard{Returned: "resume"}, h.finish(ctx, tx, s, "", "", "")
}

// heardByAgent wakes a conversation that waited on the resident; when its agent is gone, it is anybody's.
func (h *Handoffs) heardByAgent(ctx context.Context, tx *database.Tx, c *Conversation) error {
	if c.State == Active {
		return feed.Append(ctx, tx, FeedConversation, c.ID, FeedMessage)
	}
	there, err := present(ctx, tx, c.AgentID)
	if err != nil {
		return err
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return err
	}
	if there {
		c.State, c.SnoozedUntil = Active, time.Time{}
		c.Version++
	} else {
		s.release()
	}
	return h.finish(ctx, tx, s, "", "", "")
}

// heardClosed: soon after a person closed it the conversation is people's again, else the concierge's.
func (h *Handoffs) heardClosed(ctx context.Context, tx *database.Tx, c *Conversation, u Understood) (Heard, error) {
	last, err := lastHandoff(ctx, tx, c.ID)
	if err != nil {
		return Heard{}, err
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return Heard{}, err
	}
	if !last.closedByPerson(tx.Now()) {
		c.State = Active
		c.Version++
		return Heard{Turn: true}, h.finish(ctx, tx, s, "", "", "")
	}
	if u.Thanks {
		return Heard{}, feed.Append(ctx, tx, FeedConversation, c.ID, FeedMessage)
	}
	s.Open = &Handoff{ID: h.in.o.NewID(), Conversation: c.ID, Reason: Reopened, Topic: last.Topic, Team: last.Team, Language: c.Language,
		Priority: last.Priority, RequestedAt: tx.Now()}
	s.was.handoff = *s.Open
	if err := insertHandoff(ctx, tx, s.Open); err != nil {
		return Heard{}, err
	}
	s.release()
	if err := h.say(ctx, tx, s, "reopened:"+s.Open.ID, line("handoff.reopened")); err != nil {
		return Heard{}, err
	}
	return Heard{}, h.finish(ctx, tx, s, "", "", "")
}

// closedByPerson tells a stretch that a person ended less than a day ago, without giving it back to the concierge.
func (h *Handoff) closedByPerson(now time.Time) bool {
	return h != nil && h.EndedAt != nil && h.EndedBy != "" && h.EndedBy != byResident && h.Outcome != Returned && h.Outcome != OptedOut &&
		now.Sub(*h.EndedAt) <= reopenWithin
}

// byResident stands in ended_by when the resident ended a stretch.
const byResident = "resident"

// Raise makes a waiting conversation urgent: emergency words were read in it. The caller holds the lock.
func (h *Handoffs) Raise(ctx context.Context, tx *database.Tx, c *Conversation) error {
	_, err := tx.Exec(ctx, `UPDATE handoffs SET priority = 'urgent' WHERE conversation_id = $1 AND ended_at IS NULL AND priority = 'normal'`, c.ID)
	if err != nil {
		return fmt.Errorf("raise priority: %w", err)
	}
	s, err := h.standing(ctx, tx, c)
	if err != nil {
		return err
	}
	return h.finish(ctx, tx, s, "", "", "")
}
