package desk

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/audit"
	"concierge/internal/database"
)

type conversationPage struct {
	frame
	ID                          string
	Who, Address                string
	Channel, ChannelName        string
	Language, Tag               string
	Owner, State                string
	Status                      string // who has it, in words
	Topic, Reason, Wait         string
	Late, Urgent                bool
	UrgentText                  string
	Version                     int64
	Lines                       []spoken
	Earlier                     string
	LastSeen, Reply, ReplyID    string
	Conflict                    bool // newer messages came: send anyway, or edit
	Error                       string
	Window                      string
	WindowShut, WindowSoon      bool
	OptedOut                    bool
	Barred                      string // why we may not write to this number
	Mine, Claimable, Takeable   bool   // with me · in the queue · with the concierge, or with somebody else
	From                        string
	Writable, Works, Supervises bool
	Drafted                     bool
	Notes                       []noted
	Cases                       []caseLink
	Stretches                   []stretch
	Teams, Agents               []option // to transfer and to assign to
	Outcomes, Ways              []option
	Back                        string
}

type spoken struct {
	ID, Side          string // resident, concierge, agent, system
	Author, Initial   string
	Tag               string
	Text              string
	Time, Moment      string
	Delivery          string
	Failed, Grey, New bool
	Retry             bool // may be sent again by hand
	Aside             bool // the concierge failed on it: what failed is in Delivery
	Choices           []string
	Pin               *pin
	Media             []attached
	Case              string
	Note              bool
	at                time.Time
}

type pin struct{ Text, Href string }

type attached struct {
	Href, Text string
	Photo      bool
}

type noted struct{ Author, Text, Time string }

type caseLink struct{ Reference, Href, Service, Status, Class string }

type option struct {
	Value, Text string
	Chosen      bool
}

func (d *Desk) conversationPage(w http.ResponseWriter, r *request) error {
	p, err := d.conversation(w, r, "")
	if err != nil {
		return err
	}
	d.render(w, r, http.StatusOK, "conversation", p)
	return nil
}

// conversation loads the page. since is the last message its reader had seen before a conflict: what came later is marked.
func (d *Desk) conversation(w http.ResponseWriter, r *request, since string) (*conversationPage, error) {
	ctx, id := r.Context(), r.PathValue("id")
	see, work := r.Person.actor(seeWork), r.Person.actor(doWork)
	p := &conversationPage{frame: d.frame(w, r, "queue"), ID: id, Works: may(r.Person.Roles, doWork) != none, Supervises: see.Supervises,
		ReplyID: database.NewID(), Back: "/desk/queue"}
	err := d.read(ctx, func(tx *database.Tx) error {
		seen, err := inbox.Sees(ctx, tx, see, id)
		if err != nil {
			return err
		}
		if !seen {
			return inbox.ErrNotFound
		}
		c, err := d.Inbox.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := d.fillConversation(ctx, tx, p, c, r.Person); err != nil {
			return err
		}
		if p.Works {
			if p.Works, err = inbox.Sees(ctx, tx, work, id); err != nil { // they may see further than they work
				return err
			}
			if !p.Works {
				p.Mine, p.Claimable, p.Takeable, p.Writable = false, false, false, false
			}
		}
		before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
		if err := d.fillTranscript(ctx, tx, p, before, since); err != nil {
			return err
		}
		p.Reply, err = inbox.Draft(ctx, tx, see, id)
		p.Drafted = p.Reply != ""
		return err
	})
	if errors.Is(err, inbox.ErrNoConversation) {
		return nil, inbox.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	p.Title = p.ChannelName + " " + p.Who
	return p, d.opened(ctx, r, "conversation.opened", id)
}

// opened writes that somebody looked, apart from the reading: on SQLite a page must not keep the one writer from the residents.
func (d *Desk) opened(ctx context.Context, r *request, deed, id string) error {
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := audit.Seen(ctx, tx, audit.Entry{Actor: r.Person.ID, Deed: deed, Subject: id}); err != nil {
			return err
		}
		if deed != "conversation.opened" || may(r.Person.Roles, doWork) == none {
			return nil
		}
		return d.Handoffs.Seen(ctx, tx, id)
	})
}

func (d *Desk) fillConversation(ctx context.Context, tx *database.Tx, p *conversationPage, c *inbox.Conversation, me *person) error {
	p.Channel, p.ChannelName = string(c.Channel), p.T("channel."+string(c.Channel))
	p.Who, p.Address = tail(c.To.Value()), c.To.Value()
	p.Language, p.Tag = d.language(p.frame, c.Language), c.Language
	p.Owner, p.State, p.Version = string(c.Owner), string(c.State), c.Version
	p.OptedOut = !c.OptedOutAt.IsZero()
	if why := channels.Barred(c.To, d.Council.Channels.CountryPrefixes); why != "" {
		p.Barred = p.T("conversation." + why)
	}
	p.Mine = c.Owner == inbox.AnAgent && c.AgentID == me.ID
	p.Claimable = p.Works && c.Owner == inbox.Queue
	p.Takeable = p.Works && !p.Mine && !p.Claimable
	p.Writable = p.Works && (p.Mine || p.Claimable)
	if end, has := c.WindowEnds(); has {
		left := end.Sub(tx.Now())
		p.WindowShut, p.WindowSoon = left <= 0, left > 0 && left < 2*time.Hour
		p.Window = p.T("window.shut")
		if left > 0 {
			p.Window = p.T("window.open", "Clock", p.clock(end), "Span", p.span(left))
		}
	}
	stretches, err := inbox.HandoffsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	names, err := staffNames(ctx, tx)
	if err != nil {
		return err
	}
	holder := names[c.AgentID]
	switch {
	case p.Mine:
		p.Status = p.T("status.mine")
	case c.Owner == inbox.AnAgent:
		p.Status, p.From = p.T("status.agent", "Name", holder), holder
	default:
		p.Status = p.T("status." + string(c.Owner))
	}
	switch c.State {
	case inbox.Waiting:
		p.Status = p.T("status.waiting", "Name", holder)
	case inbox.Snoozed:
		p.Status = p.T("status.snoozed", "Name", holder, "Clock", p.clock(c.SnoozedUntil))
	case inbox.Closed:
		p.Status = p.T("status.closed")
	}
	for _, h := range stretches {
		p.Stretches = append(p.Stretches, p.stretch(h, names))
	}
	if len(stretches) > 0 && stretches[0].EndedAt == nil {
		d.fillOpen(p, stretches[0], c)
	}
	return d.fillPanel(ctx, tx, p, c)
}
