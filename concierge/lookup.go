package concierge

import (
	"context"
	"errors"

	"concierge/cases"
	"concierge/council"
	"concierge/dialog"
	"concierge/places"
)

// lookup answers the engine's questions inside the turn's transaction: a second connection would wait for the first.
func (t *turn) lookup() dialog.Lookup { return looking{t} }

type looking struct{ t *turn }

// Place reads an answer to a place question: words, or a pin.
func (l looking) Place(_ context.Context, in dialog.PlaceInput) (dialog.PlaceReading, error) {
	ask := places.Input{Text: in.Text, Near: near(in.Near)}
	if in.Pin != nil {
		ask.HasPoint, ask.Lat, ask.Lon, ask.Metres, ask.Label = true, in.Pin.Lat, in.Pin.Lon, in.Pin.Metres, in.Pin.Label
	}
	r := l.t.h.s.Places.Read(ask)
	s, _ := l.t.h.s.Council.Service(in.Service)
	return reading(r, s), nil
}

// PlaceIn finds a sure place inside a sentence.
func (l looking) PlaceIn(_ context.Context, lang, text string) (dialog.Place, string, bool, error) {
	book := l.t.h.s.Languages()
	before, after := book.Words(lang, "place.before"), book.Words(lang, "place.after")
	if l.t.h.s.Outside != nil {
		before, after = l.t.h.s.Outside(lang)
	}
	r, _, _ := l.t.h.s.Places.FindIn(text, before, after)
	if !r.Sure || r.Outside || len(r.Places) != 1 || r.Places[0].Owner != "" {
		return dialog.Place{}, text, false, nil
	}
	return said(r.Places[0]), r.Rest, true, nil
}

// List reads an entry of a named list. The lists are the kinds of the gazetteer: parks are those of kind park.
func (l looking) List(_ context.Context, list, text string) (dialog.PlaceReading, error) {
	return reading(l.t.h.s.Places.Read(places.Input{Text: text, Kind: kindOf(list)}), council.Service{}), nil
}

// Nearby are open cases of the service within its radius.
func (l looking) Nearby(ctx context.Context, service string, at dialog.Place) ([]dialog.CaseBrief, error) {
	if !at.Point {
		return nil, nil
	}
	found, err := l.t.h.s.Cases.Nearby(ctx, l.t.tx, service, at.Lat, at.Lon)
	if err != nil {
		return nil, err
	}
	var all []dialog.CaseBrief
	for _, n := range found {
		b, err := l.brief(ctx, n.Case)
		if err != nil {
			return nil, err
		}
		b.Street, b.Followers = n.Place.Street, n.Followers
		all = append(all, b)
	}
	return all, nil
}

// Mine are this resident's cases, the newest first, at most 5, and how many there are in all.
func (l looking) Mine(ctx context.Context) ([]dialog.CaseBrief, int, error) {
	found, n, err := l.t.h.s.Cases.OfContact(ctx, l.t.tx, cases.ContactID(l.t.c.ContactID), 5)
	if err != nil {
		return nil, 0, err
	}
	var all []dialog.CaseBrief
	for _, one := range found {
		b, err := l.brief(ctx, one)
		if err != nil {
			return nil, 0, err
		}
		all = append(all, b)
	}
	return all, n, nil
}

// Reference tells what anyone may know of a reference found in a text; its followers also the street and their link.
func (l looking) Reference(ctx context.Context, text string) (dialog.Referred, bool, error) {
	ref, err := cases.ParseReference(text)
	if errors.Is(err, cases.ErrReference) {
		return dialog.Referred{}, false, nil
	}
	if err != nil {
		return dialog.Referred{Wrong: true}, true, nil
	}
	r := dialog.Referred{Reference: string(ref)}
	one, err := l.t.h.s.Cases.Get(ctx, l.t.tx, ref)
	if errors.Is(err, cases.ErrNotFound) {
		return r, true, nil
	}
	if err != nil {
		return r, true, err
	}
	r.Case, err = l.brief(ctx, one)
	r.Found = err == nil && (r.Case.Mine || !one.Hidden)
	if !r.Found {
		r.Case = dialog.CaseBrief{}
	}
	return r, true, err
}

// brief is a case as told in a list. Street, followers and link are for those who follow it.
func (l looking) brief(ctx context.Context, one cases.Case) (dialog.CaseBrief, error) {
	zone := l.t.h.s.Council.TimeZone
	b := dialog.CaseBrief{Reference: string(one.Reference), Service: one.Service, Ward: one.Place.Ward, Status: string(one.Status),
		Reason: string(one.Reason), StatusKey: saidBriefly(one), FiledOn: dayOf(one.FiledAt, zone), Closed: one.Status.Done()}
	if one.Status.Open() && !one.PromisedAt.IsZero() {
		b.Promised = dayOf(one.PromisedAt, zone)
	}
	f, mine, err := l.t.h.s.Cases.FollowerOf(ctx, l.t.tx, one.ID, cases.ContactID(l.t.c.ContactID))
	if err != nil || !mine {
		return b, err
	}
	b.Mine, b.Street, b.Link = true, one.Place.Street, linkOf(l.t.h.s.Keys, l.t.h.s.PublicURL, f.LinkNo)
	b.Followers, err = l.t.h.s.Cases.CountFollowers(ctx, l.t.tx, one.ID)
	return b, err
}

// saidBriefly is the key of a status in one line of a list: those that name a date, another council or another case want more room.
func saidBriefly(one cases.Case) string {
	switch one.Reason {
	case cases.ReasonNotOurs, cases.ReasonReferred, cases.ReasonDuplicate:
		one.Reason = ""
	}
	one.PlannedFor = ""
	return "case.said." + one.State()
}

func reading(r places.Reading, s council.Service) dialog.PlaceReading {
	out := dialog.PlaceReading{Sure: r.Sure, Outside: r.Outside, Many: r.How == "many", Short: r.How == "short_link"}
	for _, p := range r.Places {
		out.Places = append(out.Places, said(p))
	}
	if len(r.Places) == 1 {
		out.Owner = r.Places[0].Owner
		out.Rough = s.Precise && r.Places[0].How == "postcode"
	}
	out.Rough = out.Rough || r.How == "outward"
	return out
}

func said(p places.Place) dialog.Place {
	return dialog.Place{Lat: p.Lat, Lon: p.Lon, Metres: p.Metres, Point: p.HasPoint(), How: p.How, Label: p.Label, Street: p.Street,
		Ward: p.Ward, Code: p.Postcode, ID: p.ID}
}

func near(p *dialog.Place) *places.Place {
	if p == nil || !p.Point {
		return nil
	}
	return &places.Place{ID: p.ID, Lat: p.Lat, Lon: p.Lon, Metres: p.Metres, Label: p.Label, Street: p.Street, Ward: p.Ward}
}

// kindOf is the gazetteer's kind for a list's name, which is its plural.
func kindOf(list string) string {
	if list == "parks" {
		return "park"
	}
	return list
}
