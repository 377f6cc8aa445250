package desk

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
)

type queuePage struct {
	frame
	Views []viewLink
	View  string // its name in words
	Here  string
	Rows  []queueRow
	Next  string // the address of the next page
	Works bool   // may take conversations
	// What the list is narrowed by.
	Channels, Languages, Services, Teams []option
	Narrowed                             bool
}

type viewLink struct {
	Href, Text string
	Count      int
	Here       bool
}

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

func (d *Desk) queuePage(w http.ResponseWriter, r *request) error {
	ctx := r.Context()
	view := inbox.View(r.URL.Query().Get("view"))
	if view == "" {
		view = inbox.ViewWaiting
	}
	known := false
	for _, v := range inbox.Views() {
		known = known || v == view
	}
	if !known {
		return inbox.ErrNotFound
	}
	a := r.Person.actor(seeWork)
	p := queuePage{frame: d.frame(w, r, "queue"), Here: string(view), Works: may(r.Person.Roles, doWork) != none}
	narrow := d.narrow(r, &p)
	var page []inbox.Entry
	var counts map[inbox.View]int
	var next string
	err := d.read(ctx, func(tx *database.Tx) (err error) {
		if counts, err = inbox.Counts(ctx, tx, a); err != nil {
			return err
		}
		page, next, err = inbox.List(ctx, tx, a, view, inbox.Filter(narrow), r.URL.Query().Get("after"))
		return err
	})
	if err != nil {
		return err
	}
	with := narrow.query()
	for _, v := range inbox.Views() {
		link := viewLink{"/desk/queue?view=" + string(v) + with, p.T("view." + string(v)), counts[v], v == view}
		p.Views = append(p.Views, link)
		if link.Here {
			p.View = link.Text
		}
	}
	p.Title = p.View + " (" + p.T("count", "Count", counts[view]) + ")"
	for _, e := range page {
		p.Rows = append(p.Rows, d.row(p.frame, r.Person, e))
	}
	if next != "" {
		p.Next = "/desk/queue?view=" + string(view) + with + "&after=" + url.QueryEscape(next)
	}
	d.render(w, r, http.StatusOK, "queue", p)
	return nil
}

// narrowed is what the list's form asks for.
type narrowed inbox.Filter

// query is the same for an address.
func (n narrowed) query() (q string) {
	for _, f := range []struct{ name, value string }{{"channel", n.Channel}, {"language", n.Language}, {"service", n.Topic}, {"team", n.Team}} {
		if f.value != "" {
			q += "&" + f.name + "=" + url.QueryEscape(f.value)
		}
	}
	return q
}

// narrow reads the form that narrows the list and fills its choices.
func (d *Desk) narrow(r *request, p *queuePage) narrowed {
	q := r.URL.Query()
	n := narrowed{Channel: q.Get("channel"), Language: q.Get("language"), Topic: q.Get("service"), Team: q.Get("team")}
	p.Narrowed = n != narrowed{}
	any := func(chosen string) []option { return []option{{"", p.T("queue.any"), chosen == ""}} }
	p.Channels, p.Languages, p.Services, p.Teams = any(n.Channel), any(n.Language), any(n.Topic), any(n.Team)
	for _, c := range []channels.Name{channels.SMS, channels.WhatsApp, channels.Telegram} {
		p.Channels = append(p.Channels, option{string(c), p.T("channel." + string(c)), n.Channel == string(c)})
	}
	for _, tag := range d.Council.Languages.Offered {
		p.Languages = append(p.Languages, option{tag, d.language(p.frame, tag), n.Language == tag})
	}
	for _, s := range d.Council.Services {
		p.Services = append(p.Services, option{s.Code, p.word("service." + s.Code + ".name"), n.Topic == s.Code})
	}
	for _, t := range d.Council.Teams {
		p.Teams = append(p.Teams, option{t, p.word("team." + t), n.Team == t})
	}
	return n
}

// takeOldest claims what has waited longest. Somebody quicker is no error: the next one is tried.
func (d *Desk) takeOldest(w http.ResponseWriter, r *request) error {
	ctx, a := r.Context(), r.Person.actor(doWork)
	for range 10 {
		var id string
		err := d.write(ctx, func(tx *database.Tx) error {
			oldest, version, err := inbox.OldestWaiting(ctx, tx, a)
			if err != nil || oldest == "" {
				return err
			}
			id = oldest
			return d.Handoffs.Claim(ctx, tx, a, oldest, version)
		})
		if id == "" && err == nil {
			return back(w, r, "/desk/queue", "nobody_waits")
		}
		if err == nil {
			return back(w, r, "/desk/conversations/"+id, "claimed")
		}
		if !raced(err) {
			return err
		}
	}
	return inbox.ErrStale
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
