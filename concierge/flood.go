package concierge

import (
	"context"
	"fmt"

	"concierge/dialog"
	"concierge/dialog/understand"
	"concierge/inbox"
)

// echoed tells whether a text of ours has come back once too often: then it is not read at all.
func (t *turn) echoed(in dialog.Input) (over inbox.Over) {
	switch {
	case in.Kind == dialog.Returned:
		t.c.Flood.Back(t.m == nil) // by a person of ours, or because the resident asked for the bot
	case t.m != nil && in.Kind == dialog.Text && in.Press == "":
		t.ours, over = t.c.Flood.Echo(t.now, t.h.s.Council.Channels.Limits, in.Text)
	}
	return over
}

// counted counts the turn's reply when it brings the resident no further. It tells which limit that passes.
func (t *turn) counted(in dialog.Input, events []dialog.Event) inbox.Over {
	if t.m == nil || t.unasked || in.Kind == dialog.Returned {
		return ""
	}
	replies, idle, miss, held := 0, false, false, false
	for _, e := range events {
		switch e := e.(type) {
		case dialog.HandedOff:
			return "" // a person has it anyway
		case dialog.Said:
			replies++
			idle, miss, held = idle || e.Idle || e.Repair, miss || e.Repair, e.Hold
		}
	}
	f := &t.c.Flood
	switch {
	case idle:
		t.busy = f.Busy(t.now)
		return f.Count(t.now, t.h.s.Council.Channels.Limits, in.Text, miss, held || t.busy || t.m.Album != "")
	case replies > 0 && !t.ours:
		f.Moved()
	}
	return ""
}

// onlySafety leaves of a turn that is one too many what must be said whatever happens.
func onlySafety(events []dialog.Event) (kept []dialog.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case dialog.Said:
			if e.Safety {
				kept = append(kept, e)
			}
		case dialog.Flagged, dialog.Stopped:
			kept = append(kept, e)
		}
	}
	return kept
}

// notRead ends the turn of a text that is not read any more, because it is ours. What else stands in it is still looked through for
// danger: somebody may quote us.
func (t *turn) notRead(ctx context.Context, s dialog.Session, over inbox.Over, text string) error {
	t.tag = t.c.Language
	kind := t.danger(understand.Fold(t.c.Flood.Theirs(text)))
	if kind == "" {
		return t.flooded(ctx, s, over)
	}
	if err := t.caution(kind); err != nil {
		return err
	}
	if err := t.flooded(ctx, s, over); err != nil {
		return err
	}
	return t.h.s.Handoffs.Raise(ctx, t.tx, t.c)
}

// flooded ends a turn whose reply would be one too many: one line, then the desk has the conversation, and nothing more is said until a
// person answers or the limit's time has passed and the resident asks for the bot.
func (t *turn) flooded(ctx context.Context, s dialog.Session, over inbox.Over) error {
	t.h.s.Metrics.Floods.WithLabelValues(string(t.c.Channel), string(over)).Inc()
	t.h.s.Log.Info("handed over: too many replies without a step", "conversation", t.c.ID, "limit", string(over))
	if t.tag == "" {
		t.tag = t.c.Language
	}
	sum := summary{Missed: s.Missed}
	if n := len(s.Stack); n > 0 {
		run := &s.Stack[n-1]
		sum.Tree, sum.Answers, run.Misses = run.Tree, run.Answers, 0
	}
	s.Missed, s.Misses = nil, 0
	text, err := dialog.Encode(s)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	t.c.Session, t.c.TurnedAt = string(text), t.now
	return t.request(ctx, inbox.Flooding, "", sum)
}
