package concierge

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
	"concierge/internal/phrase"
)

// receiveTime bounds the transaction of one message. It goes on when the webhook has gone: if it commits after all, the unique id
// voids the provider's copy.
const receiveTime = 10 * time.Second

// maxText is the longest text of one message we read, in runes (docs/channels.md).
const maxText = 4096

// Receive stores a message once, takes its turn and writes the answer, all in one transaction. A nil error means it is on disk: when
// the database does not answer in two seconds, in the spool. Nothing is sent inside. A turn that fails is rolled back, and its message
// stored alone for a job to try again.
func (h *Host) Receive(ctx context.Context, m channels.Message) error {
	return h.intake.take(m.Channel, keptMessage, func() []byte { return messageRecord(m) }, func() error {
		return h.receiveNow(ctx, m, coming{wait: h.intake.calming(), soon: true})
	})
}

// coming says how a message comes: the zero coming is a webhook's, just now.
type coming struct {
	at    time.Time // when it came to us, if that was earlier
	wait  bool      // store it and let its turn wait
	soon  bool      // a provider waits: better the spool than a long wait for a lock
	swept bool      // from the provider's list, which tells less than a webhook
}

// write is the transaction it may have.
func (h *Host) write(how coming) func(context.Context, func(*database.Tx) error) error {
	if how.soon {
		return h.s.DB.WriteSoon
	}
	return h.s.DB.Write
}

// receiveNow is Receive without the spool.
func (h *Host) receiveNow(ctx context.Context, m channels.Message, how coming) error {
	start := h.s.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveTime)
	defer cancel()
	m.Text = bounded(m.Text)
	id := h.s.NewID()
	outcome, err := h.receive(ctx, m, id, how)
	if err != nil && ctx.Err() == nil {
		outcome, err = h.receiveFailed(ctx, m, id, how, err)
	}
	if err != nil {
		h.s.Metrics.Received.WithLabelValues(string(m.Channel), "error").Inc()
		return fmt.Errorf("receive: %w", err)
	}
	h.s.Metrics.Received.WithLabelValues(string(m.Channel), outcome).Inc()
	h.s.Metrics.Turn.Observe(h.s.Now().Sub(start).Seconds())
	return nil
}

// bounded makes of what came a text we can keep: valid UTF-8, no NUL, line feeds only, at most 4,096 runes.
func bounded(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.ContainsAny(s, "\x00\r") {
		s = strings.NewReplacer("\x00", "", "\r\n", "\n", "\r", "\n").Replace(s)
	}
	if len(s) > maxText && utf8.RuneCountInString(s) > maxText {
		s = string([]rune(s)[:maxText])
	}
	return s
}

// receive is the one transaction. outcome is for the metrics.
func (h *Host) receive(ctx context.Context, m channels.Message, id string, how coming) (outcome string, err error) {
	if m.Kind == channels.KindGroup {
		return h.receiveGroup(ctx, m, id, how)
	}
	err = h.turningBy(ctx, h.write(how), func(t *turn) error {
		a, err := h.s.Inbox.Arrive(ctx, t.tx, m, id, h.s.Now())
		if err != nil {
			return err
		}
		if a.Repeat {
			if outcome = "repeat"; how.swept {
				return nil
			}
			outcome, err = t.fill(ctx, m)
			return err
		}
		t.arrived(a, m, id, how)
		if outcome, err = t.hear(ctx, a, how.wait); err != nil {
			return err
		}
		failpoint.Hit("receive: before commit")
		return t.finish(ctx)
	})
	failpoint.Hit("receive: after commit")
	return outcome, err
}

// turning runs f in a transaction. A panic rolls it back like an error does, and what the turn had taken is given back.
func (h *Host) turning(ctx context.Context, f func(*turn) error) error {
	return h.turningBy(ctx, h.s.DB.Write, f)
}

func (h *Host) turningBy(ctx context.Context, write func(context.Context, func(*database.Tx) error) error, f func(*turn) error) error {
	t := &turn{h: h, b: &database.Batch{}}
	err := write(ctx, func(tx *database.Tx) (err error) {
		defer caught(&err)
		t.tx = tx
		return f(t)
	})
	if err != nil {
		t.leave()
	}
	return err
}

// seenEvery is how exactly we keep when somebody was last here: how long we keep them is counted in months.
const seenEvery = 24 * time.Hour

// arrived begins the turn of a message that has just come.
func (t *turn) arrived(a *inbox.Arrival, m channels.Message, id string, how coming) {
	t.c, t.now, t.told, t.queued, t.sending = a.Conversation, t.tx.Now(), a.Told, a.Queued, a.Sending
	t.prompts = a.Prompts
	t.m = &inbox.Inbound{Message: m, ID: id, At: t.now, Taken: inbox.Done}
	switch {
	case !how.at.IsZero() && how.at.Before(t.now):
		t.m.At = how.at
		t.m.Late = t.c.TurnedAt.After(how.at)
	case how.at.IsZero() && t.now.Before(t.c.InboundAt): // the clock was set back: what waits is still taken in the order it came
		t.m.At = t.c.InboundAt
	}
	if how.swept {
		t.swept(m)
	}
	if a.HeldFirst {
		t.c.GreetedAt = time.Time{}
	}
	t.first = t.c.GreetedAt.IsZero()
	if t.now.Sub(t.c.InboundAt) > seenEvery {
		t.b.Exec(`UPDATE contacts SET seen_at = $2 WHERE id = $1`, t.c.ContactID, t.now)
	}
	if t.m.At.After(t.c.InboundAt) {
		t.c.InboundAt = t.m.At
	}
	if m.To != "" {
		t.c.Sender = m.To
	}
	if !t.c.UnreachableAt.IsZero() { // they write, so they can be reached
		t.c.UnreachableAt = time.Time{}
		t.b.Exec(`UPDATE addresses SET unreachable_at = NULL WHERE id = $1`, t.c.AddressID)
	}
	if a.Held {
		t.h.s.Inbox.Withdraw(t.b, t.c)
		t.c.Flood.Withdrawn()
	}
}

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

// failed is a turn's own failure: not the database's. Its text names a type and a place, never what was said.
type failed struct{ cause, where string }

func (f *failed) Error() string { return "turn failed: " + f.cause + " " + f.where }

// caught makes an error of a panic, so that the transaction is rolled back and the message kept.
func caught(err *error) {
	if v := recover(); v != nil {
		*err = &failed{fmt.Sprintf("panic %T", v), place(string(debug.Stack()))}
	}
}

// place finds the first line of ours under the panic in a stack.
func place(stack string) string {
	_, after, _ := strings.Cut(stack, "panic(")
	for line := range strings.Lines(after) {
		if file := strings.TrimSpace(line); strings.Contains(file, ".go:") && !strings.Contains(file, "/runtime/") {
			file, _, _ = strings.Cut(file, " ")
			return file[strings.LastIndexByte(file, '/')+1:]
		}
	}
	return ""
}

func causeOf(err error) string {
	var f *failed
	if !errors.As(err, &f) {
		return "error"
	}
	cause, _, _ := strings.Cut(f.cause, " ")
	return cause
}

// causeFor is what staff may read of a failure: a type and a place, a code, never what was said.
func causeFor(err error) string {
	var f *failed
	if errors.As(err, &f) {
		return strings.TrimSpace(f.cause + " " + f.where)
	}
	if code := database.CodeOf(err); code != "" {
		return "database " + code
	}
	for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
		err = e
	}
	return fmt.Sprintf("error %T", err)
}
