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
