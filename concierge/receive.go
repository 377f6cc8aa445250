package concierge

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
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
	m = legible(m)
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
