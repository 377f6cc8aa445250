package desk

import (
	"net/http"

	"concierge/inbox"
	"concierge/internal/database"
)

type asidePage struct {
	frame
	Asides  []setAside
	Failed  int // how many were set aside: the latest are listed
	Unread  []unreadable
	Count   int  // of the unreadable
	More    bool // there are more than are shown
	Sees    bool // they may open conversations
	Works   bool
	Dismiss bool // they may dismiss what could not be read
}

type setAside struct {
	Message, Conversation, Href string
	Channel, Cause, Came, When  string
}

type unreadable struct{ ID, Channel, Size, When string }

// asidePage shows what the concierge could not deal with: messages whose turn failed, and updates nobody could read. It shows no
// resident's words.
func (d *Desk) asidePage(w http.ResponseWriter, r *request) error {
	p := asidePage{frame: d.frame(w, r, "health"), Sees: may(r.Person.Roles, seeWork) != none, Works: may(r.Person.Roles, doWork) != none,
		Dismiss: may(r.Person.Roles, setHealth) != none}
	p.Title = p.T("aside.title")
	err := d.read(r.Context(), func(tx *database.Tx) error {
		all, count, err := inbox.Asides(r.Context(), tx, r.Person.actor(seeHealth))
		if err != nil {
			return err
		}
		p.Failed = count
		for _, a := range all {
			p.Asides = append(p.Asides, setAside{Message: a.Message, Conversation: a.Conversation, Href: "/desk/conversations/" + a.Conversation,
				Channel: p.T("channel." + a.Channel), Cause: a.Cause, Came: p.clock(a.Came), When: p.clock(a.At)})
		}
		unread, count, err := inbox.Unread(r.Context(), tx)
		if err != nil {
			return err
		}
		for _, u := range unread {
			p.Unread = append(p.Unread, unreadable{ID: u.ID, Channel: p.T("channel." + u.Channel), Size: p.bytes(u.Bytes), When: p.clock(u.At)})
		}
		p.Count, p.More = count, count > len(unread)
		return nil
	})
	if err != nil {
		return err
	}
	d.render(w, r, http.StatusOK, "aside", p)
	return nil
}

// bytes is a size as staff read it; "" when nobody has noted it.
func (f frame) bytes(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1024:
		return f.T("size.bytes", "Count", n)
	}
	return f.T("size.kilobytes", "Count", (n+1023)/1024)
}

// tryAgain lets the concierge read a message again that was set aside.
func (d *Desk) tryAgain(w http.ResponseWriter, r *request) error {
	return d.step(w, r, asideFrom(r), "tried_again", func(tx *database.Tx, a inbox.Actor, id string, _ int64) error {
		return d.Handoffs.TryAgain(r.Context(), tx, a, id, r.PostForm.Get("message"))
	})
}

// dismissAside leaves a message that was set aside to people.
func (d *Desk) dismissAside(w http.ResponseWriter, r *request) error {
	return d.step(w, r, asideFrom(r), "dismissed", func(tx *database.Tx, a inbox.Actor, id string, _ int64) error {
		return d.Handoffs.DismissAside(r.Context(), tx, a, id, r.PostForm.Get("message"))
	})
}

// asideFrom is where a deed done on the list returns to; "" is the conversation's page.
func asideFrom(r *request) string {
	if r.PostForm.Get("from") == "aside" {
		return "/desk/aside"
	}
	return ""
}

func (d *Desk) dismissUnread(w http.ResponseWriter, r *request) error {
	err := d.write(r.Context(), func(tx *database.Tx) error {
		return inbox.DismissUnread(r.Context(), tx, r.Person.actor(r.Act), r.PathValue("id"))
	})
	if err != nil {
		return err
	}
	return back(w, r, "/desk/aside", "dismissed")
}
