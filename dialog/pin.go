package dialog

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
