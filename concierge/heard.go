package concierge

import (
	"context"
	"strings"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/dialog/understand"
	"concierge/inbox"
	"concierge/internal/phrase"
)

// warnEvery is how often emergency words get their line while a person owns the conversation.
const warnEvery = 24 * time.Hour

// heard deals with a message that comes while people have the conversation, or after it was closed. Of its meaning only this is read:
// the way back to the bot, a bare thanks, and words of danger.
func (t *turn) heard(ctx context.Context) (string, error) {
	t.tag = t.c.Language
	folded := understand.Fold(t.m.Text)
	t.h.s.Inbox.Number(t.c, t.m)
	got, err := t.h.s.Handoffs.Heard(ctx, t.tx, t.c, t.understood(folded))
	if err != nil {
		return "", err
	}
	switch {
	case t.m.Kind == channels.KindOptOut || t.m.Kind == channels.KindOptIn:
		if !got.Turn {
			t.m.Taken = inbox.ForDesk
		}
		return t.confirm(ctx)
	case got.Returned != "":
		if err := t.keep(ctx); err != nil {
			return "", err
		}
		return "turn", t.take(ctx, t.returned(got.Returned))
	case got.Turn:
		return t.read(ctx)
	}
	t.m.Taken = inbox.ForDesk
	if err := t.keep(ctx); err != nil {
		return "", err
	}
	return "desk", t.warn(ctx, understand.Fold(t.c.Flood.Theirs(t.m.Text)))
}

// returned is the input by which the bot speaks first after a person.
func (t *turn) returned(how string) dialog.Input {
	can := channels.Can(t.c.Channel)
	in := dialog.Input{Kind: dialog.Returned, Returned: how, Plain: can.Buttons == 0, Upload: can.UploadPage}
	if t.m != nil {
		in.Message = t.m.ID
	}
	if !t.c.TurnedAt.IsZero() {
		in.Since = max(t.now.Sub(t.c.TurnedAt), 0)
	}
	return in
}

func (t *turn) understood(folded string) inbox.Understood {
	if t.c.Owner == inbox.Queue && t.c.Flood.Silent(t.now) { // a machine may say it
		return inbox.Understood{}
	}
	return inbox.Understood{
		Bot:    t.isWord(folded, "command.bot"),
		One:    folded == "1",
		Thanks: t.isWord(folded, "command.thanks"),
	}
}

// isWord tells whether a whole text is one of the words under a key, in their language or any other.
func (t *turn) isWord(folded, key string) bool {
	if folded == "" {
		return false
	}
	l := t.h.s.Languages()
	for _, tag := range l.Tags() {
		for _, w := range l.Words(tag, key) {
			if understand.Fold(w) == folded {
				return true
			}
		}
	}
	return false
}

// warn gives the line of emergency words at once, once a day, and makes the conversation urgent: a person may not look in time.
func (t *turn) warn(ctx context.Context, folded string) error {
	kind := t.danger(folded)
	if kind == "" {
		return nil
	}
	if err := t.h.s.Handoffs.Raise(ctx, t.tx, t.c); err != nil {
		return err
	}
	return t.caution(kind)
}

// caution writes the line of a danger, once a day.
func (t *turn) caution(kind string) error {
	if !t.c.WarnedAt.IsZero() && t.now.Sub(t.c.WarnedAt) < warnEvery {
		return nil
	}
	t.c.WarnedAt = t.now
	return t.write(inbox.Safety, inbox.Words{Lines: t.lines(phrase.Say("safety." + kind)), Cause: "safety:" + t.m.ID})
}

// danger names the kind of danger whose words stand anywhere in a text; "" none.
func (t *turn) danger(folded string) string {
	l := t.h.s.Languages()
	for _, tag := range l.Tags() {
		for _, key := range l.Keys(tag, "emergency.") {
			for _, w := range l.Words(tag, key) {
				if understand.Has(folded, understand.Fold(w)) {
					return strings.TrimPrefix(key, "emergency.")
				}
			}
		}
	}
	return ""
}
