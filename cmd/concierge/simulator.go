package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/channels/simulator"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/phrase"
)

// newSimulator gives the demo phones what only this house knows: words, places, and the levers that move a case.
func (s *station) newSimulator() (*simulator.Simulator, error) {
	t := s.talk
	set := simulator.Settings{
		Receiver: upstairs{s}, PublicURL: s.house.settings.PublicURL, Council: t.council.ShortName, Words: s.say, Zone: t.council.TimeZone,
		News: s.news, Template: s.template, Known: s.known, Delay: true, Log: s.log,
		Levers: []simulator.Lever{
			{Key: "forward", Do: s.forward},
			{Key: "not_ours", Do: s.notOurs},
			{Key: "day", Passes: 24 * time.Hour, Do: func(context.Context, simulator.Call) error { return nil }},
		},
	}
	for _, tag := range t.languages() {
		about := t.words.About(tag)
		l := simulator.Language{Tag: tag, Name: about.Name, Dir: about.Dir}
		for _, key := range []string{"simulator.sample.first", "simulator.sample.second", "simulator.sample.person"} {
			l.Samples = append(l.Samples, t.words.SayKey(tag, key))
		}
		set.Languages = append(set.Languages, l)
	}
	for _, p := range t.places.Samples(12) {
		set.Places = append(set.Places, simulator.Place{Label: p.Label, Lat: p.Lat, Lon: p.Lon})
	}
	for name := range s.ways {
		set.Closed = append(set.Closed, name)
	}
	if s.demo {
		set.DeskLink = s.demoLink
	}
	return simulator.New(set)
}

// say words a key whose variables come in pairs.
func (s *station) say(tag, key string, vars ...string) string {
	var all []phrase.Var
	for i := 0; i+1 < len(vars); i += 2 {
		v := phrase.Var{Name: vars[i], Text: vars[i+1]}
		if n, err := strconv.Atoi(v.Text); err == nil && v.Name == "Count" {
			v.Text, v.Count = "", n // it picks the plural form
		}
		all = append(all, v)
	}
	return s.talk.words.SayKey(tag, key, all...)
}

// template is what an approved WhatsApp template says, and its buttons.
func (s *station) template(t channels.Template) (string, []string) {
	key := "template." + t.Key
	line := phrase.Line{Key: key + ".text"} // its buttons stand beside it
	names := s.talk.words.Variables(line.Key)
	for i, v := range t.Values {
		if i < len(names) {
			line.Vars = append(line.Vars, phrase.Var{Name: names[i], Text: v})
		}
	}
	var buttons []string
	for _, data := range t.Data {
		word := data[strings.LastIndexByte(data, '=')+1:]
		buttons = append(buttons, s.talk.words.SayKey(t.Tag, key+"."+word))
	}
	return s.talk.words.Say(t.Tag, line), buttons
}

// known tells whether anybody ever wrote from this address.
func (s *station) known(ctx context.Context, a channels.Address) bool {
	err := s.db.Read(ctx, func(tx *database.Tx) error {
		_, err := s.inbox.Find(ctx, tx, a)
		return err
	})
	return err == nil
}

// newest is the newest case of a visitor's phones.
func (s *station) newest(ctx context.Context, tx *database.Tx, phones []channels.Address) (newest cases.Case, in *inbox.Conversation, err error) {
	for _, a := range phones {
		c, err := s.inbox.Find(ctx, tx, a)
		if errors.Is(err, inbox.ErrNoConversation) {
			continue
		}
		if err != nil {
			return newest, nil, err
		}
		all, _, err := s.cases.OfContact(ctx, tx, cases.ContactID(c.ContactID), 1)
		if err != nil {
			return newest, nil, err
		}
		if len(all) > 0 && (in == nil || all[0].FiledAt.After(newest.FiledAt)) {
			newest, in = all[0], c
		}
	}
	return newest, in, nil
}

// news tells the page of the newest case, and whether a person was asked for and has answered.
func (s *station) news(ctx context.Context, phones []channels.Address, tag string) (n simulator.News, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		one, in, err := s.newest(ctx, tx, phones)
		if err != nil {
			return err
		}
		if in != nil {
			if n.Case, err = s.caseBar(ctx, tx, one, in, tag); err != nil {
				return err
			}
		}
		n.Asked, n.Answered, err = s.inbox.Helped(ctx, tx, phones)
		return err
	})
	return n, err
}

// stations are the steps of a case that goes well.
var stations = []cases.Status{cases.Received, cases.Investigating, cases.Planned, cases.InProgress, cases.Fixed}

func (s *station) caseBar(ctx context.Context, tx *database.Tx, one cases.Case, in *inbox.Conversation, tag string) (*simulator.Case, error) {
	words := s.talk.words
	bar := &simulator.Case{Reference: string(one.Reference), Open: one.Status.Open(), Status: words.SayKey(tag, "tracking.step."+string(one.Status)),
		Title: words.SayKey(tag, "service."+one.Service+".name"), Desk: "/desk/cases/" + string(one.Reference)}
	if one.Place.Street != "" {
		bar.Title += " – " + one.Place.Street
	}
	followers, err := s.cases.Followers(ctx, tx, one.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range followers {
		if string(f.Contact) == in.ContactID {
			bar.Track = "/t/" + s.keys.LinkToken(uint64(f.LinkNo))
		}
	}
	state := "done"
	for _, status := range stations {
		if status == one.Status {
			state = "now"
			if !one.Status.Open() {
				state = "done"
			}
		}
		bar.Steps = append(bar.Steps, simulator.Step{Label: words.SayKey(tag, "tracking.step."+string(status)), State: state})
		if state == "now" {
			state = "next"
		}
	}
	if one.Status == cases.Closed {
		bar.Steps = []simulator.Step{{Label: words.SayKey(tag, "tracking.step.received"), State: "done"}, {Label: bar.Status, State: "done"}}
	}
	return bar, nil
}

// next is the usual next move of a case: what fast-forward does.
var next = map[cases.Status]cases.Move{
	cases.Received:      {To: cases.Investigating, Reason: cases.ReasonVisit},
	cases.Investigating: {To: cases.Planned, Reason: cases.ReasonParts},
	cases.Planned:       {To: cases.InProgress},
	cases.InProgress:    {To: cases.Fixed, Reason: cases.ReasonRepaired},
}

func (s *station) forward(ctx context.Context, c simulator.Call) error {
	return s.move(ctx, c, func(one cases.Case) (cases.Move, bool) {
		m, ok := next[one.Status]
		if m.To == cases.Planned {
			m.PlannedFor = s.talk.council.AddWorkingDays(time.Now(), 3).String()
		}
		return m, ok
	})
}

func (s *station) notOurs(ctx context.Context, c simulator.Call) error {
	return s.move(ctx, c, func(one cases.Case) (cases.Move, bool) {
		m := cases.Move{To: cases.Closed, Reason: cases.ReasonNotOurs, Language: s.talk.council.Languages.Source}
		for _, r := range s.talk.council.Responsible {
			m.NextStep = strings.TrimSpace(r.Name + " " + r.Call)
		}
		return m, one.Status.Open()
	})
}

// move changes the newest case of the phones, as staff would: everybody who follows it is told.
func (s *station) move(ctx context.Context, c simulator.Call, choose func(cases.Case) (cases.Move, bool)) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		one, in, err := s.newest(ctx, tx, c.Phones)
		if err != nil {
			return err
		}
		m, ok := choose(one)
		if in == nil || !ok {
			return simulator.ErrNothing
		}
		tx.AfterCommit(s.feed.Wake)
		_, err = s.cases.Change(ctx, tx, one.Reference, one.Version, m, cases.Actor{Kind: cases.Staff, ID: "simulator"})
		return err
	})
}

// step is forward or not_ours for the newest case of one address, for the terminal.
func (s *station) step(ctx context.Context, at channels.Address, how string) error {
	call := simulator.Call{Phones: []channels.Address{at}}
	if how == "not_ours" {
		return s.notOurs(ctx, call)
	}
	return s.forward(ctx, call)
}
