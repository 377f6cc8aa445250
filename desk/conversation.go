package desk

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"concierge/cases"
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
	Mine, Claimable, Takeable   bool // with me · in the queue · with the concierge, or with somebody else
	From                        string
	Writable, Works, Supervises bool
	Drafted                     bool
	Notes                       []noted
	Cases                       []caseLink
	Stretches                   []stretch
	Teams, Agents               []option // to transfer and to assign to
	Outcomes, Ways              []option
	Parts                       bool // the channel counts parts
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

type stretch struct{ When, Reason, Agent, Outcome string }

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
	p.Parts = channels.Can(c.Channel).Parts > 0
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

func (d *Desk) fillOpen(p *conversationPage, h inbox.Handoff, c *inbox.Conversation) {
	p.Reason = p.T("reason." + string(h.Reason))
	if h.Topic != "" {
		p.Topic = p.word("service." + h.Topic + ".name")
	}
	if h.Priority != inbox.Normal {
		p.Urgent, p.UrgentText = true, p.T("priority."+h.Priority)
	}
	p.Wait, p.Late = d.waiting(p.frame, inbox.Entry{Owner: string(c.Owner), State: string(c.State), RequestedAt: &h.RequestedAt})
}

// fillPanel is what stands beside the conversation: their cases, and what one may do with it.
func (d *Desk) fillPanel(ctx context.Context, tx *database.Tx, p *conversationPage, c *inbox.Conversation) error {
	theirs, _, err := d.Cases.OfContact(ctx, tx, cases.ContactID(c.ContactID), 10)
	if err != nil {
		return err
	}
	for _, one := range theirs {
		p.Cases = append(p.Cases, caseLink{one.Reference.String(), "/desk/cases/" + one.Reference.String(), p.word("service." + one.Service + ".name"),
			p.T("case.status." + string(one.Status)), string(one.Status)})
	}
	for _, t := range d.Council.Teams {
		p.Teams = append(p.Teams, option{t, p.word("team." + t), false})
	}
	if p.Supervises && c.Owner != inbox.Bot {
		if p.Agents, err = colleagues(ctx, tx, c.AgentID); err != nil {
			return err
		}
	}
	for _, o := range []inbox.Outcome{inbox.Resolved, inbox.NoAnswer, inbox.Cancelled} {
		p.Outcomes = append(p.Outcomes, option{string(o), p.T("outcome." + string(o)), o == inbox.Resolved})
	}
	ways := []string{inbox.AsResume, inbox.AsMenu, inbox.AsSilent}
	if len(p.Cases) > 0 {
		ways = []string{inbox.AsResume, inbox.AsMenu, inbox.AsCase, inbox.AsSilent}
	}
	for i, way := range ways {
		p.Ways = append(p.Ways, option{way, p.T("return." + way), i == 0})
	}
	notes, err := inbox.Notes(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, n := range notes {
		p.Lines = append(p.Lines, spoken{ID: n.ID, Side: "note", Note: true, Author: n.AgentName, Initial: initial(n.AgentName), Text: n.Body,
			Time: p.clock(n.At), Moment: n.At.UTC().Format(time.RFC3339), at: n.At})
	}
	return nil
}

func (f frame) stretch(h inbox.Handoff, names map[string]string) stretch {
	s := stretch{When: f.clock(h.RequestedAt), Reason: f.T("reason." + string(h.Reason)), Agent: names[h.Agent]}
	if h.Outcome != "" {
		s.Outcome = f.T("outcome." + string(h.Outcome))
	}
	return s
}

// staffNames are the names of everybody who ever worked here: few enough to read at once.
func staffNames(ctx context.Context, tx *database.Tx) (map[string]string, error) {
	rows, err := tx.Query(ctx, `SELECT id, name, email FROM staff LIMIT 5000`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := map[string]string{}
	for rows.Next() {
		var id, name, email string
		if err := rows.Scan(&id, &name, &email); err != nil {
			return nil, err
		}
		if name == "" {
			name = email
		}
		names[id] = name
	}
	return names, rows.Err()
}

// colleagues are those a conversation can be given to: who works conversations, and has not got this one.
func colleagues(ctx context.Context, tx *database.Tx, holder string) (all []option, err error) {
	rows, err := tx.Query(ctx, `SELECT id, name, email, roles FROM staff WHERE disabled_at IS NULL ORDER BY name, email LIMIT 500`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, name, email, roles string
		if err := rows.Scan(&id, &name, &email, &roles); err != nil {
			return nil, err
		}
		if name == "" {
			name = email
		}
		if id != holder && may(words(roles), doWork) != none {
			all = append(all, option{id, name, false})
		}
	}
	return all, rows.Err()
}

func tail(s string) string {
	if r := []rune(s); len(r) > 4 {
		return "…" + string(r[len(r)-4:])
	}
	return s
}

func initial(name string) string {
	for _, r := range name {
		return string(r)
	}
	return "?"
}
