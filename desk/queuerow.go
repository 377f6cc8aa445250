package desk

import (
	"strings"
	"time"

	"concierge/channels"
	"concierge/inbox"
)

// queueRow is one conversation at a glance.
type queueRow struct {
	ID, Href             string
	Who                  string // the address, masked
	Channel, ChannelName string
	Language, Tag, Dir   string // the language's name; of the last words
	Topic, Reason        string
	Last, Author         string
	Wait                 string
	Late, Urgent, Sealed bool
	UrgentText           string
	Holder               string
	State                string // queue, agent, waiting, snoozed, bot, closed
	Version              int64
	Claimable            bool
	Moment               string // machine readable, of the last message
}

func (d *Desk) row(f frame, me *person, e inbox.Entry) queueRow {
	tag := e.LastLanguage
	if tag == "" {
		tag = e.Language
	}
	row := queueRow{
		ID: e.Conversation, Href: "/desk/conversations/" + e.Conversation, Who: d.mask(e.AddressID, e.Sealed), Channel: e.Channel,
		ChannelName: f.T("channel." + e.Channel), Language: d.language(f, e.Language), Tag: tag, Dir: "auto", Last: firstLine(e.Last), Version: e.Version,
		Holder: e.AgentName, Urgent: e.Priority == inbox.Urgent || e.Priority == inbox.SafeguardingUrgency,
	}
	row.State = e.Owner
	if e.State != "active" {
		row.State = e.State
	}
	switch {
	case e.Topic != "":
		row.Topic = f.word("service." + e.Topic + ".name")
	case e.Team != "" && e.Owner != "bot":
		row.Topic = f.word("team." + e.Team)
	}
	if e.Reason != "" {
		row.Reason = f.T("reason." + e.Reason)
	}
	if row.Urgent {
		row.UrgentText = f.T("priority." + e.Priority)
	}
	if row.Last == "" {
		row.Last = f.T("kind." + kindName(e.LastKind))
	}
	row.Author = f.T("author.concierge")
	switch {
	case e.LastInbound:
		row.Author = f.T("author.resident")
	case e.LastAuthor != "":
		row.Author = e.LastAuthor
	}
	if e.LastAt != nil {
		row.Moment = e.LastAt.UTC().Format(time.RFC3339)
	}
	row.Wait, row.Late = d.waiting(f, e)
	row.Claimable = e.Owner == "queue" && may(me.Roles, doWork) != none
	return row
}

// waiting is how long they have waited in words: in the queue in office time, and late after the time `hold` allows.
func (d *Desk) waiting(f frame, e inbox.Entry) (text string, late bool) {
	switch {
	case e.Owner == "queue" && e.RequestedAt != nil:
		waited := d.Handoffs.Waited(*e.RequestedAt, f.now)
		if hold := d.Council.Timers.Hold; hold > 0 && waited > hold {
			return f.T("wait.overdue", "Span", f.span(waited-hold)), true
		}
		if waited < time.Minute && f.now.Sub(*e.RequestedAt) > time.Minute {
			return f.T("wait.since", "Clock", f.clock(*e.RequestedAt)), false // the office is shut
		}
		return f.T("wait.waiting", "Span", f.span(waited)), false
	case e.SnoozedUntil != nil && e.State == "snoozed":
		return f.T("wait.until", "Clock", f.clock(*e.SnoozedUntil)), false
	case e.LastAt != nil:
		return f.T("wait.ago", "Span", f.span(f.now.Sub(*e.LastAt))), false
	}
	return "", false
}

// mask shows enough of an address to tell two apart, and too little to call: "…0123".
func (d *Desk) mask(id string, sealed []byte) string {
	plain, err := d.Keys.Open("addresses", id, sealed)
	if err != nil {
		return "…"
	}
	v := channels.Address(plain).Value()
	if len(v) <= 4 {
		return "…" + v
	}
	return "…" + v[len(v)-4:]
}

// language is what a language calls itself; unknown before they wrote.
func (d *Desk) language(f frame, tag string) string {
	if tag == "" {
		return f.T("language.unknown")
	}
	if name := d.LanguageName(tag); name != "" {
		return name
	}
	return tag
}

// kindName is the word for a message without text.
func kindName(kind string) string {
	switch kind {
	case "location", "media", "press", "contact", "start", "opt_out", "opt_in", "blocked", "unblocked":
		return kind
	}
	return "something_else"
}

func firstLine(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i] + " …"
	}
	if r := []rune(s); len(r) > 140 {
		s = string(r[:140]) + "…"
	}
	return s
}
