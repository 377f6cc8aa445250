package desk

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/database"
)

// loadCase loads a case's page. A case of another team's is not there.
func (d *Desk) loadCase(w http.ResponseWriter, r *request) (*casePage, error) {
	ctx := r.Context()
	ref, err := r.reference()
	if err != nil {
		return nil, err
	}
	p := &casePage{frame: d.frame(w, r, "cases"), Works: may(r.Person.Roles, doWork) != none}
	var id string
	err = d.read(ctx, func(tx *database.Tx) error {
		one, err := d.Cases.Get(ctx, tx, ref)
		if err != nil {
			return err
		}
		if !r.seesCase(one.Team) {
			return cases.ErrNotFound
		}
		id = one.ID
		if p.Works && may(r.Person.Roles, doWork) != everything {
			p.Works = (&request{Request: r.Request, Person: r.Person, Act: doWork}).seesCase(one.Team)
		}
		return d.fillCase(ctx, tx, p, one)
	})
	if err != nil {
		return nil, err
	}
	p.Title = p.Reference + " " + p.Service
	return p, d.opened(ctx, r, "case.opened", id)
}

func (d *Desk) fillCase(ctx context.Context, tx *database.Tx, p *casePage, one cases.Case) error {
	p.caseRow = p.frame.caseRow(one)
	p.Ward = one.Place.Ward
	p.Version, p.Description, p.Postcode, p.Due = one.Version, one.Description, one.Place.Postcode, p.day(one.DueAt)
	p.Duplicate = one.DuplicateOf.String()
	p.MinDate = p.now.In(p.zone).Format(time.DateOnly)
	for _, a := range one.Answers {
		p.Answers = append(p.Answers, p.answered(one.Service, a))
	}
	if one.Place.Point {
		at := fmt.Sprintf("%.5f, %.5f", one.Place.Lat, one.Place.Lon)
		p.Pin = &pin{Text: at, Href: "geo:" + url.PathEscape(strings.ReplaceAll(at, " ", ""))}
	}
	if err := d.fillUpdates(ctx, tx, p, one); err != nil {
		return err
	}
	if err := d.fillFollowers(ctx, tx, p, one); err != nil {
		return err
	}
	photos, err := d.Cases.Photos(ctx, tx, one.ID)
	if err != nil {
		return err
	}
	for i, ph := range photos {
		p.Photos = append(p.Photos, attached{Href: "/desk/media/" + ph.Media, Text: p.T("case.photo", "Number", i+1), Photo: true})
	}
	notes, err := inbox.CaseNotes(ctx, tx, one.ID)
	if err != nil {
		return err
	}
	for _, n := range notes {
		p.Notes = append(p.Notes, noted{n.AgentName, n.Body, p.clock(n.At)})
	}
	p.Move = moveForm{To: string(one.Status), Version: one.Version}
	p.status = one.Status
	p.Reasons = p.reasons(one.Status, "")
	return nil
}

func (f frame) answered(service string, a cases.Answer) answered {
	value := a.Words
	if value == "" {
		value = a.Value
	}
	return answered{strings.ReplaceAll(a.Slot, "_", " "), value}
}

// reasons is the list of where a case in that status may go and why; chosen is "status/reason", "" keeps the status.
func (f frame) reasons(now cases.Status, chosen string) (all []reasonGroup) {
	for _, s := range cases.Statuses() {
		if s == cases.Received && now.Open() {
			continue
		}
		g := reasonGroup{Text: f.T("case.status." + string(s))}
		add := func(value, text string) { g.Options = append(g.Options, option{value, text, value == chosen}) }
		if s.Open() && s != cases.Received {
			add(string(s)+"/", f.T("case.status."+string(s)))
		}
		for _, reason := range cases.Reasons(s) {
			if reason == cases.ReasonNew || reason == cases.ReasonUnstated || reason == cases.ReasonByResident {
				continue // not staff's to give
			}
			add(string(s)+"/"+string(reason), f.T("case.status."+string(s))+": "+f.T("case.reason."+string(reason)))
		}
		all = append(all, g)
	}
	return all
}

func (d *Desk) fillUpdates(ctx context.Context, tx *database.Tx, p *casePage, one cases.Case) error {
	all, err := d.Cases.Updates(ctx, tx, one.ID, 0)
	if err != nil {
		return err
	}
	names, err := staffNames(ctx, tx)
	if err != nil {
		return err
	}
	for i := len(all) - 1; i >= 0; i-- {
		u := all[i]
		h := happened{When: p.clock(u.At), Moment: u.At.Format(time.RFC3339), Who: p.T("actor." + string(u.By.Kind)), Text: u.Text, Public: u.Public,
			What: p.T("update." + string(u.Kind)), Class: string(u.To)}
		if name := names[u.By.ID]; u.By.Kind == cases.Staff && name != "" {
			h.Who = name
		}
		if u.To != "" {
			h.What = p.T("case.status." + string(u.To))
			if u.Reason != "" && u.Reason != cases.ReasonNew {
				h.What += ": " + p.T("case.reason."+string(u.Reason))
			}
		}
		p.Updates = append(p.Updates, h)
	}
	return nil
}

func (d *Desk) fillFollowers(ctx context.Context, tx *database.Tx, p *casePage, one cases.Case) error {
	all, err := d.Cases.Followers(ctx, tx, one.ID)
	if err != nil {
		return err
	}
	for _, f := range all {
		if !f.MutedAt.IsZero() {
			p.Muted++
		}
		row := follower{Role: p.T("case.role." + string(f.Role)), Who: p.T("case.gone")}
		if c, err := d.Inbox.Get(ctx, tx, string(f.Conversation)); err == nil {
			row.Who, row.Channel, row.Language = tail(c.To.Value()), p.T("channel."+string(c.Channel)), d.language(p.frame, c.Language)
			row.Href = "/desk/conversations/" + c.ID
			if f.Role == cases.Reporter {
				p.Conversation = row.Href
			}
		}
		if !f.ToldAt.IsZero() {
			row.Told = p.clock(f.ToldAt)
		}
		p.Followers = append(p.Followers, row)
	}
	return nil
}

// caseNote writes a note by a case.
func (d *Desk) caseNote(w http.ResponseWriter, r *request) error {
	ctx := r.Context()
	ref, err := r.reference()
	if err != nil {
		return err
	}
	err = d.write(ctx, func(tx *database.Tx) error {
		one, err := d.Cases.Get(ctx, tx, ref)
		if err != nil {
			return err
		}
		if !r.seesCase(one.Team) {
			return cases.ErrNotFound
		}
		return inbox.AddCaseNote(ctx, tx, r.Person.actor(r.Act), one.ID, r.PostForm.Get("text"))
	})
	if err != nil {
		return err
	}
	return back(w, r, "/desk/cases/"+ref.String(), "noted")
}
