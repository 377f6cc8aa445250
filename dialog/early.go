package dialog

import "slices"

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
		t.takeDetails(&v)
	}
	t.proceed()
}

func messages(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
