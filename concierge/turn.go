package concierge

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/failpoint"
	"concierge/internal/phrase"
)

// turnTime is how long the engine may think about one message.
const turnTime = time.Second

// nudgeAfter is how long a report may lie before its writer is reminded, once.
const nudgeAfter = 2 * time.Hour

// turn is one turn in the making, inside one transaction that holds the conversation's lock. Its writes gather in b and go to the
// database at once, at the end; who must read back what it wrote uses tx directly.
//
// It is handed to the files beside this one: lookup.go answers the engine's questions (lookup), cases.go applies the events about
// cases (onCase).
type turn struct {
	h   *Host
	tx  *database.Tx
	b   *database.Batch
	c   *inbox.Conversation
	m   *inbox.Inbound // what came in; nil when the bot speaks first
	now time.Time      // the database's
	tag string         // the language of this turn's words; "" until the engine has spoken

	vars    []phrase.Var           // Ref, Due, Link …: what the lines said after it may name
	instead map[string]phrase.Line // what is said for a key whose event a rule refused

	after           dialog.Session    // the session after it: what is open
	lost            bool              // a photo came that is too large to be had
	due             string            // what a report of the open tree would be promised, sent today
	cause           string            // what makes the turn's messages once; "" is the message's id
	unasked         bool              // its words are an update: a nudge
	away            bool              // what came is read so late that the reply says why
	first           bool              // nothing was ever said to this address
	prompts         []channels.Handle // messages of ours whose buttons still stand
	spoke           bool              // the engine said something: what was asked before is spent
	told            bool              // news of a case was written to it once
	queued, sending int               // messages ahead of this turn's
	unsaid          bool              // what came is no message: nothing to keep
	said            int               // messages written
	hold            time.Duration
	ours            bool // what came is a text of ours, come back
	stopping        bool // they asked for no more news: they hear that it was understood
	busy            bool // many replies of late brought them no further
	rows            []inbox.Row
	marked          *inbox.Marked
	room            entered       // room to send that was taken
	result          *inbox.Result // of the send before, which this turn stores along
}

// set gives the lines said after it a value: t.set(phrase.Var{Name: "Ref", Text: "C7K-4M95"}).
func (t *turn) set(vars ...phrase.Var) { t.vars = append(t.vars, vars...) }

// keep stores the inbound message and what there is to fetch of it.
func (t *turn) keep(ctx context.Context) error {
	if err := t.h.s.Inbox.Keep(t.b, t.c, t.m); err != nil {
		return err
	}
	return t.keepMedia(ctx)
}

// take lets the engine read the input and applies what it wants done.
func (t *turn) take(ctx context.Context, in dialog.Input) error {
	s, err := t.session()
	if err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	if err := failpoint.Spoil(in.Text); err != nil {
		return err
	}
	if over := t.echoed(in); over != "" {
		return t.notRead(ctx, s, over, in.Text)
	}
	engine := *t.h.engine.Load()
	s, events := engine.Turn(short, t.lookup(), s, in)
	if short.Err() != nil {
		return &failed{cause: "time"}
	}
	if t.tag = s.Lang; t.tag == "" {
		t.tag = t.c.Language
	}
	over := t.counted(in, events)
	if over != "" {
		events = onlySafety(events)
	}
	t.due, t.after = t.h.dueToday(s, t.now), s
	t.away = t.m != nil && t.now.Sub(t.m.At) > awayAfter && t.now.Sub(t.c.TurnedAt) > awayAfter
	if t.lost {
		if err := t.tooLarge(); err != nil {
			return err
		}
	}
	for _, e := range events {
		if err := t.apply(ctx, e); err != nil {
			return err
		}
	}
	if over != "" {
		return t.flooded(ctx, s, over)
	}
	if err := t.greet(); err != nil {
		return err
	}
	return t.remember(s)
}

// remember keeps where the session stands, and when its writer is reminded of a report that lies.
func (t *turn) remember(s dialog.Session) error {
	n := len(s.Stack)
	if t.unasked && n > 0 {
		s.Stack[n-1].Nudged = true
	}
	text, err := dialog.Encode(s)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	t.c.Session, t.c.NudgeAt = string(text), time.Time{}
	if t.unasked {
		return nil
	}
	t.c.TurnedAt = t.now
	if n > 0 && !s.Stack[n-1].Nudged && len(s.Stack[n-1].Answers) > 0 {
		t.c.NudgeAt = t.now.Add(nudgeAfter)
	}
	return nil
}

// session reads the session and copies into it what is true elsewhere.
func (t *turn) session() (s dialog.Session, err error) {
	if s, err = dialog.Decode([]byte(t.c.Session)); err != nil {
		return s, err
	}
	if s.Runs == 0 {
		s.Runs = t.h.s.Seed()
	}
	s.Lang = t.c.Language
	return s, nil
}

// write makes a message of the turn's: it goes out with the turn's commit.
func (t *turn) write(k inbox.Kind, w inbox.Words) error {
	if w.Language == "" {
		w.Language = t.tag
	}
	if t.unasked && k == inbox.Reply {
		k = inbox.Update
	}
	rows, err := t.h.s.Inbox.Compose(t.c, k, w, t.now)
	if err != nil {
		return err
	}
	t.rows = append(t.rows, rows...)
	t.said++
	return nil
}

// greet adds the first-contact message after the first reply, once: that we are a machine, and where it says what we keep.
func (t *turn) greet() error {
	if t.said == 0 || !t.c.GreetedAt.IsZero() || t.m == nil {
		return nil
	}
	t.c.GreetedAt = t.now
	lines := []phrase.Line{phrase.Say("privacy.first")}
	if t.tag != "" && t.h.s.Languages().Draft(t.tag) {
		lines = append(lines, phrase.Say("privacy.draft"))
	}
	return t.write(inbox.Reply, inbox.Words{Lines: t.lines(lines...), Cause: "first:" + t.m.ID, Hold: t.hold, First: true})
}

// causeOf names the n-th message of the turn, so that a turn taken twice says it once.
func (t *turn) causeOf(n int) string {
	cause := t.cause
	if cause == "" {
		cause = "turn:" + t.m.ID
	}
	cause += ":" + strconv.Itoa(n)
	if t.stopping { // it goes when the day's money is spent
		cause += ":stop"
	}
	return cause
}

// holdFor is how long a held line waits for more words to come.
func holdFor(n channels.Name) time.Duration {
	if n == channels.SMS {
		return 3 * time.Second
	}
	return 1500 * time.Millisecond
}

// speak takes a turn in which the bot speaks first. t.c is locked; cause makes its messages once.
func (t *turn) speak(ctx context.Context, in dialog.Input, cause string, unasked bool) error {
	t.now, t.cause, t.unasked, t.queued = t.tx.Now(), cause, unasked, 1
	if err := t.take(ctx, in); err != nil {
		return err
	}
	return t.finish(ctx)
}
