package dialog

import (
	"encoding/json"
	"math"
	"strings"
	"unicode"

	"concierge/dialog/understand"
)

// readPlace reads words as a place, or as an entry of a list.
func (t *turn) readPlace(v *view, q *Question, folded string) bool {
	if q.Optional && t.yesNo(folded) == "no" {
		t.skip(q)
		return true
	}
	text := strings.TrimSpace(t.in.Text)
	var reading PlaceReading
	var err error
	if q.Kind == AskList {
		reading, err = t.look.List(t.ctx, q.List, text)
	} else {
		reading, err = t.look.Place(t.ctx, PlaceInput{Text: text, Near: t.nearTo(v, q), Service: v.tree.Files})
	}
	if err != nil { // our own trouble is not theirs: staff will find it
		t.note("place", "look-up failed: "+err.Error())
		if !tells(text) {
			return false
		}
		t.inWords(q, text)
		return true
	}
	if len(reading.Places) == 0 || !reading.Sure {
		if c := t.typedCommand(folded); c != "" {
			t.do(c)
			return true
		}
	}
	return t.placed(v, q, reading, text)
}

// placed does with a reading what can be done. It is false when nothing was found and words will not do yet.
func (t *turn) placed(v *view, q *Question, r PlaceReading, words string) bool {
	wordsDo := tells(words) && q.WordsAfter > 0 && v.run.Misses >= q.WordsAfter
	switch {
	case r.Owner != "" && t.theirs(v, r.Owner, ""):
		return true
	case r.Outside:
		t.missed(words)
		t.tryAgain("place.outside")
		return true
	case len(r.Places) == 1 && (r.Sure && !r.Rough || r.Rough && wordsDo):
		t.takePlace(q, encodePlace(r.Places[0]), Asked)
		t.proceed()
		return true
	case wordsDo:
		t.inWords(q, words)
		return true
	case r.Rough:
		t.tryAgain("place.street")
		return true
	case r.Short:
		t.tryAgain("place.short_link")
		return true
	case r.Many:
		t.tryAgain("place.too_many")
		return true
	case len(r.Places) > 0:
		t.whichPlace(v, q, r.Places)
		return true
	}
	return false
}

// whichPlace offers the near ones.
func (t *turn) whichPlace(v *view, q *Question, places []Place) {
	var values []string
	var choices []Choice
	for _, p := range places[:min(len(places), 4)] {
		value := encodePlace(p)
		values = append(values, value)
		choices = append(choices, Choice{Value: value, Data: t.data(v.run.No, q.Slot, handle(value)), Label: Line{Text: p.said()}})
	}
	values = append(values, none)
	choices = append(choices, Choice{Value: none, Data: t.data(v.run.No, q.Slot, none), Label: Line{Key: "place.none"}})
	t.s.Offered = Offer{Run: v.run.No, Slot: q.Slot, Values: values}
	t.final = Said{Lines: []Line{{Key: "place.several"}}, Choices: choices, Open: Line{Key: "ask.open"}}
	t.asked = true
}

// takePlace accepts a place; one far from where it should be near is asked about once.
func (t *turn) takePlace(q *Question, value, from string) {
	v, _ := t.now()
	p, ok := decodePlace(value)
	if near := t.nearTo(&v, q); ok && near != nil && from == Asked && near.Point && p.Point && metres(*near, p) > farAway &&
		t.s.Offered.Prompt != "far" { // said again, they mean it
		t.prompt("far", value, Line{Key: "place.far", Vars: []Var{{Name: "Place", Lines: []Line{placeLine(p)}}, {Name: "Near", Text: near.said()}}}, "right", "again")
		return
	}
	t.answer(q, value, from)
}

// farAway is how far a place may be from the park it is in. Metres.
const farAway = 500

// tells is whether words may stand for a place nobody found: a number or signs alone lead no one there.
func tells(words string) bool {
	letters := 0
	for _, r := range words {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters > 1
}

func (t *turn) inWords(q *Question, text string) {
	text = cutRunes(text, maxWords)
	t.answer(q, encodePlace(Place{Words: text}), Asked)
	t.say("place.words", Var{Name: "Words", Text: text})
	t.proceed()
}

// placeAlone keeps a place said at rest until we know what is there.
func (t *turn) placeAlone(folded string) bool {
	if t.front() != nil || len(t.in.About) > 0 || len(folded) < 6 {
		return false
	}
	p, rest, found := t.placeIn(t.in.Text)
	if !found || understand.Fold(rest) != "" {
		return false
	}
	t.keepEarly(Piece{Message: t.in.Message, Kind: piecePlace, Value: encodePlace(p)})
	t.say("repair.early_place", Var{Name: "Place", Text: p.said()})
	t.menu()
	return true
}

// placeIn finds a sure place in a sentence, asking once for the same one.
func (t *turn) placeIn(said string) (p Place, rest string, found bool) {
	if !t.sought || t.soughtIn != said {
		var err error
		t.soughtPlace, t.soughtRest, t.soughtFound, err = t.look.PlaceIn(t.ctx, t.s.Lang, said)
		t.sought, t.soughtIn = true, said
		t.soughtFound = t.soughtFound && err == nil
	}
	return t.soughtPlace, t.soughtRest, t.soughtFound
}

// nearTo is the place a question's `near` names, if it is known.
func (t *turn) nearTo(v *view, q *Question) *Place {
	if q.Near == "" {
		return nil
	}
	a := v.answer(q.Near)
	if a == nil {
		return nil
	}
	if p, ok := decodePlace(a.Value); ok {
		return &p
	}
	return nil
}

// said is how a place is told: its label, else their words.
func (p Place) said() string {
	switch {
	case p.Label != "":
		return p.Label
	case p.Words != "":
		return p.Words
	}
	return p.Code
}

// placeLine reads a place back: a pin has no words of its own.
func placeLine(p Place) Line {
	if p.said() == "" {
		return Line{Key: "place.as_pinned"}
	}
	return Line{Text: p.said()}
}

func encodePlace(p Place) string {
	b, err := json.Marshal(p)
	if err != nil { // a float that is no number
		b, _ = json.Marshal(Place{Words: p.said()})
	}
	return string(b)
}

func decodePlace(value string) (p Place, ok bool) {
	return p, strings.HasPrefix(value, "{") && json.Unmarshal([]byte(value), &p) == nil
}

// metres is the distance of two points on a ball of the Earth's mean radius.
func metres(a, b Place) float64 {
	const radius, rad = 6371000, math.Pi / 180
	dLat, dLon := (b.Lat-a.Lat)*rad, (b.Lon-a.Lon)*rad
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * radius * math.Asin(min(1, math.Sqrt(h)))
}
