package dialog

import (
	"slices"

	"concierge/dialog/understand"
)

// edited reads an edited message again by the question its old text answered; if it fits it replaces the answer. An edit of a text
// that fitted nothing is read as a new one; of anything else it is silent.
func (t *turn) edited() bool {
	v, ok := t.now()
	if ok {
		for i := range v.tree.Questions {
			a := v.live[i]
			if a == nil || !slices.Contains(a.Messages, t.in.Edits) {
				continue
			}
			t.reread(&v, &v.tree.Questions[i])
			return true
		}
	}
	for _, p := range t.s.Early {
		if p.Kind == pieceText && p.Message == t.in.Edits {
			return false
		}
	}
	t.quiet = true
	return true
}

func (t *turn) reread(v *view, q *Question) {
	folded := understand.Fold(t.in.Text)
	before := *v.answer(q.Slot)
	value := ""
	switch q.Kind {
	case AskText:
		value = cutRunes(t.in.Text, q.Limit)
	case Choose, YesNo:
		if value = t.value(q, folded); value == "" {
			value = one(t.tg.inside[q.Words], folded)
		}
	case AskPlace:
		r, err := t.look.Place(t.ctx, PlaceInput{Text: t.in.Text, Service: v.tree.Files})
		if err == nil && r.Sure && len(r.Places) == 1 && !r.Outside {
			value = encodePlace(r.Places[0])
		}
	case AskNumber:
		if _, ok := parseNumber(folded); ok {
			value = folded
		}
	}
	if value == "" || value == before.Value || !q.Accepts(value) {
		t.quiet = true
		return
	}
	t.note("edited", q.Slot)
	t.answer(q, value, Changed)
	t.proceed()
}
