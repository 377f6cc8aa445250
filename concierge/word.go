package concierge

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"concierge/cases"
	"concierge/channels"
	"concierge/council"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/jobs"
	"concierge/internal/phrase"
	"concierge/internal/seal"
)

// TellerSettings are all a Teller needs.
type TellerSettings struct {
	DB        *database.DB
	Keys      *seal.Keys
	Inbox     *inbox.Inbox
	Cases     *cases.Cases
	Council   *council.Council
	Queue     jobs.Queue
	PublicURL string                  // without a final slash
	Name      func(tag string) string // a language in its own words, "Polski"; nil: its tag
}

// Teller tells the followers of a case what is new.
type Teller struct{ s TellerSettings }

// NewTeller makes a Teller.
func NewTeller(s TellerSettings) *Teller {
	if s.Name == nil {
		s.Name = func(tag string) string { return tag }
	}
	return &Teller{s}
}

// smsParts is how many parts news may cost as SMS before it is shortened to its sentence and the link.
const smsParts = 2

// Word words news of a case for one follower, in their language and for their channel: the last state, what they can do next, the
// date, all public words as written, and the link. It is what the desk's preview shows and what is sent. No news: no words.
func (t *Teller) Word(ctx context.Context, tx *database.Tx, f cases.Follower, news []cases.Update) ([]inbox.Words, error) {
	if len(news) == 0 {
		return nil, nil
	}
	one, err := t.s.Cases.ByID(ctx, tx, f.CaseID)
	if err != nil {
		return nil, err
	}
	c, err := t.s.Inbox.Get(ctx, tx, string(f.Conversation))
	if err != nil {
		return nil, err
	}
	w := t.words(one, f, c, news, tx.Now())
	if long, err := t.long(c, w, tx.Now()); err != nil || !long {
		return []inbox.Words{w}, err
	}
	w.Lines = t.short(one, f)
	return []inbox.Words{w}, nil
}

func (t *Teller) words(one cases.Case, f cases.Follower, c *inbox.Conversation, news []cases.Update, now time.Time) inbox.Words {
	v := t.vars(one, f)
	w := inbox.Words{Cause: "update:" + news[len(news)-1].ID + ":" + f.ID, Case: one.ID}
	add := func(l phrase.Line) {
		if !l.IsZero() {
			w.Lines = append(w.Lines, l)
		}
	}
	add(v.head())
	add(v.said())
	add(v.next())
	add(t.date(one, v, now))
	for _, u := range v.quotes(news) {
		add(t.quoted(u, c.Language))
	}
	add(phrase.Say("case.link", v.link))
	w.Template = v.template()
	if one.Status == cases.Fixed {
		add(phrase.Say("case.ask_fixed"))
		w.Choices = fixedChoices(one.Reference)
	}
	return w
}

// short is news in as few words as can be.
func (t *Teller) short(one cases.Case, f cases.Follower) []phrase.Line {
	v := t.vars(one, f)
	lines := []phrase.Line{phrase.Say("case.head_short", v.council, v.ref, v.service), v.said()}
	if next := v.next(); !next.IsZero() {
		lines = append(lines, next)
	}
	lines = append(lines, phrase.Say("case.link", v.link))
	if one.Status == cases.Fixed {
		lines = append(lines, phrase.Say("case.ask_fixed"))
	}
	return lines
}

// long tells news that costs too much as SMS.
func (t *Teller) long(c *inbox.Conversation, w inbox.Words, now time.Time) (bool, error) {
	if channels.Can(c.Channel).Parts == 0 {
		return false, nil
	}
	scratch := *c
	rows, err := t.s.Inbox.Compose(&scratch, inbox.Update, w, now)
	if err != nil {
		return false, err
	}
	parts := 0
	for _, r := range rows {
		_, n, _ := channels.Segments(r.Text)
		parts += n
	}
	return parts > smsParts, nil
}

// date is by when: what staff plan, else what was promised and still holds. A plan with a date has said it already.
func (t *Teller) date(one cases.Case, v variables, now time.Time) phrase.Line {
	switch {
	case !one.Status.Open() || one.Status == cases.Planned && one.PlannedFor != "":
		return phrase.Line{}
	case one.PlannedFor != "":
		return phrase.Say("case.date", phrase.Var{Name: "Date", Date: one.PlannedFor})
	case one.Status == cases.InProgress:
		return phrase.Line{}
	case one.Status == cases.Planned || one.PromisedAt.IsZero():
		return phrase.Say("case.no_date") // what was promised was a look, and they have looked
	case one.PromisedAt.Before(now):
		return phrase.Line{} // a date gone by is no promise; being late has its own message
	}
	return phrase.Say("case.date", phrase.Var{Name: "Date", Date: dayOf(one.PromisedAt, t.s.Council.TimeZone)})
}

// quoted are staff's own words; in another language than the reader's, named.
func (t *Teller) quoted(u cases.Update, tag string) phrase.Line {
	text := phrase.Var{Name: "Text", Text: u.Text}
	if u.Language == "" || tag == "" || u.Language == tag {
		return phrase.Say("case.staff", text)
	}
	return phrase.Say("case.staff_in", phrase.Var{Name: "Language", Text: t.s.Name(u.Language)}, text)
}

// variables are what the sentences about a case may name.
type variables struct {
	one                                             cases.Case
	council, ref, service, place, link, date, phone phrase.Var
	who, whom, contact, original                    phrase.Var
	hasPlace, hasContact                            bool
	theirs                                          bool // they reported it
}

func (t *Teller) vars(one cases.Case, f cases.Follower) variables {
	return caseVars(t.s.Council, t.s.Keys, t.s.PublicURL, one, f)
}

func caseVars(c *council.Council, keys *seal.Keys, url string, one cases.Case, f cases.Follower) variables {
	who, contact := cases.Whose(c.Responsible, one.NextStep)
	place := placeFor(one.Place, f)
	return variables{one: one,
		council: phrase.Var{Name: "Council", Text: c.ShortName}, ref: phrase.Var{Name: "Ref", Text: string(one.Reference)},
		service: phrase.Var{Name: "Service", Key: "service." + one.Service + ".name"}, place: phrase.Var{Name: "Place", Text: place},
		link: phrase.Var{Name: "Link", Text: linkOf(keys, url, f.LinkNo)}, date: phrase.Var{Name: "Date", Date: one.PlannedFor},
		phone: phrase.Var{Name: "Phone", Text: c.Phone}, who: phrase.Var{Name: "Who", Text: who},
		whom: phrase.Var{Name: "Whom", Text: who}, contact: phrase.Var{Name: "Contact", Text: contact},
		original: phrase.Var{Name: "Original", Text: string(one.DuplicateOf)}, hasPlace: place != "", hasContact: contact != "",
		theirs: f.Role == cases.Reporter}
}

// placeFor is the place as a follower may read it: the reporter their own words, others the street.
func placeFor(p cases.Place, f cases.Follower) string {
	const longest = 60 // signs: what a resident wrote may be a story
	place := p.Street
	if f.Role == cases.Reporter && p.Label != "" {
		place = p.Label
	}
	if place == "" {
		place = p.Ward
	}
	if utf8.RuneCountInString(place) > longest {
		place = string([]rune(place)[:longest-1]) + "…"
	}
	return place
}

func (v variables) head() phrase.Line {
	if !v.hasPlace {
		return phrase.Say("case.head_short", v.council, v.ref, v.service)
	}
	return phrase.Say("case.head", v.council, v.ref, v.service, v.place)
}

func (v variables) said() phrase.Line {
	if v.one.Reason == cases.ReasonWithdrawn && !v.theirs {
		return phrase.Say("case.said.closed.plain") // "you took it back" is for who did
	}
	return phrase.Say("case.said."+v.one.State(), v.date, v.who, v.whom, v.original)
}

// next is what the resident can do now that the case is closed.
func (v variables) next() phrase.Line {
	if v.one.Status != cases.Closed {
		return phrase.Line{}
	}
	reason := string(v.one.Reason)
	if v.one.Reason == cases.ReasonNotOurs && !v.hasContact || v.one.Reason == cases.ReasonWithdrawn && !v.theirs {
		reason = "plain"
	}
	return phrase.Say("case.next."+reason, v.who, v.whom, v.contact, v.original, v.phone)
}

// quotes are the public words since they were last told. A next step in staff's own words is one too, said once.
func (v variables) quotes(news []cases.Update) []cases.Update {
	var all []cases.Update
	last := news[len(news)-1]
	if v.one.NextStep != "" && v.one.Reason != cases.ReasonNotOurs && v.one.Reason != cases.ReasonReferred {
		all = append(all, cases.Update{Text: v.one.NextStep, Language: last.Language})
	}
	for _, u := range news {
		if u.HasPublicText() && (len(all) == 0 || all[len(all)-1].Text != u.Text) {
			all = append(all, u)
		}
	}
	return all
}

// template is the same for WhatsApp when its window is shut. None of its values may be empty.
func (v variables) template() *inbox.Template {
	key, data := "case_update", []string(nil)
	if v.one.Status == cases.Fixed {
		key = "case_fixed"
		for _, c := range fixedChoices(v.one.Reference) {
			data = append(data, c.Data)
		}
	}
	place := phrase.Line{Text: v.place.Text}
	if !v.hasPlace {
		place = phrase.Line{Text: v.council.Text}
	}
	return &inbox.Template{Key: key, Data: data, Values: []phrase.Line{
		{Text: v.ref.Text}, {Key: v.service.Key}, place, v.said(), {Text: v.link.Text}}}
}

// fixedChoices are the answers to "is it fixed?". A button says which case it is about.
func fixedChoices(ref cases.Reference) []inbox.Choice {
	var all []inbox.Choice
	for _, c := range []struct{ word, key string }{{"yes", "fixed"}, {"no", "not_fixed"}, {"partly", "partly"}} {
		all = append(all, inbox.Choice{Data: fmt.Sprintf("case:%s=%s", ref, c.word), Label: phrase.Say("case.answer." + c.key)})
	}
	return all
}
