package concierge

import (
	"strings"
	"time"

	"concierge/dialog"
	"concierge/internal/phrase"
)

// common are the variables the engine cannot know and that are the same for everybody.
func (h *Host) common() []phrase.Var {
	c := h.s.Council
	return []phrase.Var{{Name: "Council", Text: c.Name}, {Name: "Phone", Text: c.Phone}, {Name: "Privacy", Text: c.PrivacyNotice},
		{Name: "Website", Text: c.Website}}
}

// whomToCall is the number an emergency line names: that of the council's line of its name which answers now, else of the general
// emergency. "" is for all other keys: the council's own number.
func (h *Host) whomToCall(key string, now time.Time) string {
	name, ok := strings.CutPrefix(key, "stop.")
	if !ok {
		if name, ok = strings.CutPrefix(key, "safety."); !ok {
			return ""
		}
	}
	if call, ok := h.s.Council.Line(name, now); ok {
		return call
	}
	call, _ := h.s.Council.Line("emergency", now)
	return call
}

// dueToday is the day a report of the tree in front would be promised if it were filed now; "" when none would be.
func (h *Host) dueToday(s dialog.Session, now time.Time) string {
	if len(s.Stack) == 0 {
		return ""
	}
	due, ok := h.s.Council.Due(s.Stack[len(s.Stack)-1].Tree, now)
	if !ok {
		return ""
	}
	return dayOf(due, h.s.Council.TimeZone)
}
