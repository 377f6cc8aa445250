package concierge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// A turn that failed is tried again after these; the third failure sets its message aside.
var takeAfter = [...]time.Duration{2 * time.Second, 8 * time.Second}

const maxTries = len(takeAfter) + 1

// receiveFailed is where a message goes whose turn failed: once more at once when the database may have been the reason (a deadlock,
// a connection lost), else stored alone, for a job to try. When it is the database still, or when even that fails, nothing is
// acknowledged: a database's errors are not tries.
func (h *Host) receiveFailed(ctx context.Context, m channels.Message, id string, how coming, cause error) (string, error) {
	if database.Busy(cause) { // it has waited as long as it may
		return "", cause
	}
	var turned *failed
	if !errors.As(cause, &turned) {
		outcome, err := h.receive(ctx, m, id, how)
		if err == nil || database.Passing(err) {
			return outcome, err
		}
		cause = err
	}
	h.turnFailed(id, 1, cause)
	err := h.turningBy(ctx, h.write(how), func(t *turn) error {
		a, err := h.s.Inbox.Arrive(ctx, t.tx, m, id, h.s.Now())
		if err != nil || a.Repeat {
			return err
		}
		t.arrived(a, m, id, how)
		t.m.Taken, t.m.Tries = inbox.ForTurn, 1
		if err := t.keep(ctx); err != nil {
			return err
		}
		if !a.Waiting { // else the job of the one in front takes this one too
			if err := h.s.Queue.EnqueueAt(ctx, t.tx, inbox.Take{Conversation: t.c.ID, Message: id}, t.now.Add(takeAfter[0])); err != nil {
				return err
			}
		}
		return t.finish(ctx)
	})
	if err != nil {
		return "", errors.Join(cause, err)
	}
	return "failed", nil
}

func (h *Host) turnFailed(message string, try int, err error) {
	h.s.Metrics.Failures.WithLabelValues(causeOf(err)).Inc()
	h.s.Log.Error("turn failed", "message", message, "try", try, "error", err)
}

type takeWorker struct {
	river.WorkerDefaults[inbox.Take]
	h *Host
}

// Work implements river.Worker.
func (w takeWorker) Work(ctx context.Context, job *river.Job[inbox.Take]) error {
	busy := false
	err := w.h.s.DB.Read(ctx, func(tx *database.Tx) (err error) {
		busy, err = w.h.s.Inbox.Announced(ctx, tx)
		return err
	})
	if err == nil && !busy {
		err = w.h.takeWaiting(ctx, job.Args.Conversation)
	}
	if busy || database.Passing(err) { // earlier messages may still come out of a spool · River's own pauses grow to hours
		return river.JobSnooze(time.Second)
	}
	return err
}

// takeWaiting takes the turns of a conversation's waiting messages, in order, until none waits or one fails.
func (h *Host) takeWaiting(ctx context.Context, conversation string) error {
	for range 100 { // more wait for the next run: a worker ends in a minute
		m, ok, err := h.tryNext(ctx, conversation)
		if err != nil || !ok {
			return err
		}
		err = h.takeOne(ctx, conversation, m)
		failpoint.Hit("take: after commit")
		if err == nil {
			continue
		}
		if errors.Is(err, inbox.ErrNoConversation) {
			return nil // erased meanwhile
		}
		if ctx.Err() != nil || database.Passing(err) {
			return errors.Join(err, h.untry(ctx, m))
		}
		h.turnFailed(m.ID, m.Tries, err)
		if m.Tries < maxTries {
			return h.s.DB.Write(ctx, func(tx *database.Tx) error {
				return h.s.Queue.EnqueueAt(ctx, tx, inbox.Take{Conversation: conversation, Message: m.ID}, tx.Now().Add(takeAfter[m.Tries-1]))
			})
		}
		if err := h.setAside(ctx, conversation, m.ID, causeFor(err)); err != nil {
			return err
		}
	}
	return h.s.DB.Write(ctx, func(tx *database.Tx) error { return h.s.Queue.Enqueue(ctx, tx, inbox.Take{Conversation: conversation}) })
}

// tryNext finds the first message that waits and commits that it is tried once more: a try that kills the node is counted.
func (h *Host) tryNext(ctx context.Context, conversation string) (m *inbox.Inbound, ok bool, err error) {
	err = h.s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := h.s.Inbox.Lock(ctx, tx, conversation); err != nil {
			if errors.Is(err, inbox.ErrNoConversation) {
				return nil // erased: nothing waits
			}
			return err
		}
		m, ok, err = h.s.Inbox.FirstWaiting(ctx, tx, conversation)
		if err != nil || !ok {
			return err
		}
		m.Tries++
		return h.s.Inbox.Tried(ctx, tx, m)
	})
	failpoint.Hit("take: try counted")
	if ok && err == nil && m.Tries > maxTries { // a node died in its last try
		return nil, false, h.setAside(ctx, conversation, m.ID, "crash")
	}
	return m, ok, err
}

// takeOne takes the turn of one waiting message.
func (h *Host) takeOne(ctx context.Context, conversation string, m *inbox.Inbound) error {
	return h.turning(ctx, func(t *turn) error {
		c, err := h.s.Inbox.Lock(ctx, t.tx, conversation)
		if err != nil {
			return err
		}
		t.c, t.m, t.now, t.told = c, m, t.tx.Now(), true
		t.queued = 1 // there may be some ahead: the outbox looks
		took, err := h.s.Inbox.Take(ctx, t.tx, m, inbox.Done)
		if err != nil || !took {
			return err
		}
		if c.Owner != inbox.Bot || c.State == inbox.Closed {
			_, err := h.s.Inbox.Take(ctx, t.tx, m, inbox.ForDesk)
			return err
		}
		if m.Filled {
			if t.cause = "filled:" + m.ID; !t.asksStill(m.Asked) {
				return nil
			}
		}
		if err := t.unhold(ctx); err != nil {
			return err
		}
		if !m.Filled { // else it has stood in its place since it came
			h.s.Inbox.Renumber(t.b, c, m)
		}
		in, err := t.input(ctx)
		if err != nil {
			return err
		}
		if err := t.take(ctx, in); err != nil {
			return err
		}
		return t.finish(ctx)
	})
}

// unhold withdraws what the turn before holds for this one: it had come already.
func (t *turn) unhold(ctx context.Context) error {
	held, first, err := t.h.s.Inbox.Held(ctx, t.tx, t.c)
	if held {
		t.h.s.Inbox.Withdraw(t.b, t.c)
	}
	if first {
		t.c.GreetedAt = time.Time{}
	}
	t.first = t.c.GreetedAt.IsZero()
	return err
}

// untryFor is how long it is tried to take a try back, and at a stop once. When the database stays away longer the try has counted.
const (
	untryFor    = 20 * time.Second
	untryAtStop = time.Second
)

// untry takes a try back in which the database failed and not the turn.
func (h *Host) untry(ctx context.Context, m *inbox.Inbound) error {
	patience := untryFor
	if ctx.Err() != nil {
		patience = untryAtStop
	}
	long, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for {
		err := h.s.DB.Write(long, func(tx *database.Tx) error { return h.s.Inbox.Untry(long, tx, m) })
		if err == nil || ctx.Err() != nil || long.Err() != nil || !database.Passing(err) {
			return err
		}
		rest(ctx, probeEvery)
	}
}

// setAside gives up on a message: it stays in the transcript, a person is asked for, the resident is told, and what waits behind it
// waits in the desk.
func (h *Host) setAside(ctx context.Context, conversation, message, cause string) error {
	did := false
	err := h.s.DB.Write(ctx, func(tx *database.Tx) error {
		c, err := h.s.Inbox.Lock(ctx, tx, conversation)
		if err != nil {
			return err
		}
		if did, err = h.s.Inbox.SetAside(ctx, tx, c, message, cause); err != nil || !did {
			return err
		}
		failpoint.Hit("aside: before commit")
		if c.Owner != inbox.Bot {
			return h.news(ctx, tx, conversation)
		}
		return h.s.Handoffs.Request(ctx, tx, c, inbox.Request{Reason: inbox.EngineError})
	})
	failpoint.Hit("aside: after commit")
	if err != nil {
		return fmt.Errorf("set message aside: %w", err)
	}
	if did {
		h.s.Log.Error("message set aside after its third failure", "message", message, "conversation", conversation, "cause", cause)
	}
	return nil
}
