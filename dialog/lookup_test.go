package dialog_test

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"concierge/dialog"
	"concierge/dialog/understand"
)

// town is a small place: enough streets to be found, mistaken and far away.
type town struct {
	near   []dialog.CaseBrief
	mine   []dialog.CaseBrief
	broken bool
}

var errTown = errors.New("no answer")

var streets = map[string]dialog.Place{
	"stratford road":   {Lat: 52.45, Lon: -1.86, Point: true, How: "street", Label: "Stratford Road, Sparkhill", Street: "Stratford Road", Ward: "Sparkhill"},
	"stratford rd":     {Lat: 52.45, Lon: -1.86, Point: true, How: "street", Label: "Stratford Road, Sparkhill", Street: "Stratford Road", Ward: "Sparkhill"},
	"moseley road":     {Lat: 52.46, Lon: -1.88, Point: true, How: "street", Label: "Moseley Road, Balsall Heath", Street: "Moseley Road"},
	"cannon hill park": {Lat: 52.4509, Lon: -1.9025, Point: true, How: "landmark", Label: "Cannon Hill Park"},
	"the lake":         {Lat: 52.4512, Lon: -1.9020, Point: true, How: "landmark", Label: "The lake, Cannon Hill Park"},
}

var parks = map[string]dialog.Place{
	"cannon hill park": {Lat: 52.4509, Lon: -1.9025, Point: true, How: "list", Label: "Cannon Hill Park"},
	"kings heath park": {Lat: 52.4290, Lon: -1.8890, Point: true, How: "list", Label: "Kings Heath Park"},
}

var addressed = regexp.MustCompile(`(?i)\b(?:(?:outside|on|at|near)\s+)?((\d+)\s+)?(stratford (?:road|rd)|moseley road|the lake|cannon hill park)\b`)

func found(m []string) dialog.Place {
	p := streets[strings.ToLower(m[3])]
	if m[2] != "" {
		p.Label, p.How = m[2]+" "+p.Label, "address"
	}
	return p
}

func (w *town) Place(_ context.Context, in dialog.PlaceInput) (dialog.PlaceReading, error) {
	if w.broken {
		return dialog.PlaceReading{}, errTown
	}
	if in.Pin != nil {
		p := dialog.Place{Lat: in.Pin.Lat, Lon: in.Pin.Lon, Metres: in.Pin.Metres, Point: true, How: "pin"}
		return dialog.PlaceReading{Places: []dialog.Place{p}, Sure: true, Outside: in.Pin.Lat < 52}, nil
	}
	switch folded := understand.Fold(in.Text); {
	case folded == "victoria road":
		return dialog.PlaceReading{Places: []dialog.Place{{Lat: 52.5, Lon: -1.8, Point: true, Label: "Victoria Road, Aston"},
			{Lat: 52.4, Lon: -1.8, Point: true, Label: "Victoria Road, Acocks Green"}}}, nil
	case folded == "high street":
		return dialog.PlaceReading{Many: true}, nil
	case folded == "london":
		return dialog.PlaceReading{Places: []dialog.Place{{Lat: 51.5, Lon: -0.1, Point: true, Label: "London"}}, Sure: true, Outside: true}, nil
	case folded == "b11 1aa":
		return dialog.PlaceReading{Places: []dialog.Place{{Lat: 52.45, Lon: -1.86, Point: true, Label: "B11 1AA", Code: "B11 1AA"}}, Sure: true, Rough: true}, nil
	case folded == "junction 6":
		return dialog.PlaceReading{Places: []dialog.Place{{Lat: 52.5, Lon: -1.8, Point: true, Label: "M6 Junction 6"}}, Sure: true, Owner: "motorways"}, nil
	}
	if m := addressed.FindStringSubmatch(in.Text); m != nil {
		return dialog.PlaceReading{Places: []dialog.Place{found(m)}, Sure: true}, nil
	}
	return dialog.PlaceReading{}, nil
}

func (w *town) PlaceIn(_ context.Context, _, text string) (dialog.Place, string, bool, error) {
	if w.broken {
		return dialog.Place{}, "", false, errTown
	}
	at := addressed.FindStringSubmatchIndex(text)
	if at == nil {
		return dialog.Place{}, text, false, nil
	}
	return found(addressed.FindStringSubmatch(text)), text[:at[0]] + text[at[1]:], true, nil
}

func (w *town) List(_ context.Context, _, text string) (dialog.PlaceReading, error) {
	if w.broken {
		return dialog.PlaceReading{}, errTown
	}
	if p, ok := parks[understand.Fold(text)]; ok {
		return dialog.PlaceReading{Places: []dialog.Place{p}, Sure: true}, nil
	}
	return dialog.PlaceReading{}, nil
}

func (w *town) Nearby(_ context.Context, service string, _ dialog.Place) ([]dialog.CaseBrief, error) {
	if w.broken {
		return nil, errTown
	}
	return w.near, nil
}

func (w *town) Mine(context.Context) ([]dialog.CaseBrief, int, error) {
	if w.broken {
		return nil, 0, errTown
	}
	return w.mine, len(w.mine), nil
}

var reference = regexp.MustCompile(`(?i)\b[23456789CFHJKMPRTWX]{3}-[23456789CFHJKMPRTWX]{4}\b`)

func (w *town) Reference(_ context.Context, text string) (dialog.Referred, bool, error) {
	ref := strings.ToUpper(reference.FindString(text))
	if ref == "" {
		return dialog.Referred{}, false, nil
	}
	if ref == "C7K-4M96" {
		return dialog.Referred{Wrong: true}, true, nil
	}
	for _, c := range append(w.mine, oneCase) {
		if c.Reference == ref {
			return dialog.Referred{Reference: ref, Found: true, Case: c}, true, nil
		}
	}
	return dialog.Referred{Reference: ref}, true, nil
}

var oneCase = dialog.CaseBrief{Reference: "C7K-4M95", Service: "pothole", Street: "Stratford Road", Status: "received",
	StatusKey: "case.said.received.new", FiledOn: "2027-06-04", Link: "https://council.example/t/abc"}

var twoCase = dialog.CaseBrief{Reference: "H4T-9WX5", Service: "street_light", Street: "Moseley Road", Status: "received",
	StatusKey: "case.said.received.new", FiledOn: "2027-05-04"}

func splitLines(s string) []string { return strings.Split(s, "\n") }
