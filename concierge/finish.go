package concierge

import (
	"context"
	"fmt"

	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
	"concierge/internal/feed"
)

// finish writes the turn in one batch: the conversation, what came in, what goes out, the result of the send before, and the first
// send's lease when nothing is ahead of it.
func (t *turn) finish(ctx context.Context) error {
	in := t.h.s.Inbox
	if err := t.takeAlong(); err != nil {
		return err
	}
	t.retire()
	var attempt func(*database.Batch)
	if t.queued+t.sending == 0 && len(t.rows) > 0 && t.m != nil && t.rows[0].Seq == t.m.Seq+1 {
		t.marked, attempt = in.MarkFirst(t.c, t.rows, t.h.out.rules(&t.room), t.now)
	}
	in.SaveTo(t.b, t.c)
	in.Put(t.b, t.c, t.rows)
	if inbox.Retires(t.c.Channel) {
		in.KeepPrompts(t.b, t.rows)
	}
	if !t.unsaid {
		t.b.Exec(feed.AppendSQL, t.now, inbox.FeedConversation, t.c.ID, int(inbox.FeedMessage))
	}
	if t.result != nil {
		in.Refund(t.b, *t.result)
	}
	if attempt != nil { // the last: what is counted there is locked no longer than it must be
		attempt(t.b)
	}
	t.tx.AfterCommit(t.committed)
	failpoint.Hit("turn: before commit")
	if t.marked != nil && t.marked.Bill != nil {
		return t.pay(ctx)
	}
	if err := t.tx.Last(ctx, t.b); err != nil {
		return fmt.Errorf("write turn: %w", err)
	}
	return nil
}

// pay writes the turn whose first send is counted. When the day has nothing left the mark is taken back: the outbox knows what then.
func (t *turn) pay(ctx context.Context) error {
	if err := t.tx.Run(ctx, t.b); err != nil {
		return fmt.Errorf("write turn: %w", err)
	}
	if !t.marked.Unpaid() {
		return t.marked.Ring(ctx, t.tx)
	}
	m := t.marked
	t.marked, t.rows[0].Due = nil, t.now // the outbox looks at once
	t.room.leave()
	return t.h.s.Inbox.Unmark(ctx, t.tx, t.c, m)
}

// takeAlong stores the result of the send before with this turn: a resident who answers at once costs no commit more.
func (t *turn) takeAlong() error {
	r, ok := t.h.out.finished.claim(t.c.ID)
	if !ok {
		return nil
	}
	t.result = &r
	if r.Final() {
		t.sending = 0
	}
	return t.h.s.Inbox.SettleTo(t.b, t.c, r, t.h.s.Node, t.now)
}

// committed sends what was marked, or tells the outbox that there is something.
func (t *turn) committed() {
	failpoint.Hit("turn: committed")
	t.result = nil
	switch {
	case t.marked != nil:
		t.h.out.send(t.marked)
	case t.queued > 0:
		t.h.out.wake(t.c.ID)
	}
	for i, r := range t.rows {
		if due := r.Due.Sub(t.now); (i == 0 && t.marked == nil) || r.Held {
			t.h.out.wakeAt(t.c.ID, due)
		}
	}
	if !t.unsaid {
		t.h.feedWake()
	}
}

// leave gives back what a turn that failed had taken: room to send, and the result it would have stored.
func (t *turn) leave() {
	t.room.leave()
	if t.marked != nil { // its commit may have come through, unheard
		t.h.out.unheard([]*inbox.Marked{t.marked})
	}
	if t.result != nil {
		t.h.out.finished.put(*t.result)
	}
}
