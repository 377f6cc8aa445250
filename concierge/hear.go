package concierge

import (
	"context"
	"strings"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/phrase"
)

// hear deals with what is no turn, and takes the turn of what is one.
func (t *turn) hear(ctx context.Context, a *inbox.Arrival, wait bool) (outcome string, err error) {
	m, c := t.m, t.c
	if m.Kind == channels.KindText && c.Channel != channels.SMS {
		m.Kind = stopWord(m.Text)
	}
	switch m.Kind {
	case channels.KindBlocked, channels.KindUnblocked:
		return string(m.Kind), t.reachable(m.Kind == channels.KindUnblocked)
	case channels.KindOptOut:
		t.h.s.Inbox.OptOut(t.b, c, t.now)
		if c.Channel == channels.SMS { // the carrier answers, and lets nothing of ours through
			return t.silent(ctx)
		}
	case channels.KindStart:
		if !c.OptedOutAt.IsZero() {
			t.h.s.Inbox.OptIn(t.b, c)
		}
	case channels.KindOptIn:
		if c.OptedOutAt.IsZero() {
			m.Kind = channels.KindText // "yes" is an answer
			break
		}
		t.h.s.Inbox.OptIn(t.b, c)
		if c.Channel == channels.SMS {
			return t.silent(ctx)
		}
	case channels.KindHelp:
		if c.Channel == channels.SMS {
			return t.silent(ctx)
		}
		m.Kind = channels.KindText
	}
	if c.Owner == inbox.Bot && t.h.barred(c.To) != "" { // we may not answer: kept, counted, and staff see why
		return "barred", t.keep(ctx)
	}
	if c.Owner != inbox.Bot || c.State == inbox.Closed {
		return t.heard(ctx)
	}
	if m.Kind == channels.KindOptOut || m.Kind == channels.KindOptIn {
		return t.confirm(ctx)
	}
	if a.Waiting || a.Announced || wait {
		return "waiting", t.wait(ctx, a)
	}
	return t.read(ctx)
}

// read keeps what came and takes its turn.
func (t *turn) read(ctx context.Context) (outcome string, err error) {
	if err := t.keep(ctx); err != nil {
		return "", err
	}
	in, err := t.input(ctx)
	if err != nil {
		return "", err
	}
	return "turn", t.take(ctx, in)
}

// takeNet is after how long a job takes a turn that waits for spools to be copied in, should the node that copies be gone.
const takeNet = 3 * time.Second

// wait stores a message without its turn. The job of the one in front takes this one too; the first has a job of its own.
func (t *turn) wait(ctx context.Context, a *inbox.Arrival) error {
	t.m.Taken = inbox.ForTurn
	if !a.Waiting {
		if err := t.h.s.Queue.EnqueueAt(ctx, t.tx, inbox.Take{Conversation: t.c.ID, Message: t.m.ID}, t.now.Add(takeNet)); err != nil {
			return err
		}
	}
	return t.keep(ctx)
}

// stopWord finds the words of SMS's carriers where there is no carrier: people know them. Those that mean other things in a
// conversation (END, CANCEL, QUIT, YES) are left to it.
func stopWord(text string) channels.Kind {
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT":
		return channels.KindOptOut
	case "START", "UNSTOP":
		return channels.KindOptIn
	}
	return channels.KindText
}

// silent keeps a message that somebody else answers.
func (t *turn) silent(ctx context.Context) (string, error) {
	if t.c.Owner != inbox.Bot {
		t.m.Taken = inbox.ForDesk
	}
	return string(t.m.Kind), t.keep(ctx)
}

// confirm answers STOP and START where no carrier does.
func (t *turn) confirm(ctx context.Context) (string, error) {
	if err := t.keep(ctx); err != nil {
		return "", err
	}
	key := "carrier.stopped"
	if t.m.Kind == channels.KindOptIn {
		key = "updates.on"
	}
	t.tag = t.c.Language
	return string(t.m.Kind), t.write(inbox.Reply, inbox.Words{Lines: t.lines(phrase.Say(key)), Cause: "stop:" + t.m.ID})
}

// reachable notes that the resident blocked us, or let us in again. It is no message.
func (t *turn) reachable(yes bool) error {
	t.unsaid = true
	if yes {
		t.b.Exec(`UPDATE addresses SET unreachable_at = NULL WHERE id = $1`, t.c.AddressID)
		return nil
	}
	t.b.Exec(`UPDATE addresses SET unreachable_at = $2 WHERE id = $1`, t.c.AddressID, t.now)
	return nil
}
