package concierge

import (
	"context"
	"fmt"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
)

// swept notes that what came is from the provider's list, and what we had asked: a pin or a button may come with its true copy.
func (t *turn) swept(m channels.Message) {
	t.h.s.Inbox.MarkSwept(t.b, m)
	t.m.Asked = t.asked()
}

// asked names the question the resident sees last: "12:place".
func (t *turn) asked() string {
	s, err := dialog.Decode([]byte(t.c.Session))
	if err != nil {
		return "unreadable"
	}
	return fmt.Sprintf("%d:%s:%s", s.Offered.Run, s.Offered.Slot, s.Offered.Prompt)
}

// asksStill tells whether that question is still the last.
func (t *turn) asksStill(asked string) bool { return asked == t.asked() }

// fill is for a webhook whose message the provider's list has brought before: what the list did not tell is filled in. When its turn
// was taken without, and the question is still open, it has another: its time is the old one, so nobody overtakes it.
func (t *turn) fill(ctx context.Context, m channels.Message) (outcome string, err error) {
	conversation, old, ok, err := t.h.s.Inbox.TrueCopy(ctx, t.tx, m)
	if err != nil || !ok {
		return "repeat", err
	}
	c, err := t.h.s.Inbox.Lock(ctx, t.tx, conversation)
	if err != nil {
		return "", err
	}
	if err := t.h.s.Inbox.Reread(ctx, t.tx, old); err != nil {
		return "", err
	}
	old.Channel, t.c, t.m, t.now = m.Channel, c, old, t.tx.Now()
	was := old.Kind
	fresh, more := old.Fill(m)
	if m.Kind == channels.KindOptOut && was != m.Kind {
		t.h.s.Inbox.OptOut(t.b, c, t.now)
	}
	if err := t.keepMediaFrom(ctx, len(old.Media)-len(fresh)); err != nil {
		return "", err
	}
	if more && old.Taken == inbox.Done && c.Owner == inbox.Bot && c.State != inbox.Closed && t.asksStill(old.Asked) {
		old.Taken, old.Tries, old.Filled = inbox.ForTurn, 0, true
		if err := t.h.s.Queue.Enqueue(ctx, t.tx, inbox.Take{Conversation: c.ID, Message: old.ID}); err != nil {
			return "", err
		}
	}
	if err := t.h.s.Inbox.Refill(t.b, old); err != nil {
		return "", err
	}
	t.queued = 1 // there may be some: the outbox looks
	return "filled", t.finish(ctx)
}
