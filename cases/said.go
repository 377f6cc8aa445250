package cases

import (
	"strings"

	"concierge/council"
)

// State names how a case stands, for those who word it: "planned_dated.parts", "closed.not_ours", "in_progress.plain".
func (c Case) State() string { return stateOf(c.Status, c.Reason, c.PlannedFor) }

func stateOf(s Status, r Reason, planned string) string {
	name, reason := string(s), "plain"
	if r != "" {
		reason = string(r)
	}
	if s == Planned && planned != "" {
		name = "planned_dated"
	}
	return name + "." + reason
}

// State names where an update left the case; "" when it moved nothing.
func (u Update) State() string {
	if u.To == "" {
		return ""
	}
	return stateOf(u.To, u.Reason, u.PlannedFor)
}

// Whose reads the next step of not_ours and referred: a key of the council's responsible, or staff's own words, "National Roads:
// 0121 496 0144". contact is "" when nothing says how to reach them.
func Whose(known map[string]council.Responsible, step string) (who, contact string) {
	if r, ok := known[step]; ok {
		if r.Web != "" && r.Call != "" {
			return r.Name, r.Web + ", " + r.Call
		}
		return r.Name, r.Web + r.Call
	}
	at := strings.IndexAny(step, ":,;\n")
	if at < 0 {
		return strings.TrimSpace(step), ""
	}
	return strings.TrimSpace(step[:at]), strings.TrimSpace(step[at+1:])
}
