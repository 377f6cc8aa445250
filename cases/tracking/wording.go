package tracking

import (
	"slices"
	"time"

	"concierge/cases"
	"concierge/council"
	"concierge/internal/phrase"
	"concierge/locales"
)

// wording says the facts of one case in one language.
type wording struct {
	set     *locales.Set
	tag     string
	council *council.Council
	one     cases.Case
	now     time.Time
}

func (w wording) say(key string, more ...phrase.Var) string {
	known := []phrase.Var{{Name: "Ref", Text: string(w.one.Reference)}, {Name: "Council", Text: w.council.Name},
		{Name: "Phone", Text: w.council.Phone}, {Name: "Date", Date: w.one.PlannedFor}}
	return w.set.SayKey(w.tag, key, append(known, more...)...) // of two with one name the later holds
}

func (w wording) service() string { return w.set.SayKey(w.tag, "service."+w.one.Service+".name") }

// day is a moment's day in words: today, yesterday, or its long date.
func (w wording) day(at time.Time) string {
	switch day := w.date(at); day {
	case w.date(w.now):
		return w.set.SayKey(w.tag, "date.today")
	case w.date(w.now.AddDate(0, 0, -1)):
		return w.set.SayKey(w.tag, "date.yesterday")
	default:
		return w.set.Date(w.tag, at.In(w.council.TimeZone))
	}
}

// date is a moment's day in the council's zone, for machines.
func (w wording) date(at time.Time) string { return at.In(w.council.TimeZone).Format(time.DateOnly) }

// status is the one plain sentence.
func (w wording) status(s source) string {
	if s.one.Reason == cases.ReasonWithdrawn && s.follower.Role != cases.Reporter {
		return w.say("case.said.closed.plain")
	}
	one := s.one
	if one.Status == cases.Planned {
		one.PlannedFor = "" // the date stands under "what happens next"
	}
	return w.said(one.State(), one.PlannedFor, one.NextStep)
}

func (w wording) said(state, planned, next string) string {
	who, _ := cases.Whose(w.council.Responsible, next)
	return w.set.SayKey(w.tag, "case.said."+state, phrase.Var{Name: "Date", Date: planned}, phrase.Var{Name: "Who", Text: who},
		phrase.Var{Name: "Whom", Text: who}, phrase.Var{Name: "Original", Text: string(w.one.DuplicateOf)})
}

// silence is how long nothing public must have happened for the page to say so.
const silence = 8 * 7 * 24 * time.Hour

// next is what happens next, or what the reader can do: a date honestly said, and the silence when there is one.
func (w wording) next(s source) []string {
	switch one := s.one; {
	case one.Status == cases.Fixed:
		return []string{w.say("case.ask_fixed")}
	case one.Status == cases.Closed:
		return []string{w.closed(s)}
	default:
		all := []string{w.when()}
		if last := lastNews(s.updates); s.now.Sub(last) > silence {
			all = append(all, w.say("tracking.silent", phrase.Var{Name: "Date", Date: w.date(last)}))
		}
		return all
	}
}

func (w wording) when() string {
	one := w.one
	promised := phrase.Var{Name: "Date", Date: w.date(one.PromisedAt)}
	switch {
	case one.Late(w.now):
		return w.set.SayKey(w.tag, "tracking.overdue", promised)
	case one.Status == cases.Planned && one.PlannedFor != "":
		return w.say("tracking.planned")
	case one.PlannedFor != "":
		return w.say("tracking.due")
	case one.PromisedAt.IsZero() || one.Status == cases.Planned || one.Status == cases.InProgress:
		return w.say("tracking.no_date")
	}
	return w.set.SayKey(w.tag, "tracking.due", promised)
}

func (w wording) closed(s source) string {
	reason := string(s.one.Reason)
	who, contact := cases.Whose(w.council.Responsible, s.one.NextStep)
	switch {
	case s.one.Reason == cases.ReasonUnstated, // its next step is a reply by number
		s.one.Reason == cases.ReasonNotOurs && contact == "",
		s.one.Reason == cases.ReasonWithdrawn && s.follower.Role != cases.Reporter:
		reason = "plain"
	}
	return w.say("case.next."+reason, phrase.Var{Name: "Who", Text: who}, phrase.Var{Name: "Whom", Text: who},
		phrase.Var{Name: "Contact", Text: contact}, phrase.Var{Name: "Original", Text: string(s.one.DuplicateOf)})
}

// lastNews is when something public last happened.
func lastNews(all []cases.Update) (at time.Time) {
	for _, u := range all {
		if !u.Hidden && (u.State() != "" || u.HasPublicText()) {
			at = u.At
		}
	}
	return at
}

// history is what happened, the newest first: moves, and staff's public words. Notes, residents' words and what is hidden are not in it.
func (w wording) history(all []cases.Update) []event {
	var list []event
	for _, u := range slices.Backward(all) {
		if u.Hidden || u.State() == "" {
			continue
		}
		e := event{Day: w.day(u.At), On: w.date(u.At), By: w.say("tracking.by." + string(u.By.Kind)), Said: w.said(u.State(), u.PlannedFor, u.NextStep)}
		if u.Reason == cases.ReasonWithdrawn {
			e.Said = w.say("case.said.closed.plain")
		}
		if u.Kind == cases.KindChanged && u.From == u.To {
			e.Said = w.again(all, u, e.Said)
		}
		if u.HasPublicText() && u.By.Kind != cases.Resident {
			e.Quote = &quote{u.Text, u.Language, "auto"}
		}
		list = append(list, e)
	}
	return list
}

// again leaves the sentence out when only staff's words were new.
func (w wording) again(all []cases.Update, u cases.Update, said string) string {
	for _, before := range slices.Backward(all[:u.Seq-1]) {
		if before.State() != "" {
			if before.State() == u.State() && before.PlannedFor == u.PlannedFor && u.Text != "" {
				return ""
			}
			break
		}
	}
	return said
}

// steps is the row: those it went through, where it is, and what is still to come. What was passed over is left out.
func (w wording) steps(s source) []step {
	reached := map[cases.Status]time.Time{}
	for _, u := range s.updates {
		if u.Hidden || u.To == "" {
			continue
		}
		if u.Kind == cases.KindReopened {
			clear(reached) // a new round; that it was reported stays
			reached[cases.Received] = s.one.FiledAt
		}
		if _, was := reached[u.To]; !was {
			reached[u.To] = u.At
		}
	}
	end := cases.Fixed
	if s.one.Status == cases.Closed {
		end = cases.Closed
	}
	var row []step
	order := []cases.Status{cases.Received, cases.Investigating, cases.Planned, cases.InProgress, end}
	here := slices.Index(order, s.one.Status)
	for i, status := range order {
		at, was := reached[status]
		one := step{Name: w.say("tracking.step." + string(status)), Mark: "ahead", Aside: w.say("tracking.step_ahead")}
		switch {
		case i == here:
			one.Mark, one.Here, one.Aside = "here", true, w.say("tracking.step_here")
		case i < here && !was:
			continue
		case i < here:
			one.Mark, one.Aside = "past", w.say("tracking.step_behind")
		}
		if was && i <= here {
			one.Day, one.On = w.day(at), w.date(at)
		}
		row = append(row, one)
	}
	return row
}
