package dialog

// byLink puts a question where the channel takes no photo and no pin: its words name the address of a page that does. A photo is asked
// so at once; a place only when words have failed twice, for the link costs a part of an SMS.
func (t *turn) byLink(v *view, q *Question, f form) {
	name := ""
	switch {
	case q.Kind == AskPhoto:
		t.final.Upload = Upload{Photo: true, Place: unplaced(v)}
		name = map[form]string{full: "link", short: "link_short", help1: "link_help_1", help2: "link_short"}[f]
	case q.Kind == AskPlace && f == help2:
		t.final.Upload.Place = true
		name = "link"
	default:
		return
	}
	vars := t.skipVar(q)
	if vars == nil {
		vars = []Var{{Name: "Skip"}}
	}
	switch key := q.Key(name); {
	case t.e.has[key]:
		t.final.Lines = []Line{{Key: key, Vars: vars}}
	case q.Kind == AskPhoto:
		t.final.Lines = append([]Line{{Key: "upload.link"}}, t.final.Lines...)
	default:
		t.final.Upload = Upload{}
	}
}

// unplaced tells that staff would still have to find the place: it is not known, or in words only.
func unplaced(v *view) bool {
	q := placeQuestion(v)
	if q == nil {
		return false
	}
	a := v.answer(q.Slot)
	if a == nil {
		return true
	}
	p, ok := decodePlace(a.Value)
	return !ok || !p.Point
}
