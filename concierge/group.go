package concierge

import (
	"context"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/phrase"
)

// groupLine is how often a group is told that we talk in private chats only. Of a group nothing but its chat id is kept.
const groupLine = 24 * time.Hour

func (h *Host) receiveGroup(ctx context.Context, m channels.Message, id string, how coming) (string, error) {
	err := h.turningBy(ctx, h.write(how), func(t *turn) error {
		a, err := h.s.Inbox.Arrive(ctx, t.tx, m, id, h.s.Now())
		if err != nil || a.Repeat {
			return err
		}
		t.arrived(a, m, id, coming{})
		t.unsaid = true
		if t.c.TurnedAt.IsZero() || t.now.Sub(t.c.TurnedAt) >= groupLine {
			t.c.TurnedAt = t.now
			t.tag = t.c.Language
			w := inbox.Words{Lines: t.lines(phrase.Say("host.private_only")), Cause: "group:" + id}
			if err := t.write(inbox.Reply, w); err != nil {
				return err
			}
		}
		return t.finish(ctx)
	})
	return "group", err
}
