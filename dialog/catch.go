package dialog

import (
	"concierge/dialog/understand"
)

// catchIn finds answers in a sentence about the whole: a place first, then the choices whose synonyms stand in what is left.
func (t *turn) catchIn(folded, said string) {
	v, ok := t.now()
	if !ok {
		return
	}
	place, list := placeQuestion(&v), listQuestion(&v)
	if place != nil && v.run.answer(place.Slot) == nil || list != nil {
		p, rest, found := t.placeIn(said)
		switch {
		case !found:
		case list != nil && t.caughtIn(&v, list, p.Label):
			folded = understand.Fold(rest)
		case place != nil && v.run.answer(place.Slot) == nil:
			t.caught(v.run, place, encodePlace(p))
			folded = understand.Fold(rest)
		}
	}
	t.catch(folded)
}

// listQuestion is the first question that looks up a list and has no answer.
func listQuestion(v *view) *Question {
	for i := range v.tree.Questions {
		if q := &v.tree.Questions[i]; q.Kind == AskList && v.run.answer(q.Slot) == nil {
			return q
		}
	}
	return nil
}

// caughtIn takes a place found in a sentence as the entry of a list, if it is one: the park, not a point in it.
func (t *turn) caughtIn(v *view, q *Question, label string) bool {
	r, err := t.look.List(t.ctx, q.List, label)
	if err != nil || !r.Sure || len(r.Places) != 1 {
		return false
	}
	t.caught(v.run, q, encodePlace(r.Places[0]))
	return true
}

// catch finds choices in a text: one value for a question, and only where nothing was asked or answered yet.
func (t *turn) catch(folded string) bool {
	v, ok := t.now()
	if !ok {
		return false
	}
	any := false
	for i := range v.tree.Questions {
		q := &v.tree.Questions[i]
		if q.Kind != Choose || v.run.answer(q.Slot) != nil {
			continue
		}
		if value := one(t.tg.inside[q.Words], folded); value != "" {
			t.caught(v.run, q, value)
			any = true
		}
	}
	return any
}

func (t *turn) caught(run *Run, q *Question, value string) {
	t.note("caught", q.Slot+"="+value)
	a := Answer{Slot: q.Slot, Value: value, Words: cutRunes(t.in.Text, maxWords), From: Caught, Messages: messages(t.in.Message)}
	run.put(a, false)
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: Caught})
}

// catches reads a text that is no answer to the open question but answers others of the tree.
func (t *turn) catches(folded string) bool {
	v, ok := t.now()
	if !ok {
		return false
	}
	if q := v.question(); q == nil || q.Kind == AskPlace || q.Kind == AskList {
		return false // words for a place are words for a place
	}
	before := len(v.run.Answers)
	if len(understand.Words(folded)) > 2 {
		t.catchIn(folded, t.in.Text)
	} else {
		t.catch(folded)
	}
	if len(v.run.Answers) == before {
		return false
	}
	v.run.Misses = 0
	t.understood()
	t.proceed()
	return true
}
