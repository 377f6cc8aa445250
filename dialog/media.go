package dialog

import (
	"slices"
	"strconv"
)

// The kinds of Piece.
const (
	piecePhoto = "photo"
	piecePlace = "place"
	pieceText  = "text"
	pieceMiss  = "miss"
)

// pieces takes photo, file, pin and voice: into the first slot that accepts them, asked or not; at rest they wait until we know what about.
func (t *turn) pieces() {
	for _, kind := range t.in.Media {
		switch kind {
		case "photo", "file":
			t.photo()
		case "voice", "audio", "video":
			t.voice()
			return
		}
	}
	if t.in.Location != nil {
		t.pin()
	}
	if len(t.in.Media) > 0 && !t.got && t.in.Text == "" {
		t.quiet = true // a sticker
	}
}

// photo joins a photo to the photo question's answer, up to its limit.
func (t *turn) photo() {
	t.got = true
	v, ok := t.now()
	if !ok {
		t.keepEarly(Piece{Message: t.in.Message, Kind: piecePhoto})
		if t.in.Text == "" && !t.photoOfCase() {
			t.say("repair.early_photo")
			t.menu()
		}
		return
	}
	q := photoQuestion(&v)
	if q == nil {
		t.keepEarly(Piece{Message: t.in.Message, Kind: piecePhoto})
		t.say("repair.kept_photo")
		return
	}
	t.takePhoto(v.run, q, t.in.Message)
}

// photoQuestion is the first photo question: the live one, the open one, or one still to come.
func photoQuestion(v *view) *Question {
	for i := range v.tree.Questions {
		if q := &v.tree.Questions[i]; q.Kind == AskPhoto && (q.When == nil || q.When.holds(v) || v.open >= 0 && v.open <= i) {
			return q
		}
	}
	return nil
}

func (t *turn) takePhoto(run *Run, q *Question, message string) {
	old := run.answer(q.Slot)
	count := 0
	if old != nil && old.From != Skipped {
		count, _ = strconv.Atoi(old.Value)
	}
	if count >= q.Upto {
		t.say("repair.photos_enough", Var{Name: "Count", Count: q.Upto})
		return
	}
	from := Caught
	if open := t.open(); open != nil && open.Slot == q.Slot {
		from = Asked
	}
	a := Answer{Slot: q.Slot, Value: strconv.Itoa(count + 1), From: from}
	if count > 0 {
		a.Messages, a.From = slices.Clone(old.Messages), old.From
	}
	if message != "" && !slices.Contains(a.Messages, message) && len(a.Messages) < maxMessages {
		a.Messages = append(a.Messages, message)
	}
	v, _ := t.now()
	run.put(a, v.asked(q.Slot) != nil)
	if count == 0 {
		t.say("repair.got_photo")
	} else {
		t.say("repair.got_more", Var{Name: "Count", Count: count + 1})
	}
	changing := run.Change == q.Slot
	if changing {
		run.Change, t.readBack = "", true
	}
	run.Misses, t.s.Misses, t.s.Offered = 0, 0, Offer{}
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: from})
}

// pin takes a position: into the open or the first place question, or over the place there is.
func (t *turn) pin() {
	t.got = true
	v, ok := t.now()
	if !ok {
		r, err := t.look.Place(t.ctx, PlaceInput{Pin: t.in.Location})
		if err != nil || len(r.Places) == 0 || r.Outside {
			if r.Outside {
				t.say("place.outside")
			}
			t.menu()
			return
		}
		t.keepEarly(Piece{Message: t.in.Message, Kind: piecePlace, Value: encodePlace(r.Places[0])})
		if t.in.Text == "" {
			t.say("repair.early_pin")
			t.menu()
		}
		return
	}
	q := placeQuestion(&v)
	if q == nil {
		return
	}
	r, err := t.look.Place(t.ctx, PlaceInput{Pin: t.in.Location, Near: t.nearTo(&v, q), Service: v.tree.Files})
	switch {
	case err != nil:
		l := t.in.Location
		r = PlaceReading{Places: []Place{{Lat: l.Lat, Lon: l.Lon, Metres: l.Metres, Point: true, How: "pin", Label: l.Label}}, Sure: true}
	case r.Owner != "" && t.theirs(&v, r.Owner, ""):
		return
	case r.Outside:
		t.tryAgain("place.outside")
		return
	case len(r.Places) == 0:
		t.tryAgain("place.no_pin")
		return
	}
	t.say("repair.got_pin")
	open := v.question()
	from := Caught
	if open != nil && open.Slot == q.Slot {
		from = Asked
	}
	t.takePlace(q, encodePlace(r.Places[0]), from)
}

// placeQuestion is the open question if it asks a place, else the first place question of the tree.
func placeQuestion(v *view) *Question {
	if q := v.question(); q != nil && q.Kind == AskPlace {
		return q
	}
	for i := range v.tree.Questions {
		if v.tree.Questions[i].Kind == AskPlace {
			return &v.tree.Questions[i]
		}
	}
	return nil
}

// voice says that we cannot listen. It is no miss; said twice running, the question alone is enough.
func (t *turn) voice() {
	if t.s.Offered.Prompt == "voice" {
		t.again()
		return
	}
	t.prompt("voice", "", Line{Key: "voice.ask"}, "person")
	t.final.Repair = true
}

// keepEarly keeps a piece until we know what it is about. The newest four stay; one pin is enough.
func (t *turn) keepEarly(p Piece) {
	early := slices.DeleteFunc(slices.Clone(t.s.Early), func(old Piece) bool {
		return old.Kind == p.Kind && p.Kind != piecePhoto
	})
	early = append(early, p)
	if len(early) > maxEarly {
		early = early[len(early)-maxEarly:]
	}
	t.s.Early = early
}

// early puts what was sent before into the slots of the tree that has just started.
func (t *turn) early() {
	v, ok := t.now()
	if !ok {
		return
	}
	var left []Piece
	for _, p := range t.s.Early {
		q := photoQuestion(&v)
		place := placeQuestion(&v)
		switch {
		case p.Kind == piecePhoto && q != nil:
			lines := t.lines
			t.takePhoto(v.run, q, p.Message)
			t.lines = lines // the echo tells
		case p.Kind == piecePlace && place != nil:
			if v.run.answer(place.Slot) == nil {
				a := Answer{Slot: place.Slot, Value: p.Value, From: Caught}
				if p.Message != "" {
					a.Messages = []string{p.Message}
				}
				v.run.put(a, false)
			}
		default:
			left = append(left, p)
		}
		v, _ = t.now()
	}
	t.s.Early = left
}

// caption keeps words beside a photo that fit nothing else: as details, if the tree asks any and has none.
func (t *turn) caption() {
	v, ok := t.now()
	if !ok {
		t.say("repair.early_photo")
		t.menu()
		return
	}
	if t.in.Text != "" {
		for i := range v.tree.Questions {
			q := &v.tree.Questions[i]
			if q.Kind == AskText && q.Slot == "details" && v.run.answer(q.Slot) == nil {
				v.run.put(Answer{Slot: q.Slot, Value: cutRunes(t.in.Text, q.Limit), From: Caught, Messages: messages(t.in.Message)}, false)
				break
			}
		}
	}
	t.proceed()
}

func messages(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
