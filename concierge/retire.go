package concierge

import (
	"slices"

	"concierge/channels"
	"concierge/inbox"
)

// retire lets the buttons of what was asked before go with the turn's first message, where buttons can be taken away. What cannot go
// with it (still on its way, or the message waits) goes with the next that does.
func (t *turn) retire() {
	if !t.spoke || len(t.rows) == 0 || !inbox.Retires(t.c.Channel) {
		return
	}
	spent := slices.Clone(t.prompts)
	pressed := channels.Handle("")
	if t.m != nil {
		pressed = t.m.Press.On
	}
	for _, h := range []channels.Handle{pressed, t.justSent()} {
		if h != "" && !slices.Contains(spent, h) {
			spent = append(spent, h)
		}
	}
	t.h.s.Inbox.SpendPrompts(t.b, t.c, pressed)
	t.rows[0].Out.Retire = spent
}

// justSent is the handle of the message before, with its buttons, when this turn stores what became of it.
func (t *turn) justSent() channels.Handle {
	if r := t.result; r != nil && r.Err == nil && r.Out.Inline() {
		return r.Handle
	}
	return ""
}
