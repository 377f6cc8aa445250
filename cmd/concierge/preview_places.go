package main

import (
	"context"
	"strings"

	"concierge/council"
	"concierge/dialog"
	"concierge/places"
)

// around answers the engine's questions where nobody has reported anything yet: the council's places, and no cases.
type around struct {
	talk    *talk
	service council.Service
}

// Place reads words or a pin.
func (a around) Place(_ context.Context, in dialog.PlaceInput) (dialog.PlaceReading, error) {
	ask := places.Input{Text: in.Text}
	if p := in.Pin; p != nil {
		ask.HasPoint, ask.Lat, ask.Lon, ask.Metres, ask.Label = true, p.Lat, p.Lon, p.Metres, p.Label
	}
	return a.reading(a.talk.places.Read(ask)), nil
}

// PlaceIn finds no place inside a sentence: the preview's own have none.
func (around) PlaceIn(_ context.Context, _, text string) (dialog.Place, string, bool, error) {
	return dialog.Place{}, text, false, nil
}

// List reads an entry of a named list.
func (a around) List(_ context.Context, list, text string) (dialog.PlaceReading, error) {
	return a.reading(a.talk.places.Read(places.Input{Text: text, Kind: kindOfList(list)})), nil
}

// Nearby finds no neighbours' cases.
func (around) Nearby(context.Context, string, dialog.Place) ([]dialog.CaseBrief, error) {
	return nil, nil
}

// Mine finds no cases.
func (around) Mine(context.Context) ([]dialog.CaseBrief, int, error) { return nil, 0, nil }

// Reference finds none.
func (around) Reference(context.Context, string) (dialog.Referred, bool, error) {
	return dialog.Referred{}, false, nil
}

func (a around) reading(r places.Reading) dialog.PlaceReading {
	out := dialog.PlaceReading{Sure: r.Sure, Outside: r.Outside, Many: r.How == "many", Short: r.How == "short_link"}
	for _, p := range r.Places {
		out.Owner = p.Owner
		out.Places = append(out.Places, dialog.Place{Lat: p.Lat, Lon: p.Lon, Metres: p.Metres, Point: p.HasPoint(), How: p.How,
			Label: p.Label, Street: p.Street, Ward: p.Ward, Code: p.Postcode, ID: p.ID})
	}
	if len(r.Places) > 1 {
		out.Owner = ""
	}
	out.Rough = r.How == "outward" || a.service.Precise && r.How == "postcode"
	return out
}

// kindOfList is the gazetteer's kind for a list's name, which is its plural.
func kindOfList(list string) string { return strings.TrimSuffix(list, "s") }
