package desk

import (
	"net/http"
	"net/url"

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
