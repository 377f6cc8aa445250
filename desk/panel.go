package desk

import (
	"context"
	"time"

	"concierge/cases"
	"concierge/inbox"
	"concierge/internal/database"
)

type stretch struct{ When, Reason, Agent, Outcome string }

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
