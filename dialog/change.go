package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

// whatToChange lists the answers as choices.
func (t *turn) whatToChange() {
	v, ok := t.now()
	if !ok {
		t.menu()
		return
	}
	var slots []string
	for i := range v.tree.Questions {
		if v.live[i] != nil {
			slots = append(slots, v.tree.Questions[i].Slot)
		}
	}
	if len(slots) == 0 {
		t.again()
		return
	}
	t.prompt("change", "", Line{Key: "review.which"}, slots[:min(len(slots), maxChoices)]...)
}

// change asks one slot anew. Its answer stands until there is another.
func (t *turn) change(slot string) {
	v, ok := t.now()
	if !ok {
		t.menu()
		return
	}
	q := v.asked(slot)
	if q == nil {
		t.again()
		return
	}
	v.run.Change, v.run.Misses = slot, 0
	t.ask(&v, q, full)
}

// changes reads "change 2", "change the place", "no it's 14 Stratford Road": a command and a slot, or a no and a value that fits
// exactly one answered slot of its kind.
func (t *turn) changes(folded string) bool {
	v, ok := t.now()
	if !ok || v.newest() == nil {
		return false
	}
	if rest, ok := t.afterChange(folded); ok {
		if n, isNumber := understand.Number(rest, t.tg.numbers); isNumber && t.wasReview(&v) && n > 0 && n <= len(t.reviewSlots(&v)) {
			t.change(t.reviewSlots(&v)[n-1])
			return true
		}
		if slot := t.slotNamed(rest); slot != "" {
			t.change(slot)
			return true
		}
	}
	if v.question() != nil || !v.tree.Review {
		return false
	}
	return t.corrects(&v, folded)
}

// wasReview tells whether numbers mean the items of the review.
func (t *turn) wasReview(v *view) bool { return v.question() == nil && v.tree.Review }

func (t *turn) reviewSlots(v *view) []string {
	var slots []string
	for i := range v.tree.Questions {
		if a := v.live[i]; a != nil && a.From != Skipped {
			slots = append(slots, a.Slot)
		}
	}
	return slots
}

// afterChange is what follows a word for "change" at the head.
func (t *turn) afterChange(folded string) (string, bool) {
	first, rest, ok := strings.Cut(folded, " ")
	if !ok || t.tg.commands[first] != "change" {
		return "", false
	}
	return rest, true
}

// slotNamed is the one answered slot whose label stands in the text.
func (t *turn) slotNamed(folded string) string {
	v, ok := t.now()
	if !ok {
		return ""
	}
	found := ""
	for i := range v.tree.Questions {
		if v.live[i] == nil {
			continue
		}
		q := &v.tree.Questions[i]
		if label := understand.Fold(t.e.book.Text(t.s.Lang, q.Key("label"))); understand.Has(folded, label) || folded == q.Slot {
			if found != "" && found != q.Slot {
				return ""
			}
			found = q.Slot
		}
	}
	return found
}

// corrects finds in a sentence at the review a new value for one slot: a choice's synonym, or a place.
func (t *turn) corrects(v *view, folded string) bool {
	said := t.in.Text
	if m, rest := t.tg.leading.head(folded); m == "no" && rest != "" {
		folded, said = rest, afterWords(said, len(understand.Words(folded))-len(understand.Words(rest)))
		for i := range v.tree.Questions {
			if q := &v.tree.Questions[i]; v.live[i] != nil && q.Kind == Choose {
				if value := t.value(q, folded); value != "" {
					return t.correct(q, value)
				}
			}
		}
	}
	var found *Question
	value := ""
	for i := range v.tree.Questions {
		q := &v.tree.Questions[i]
		if v.live[i] == nil || q.Kind != Choose {
			continue
		}
		if one := one(t.tg.inside[q.Words], folded); one != "" && one != v.live[i].Value {
			if found != nil {
				return false
			}
			found, value = q, one
		}
	}
	if found != nil {
		return t.correct(found, value)
	}
	for i := range v.tree.Questions {
		q := &v.tree.Questions[i]
		if v.live[i] == nil || q.Kind != AskPlace {
			continue
		}
		if p, _, ok := t.placeIn(said); ok {
			return t.correct(q, encodePlace(p))
		}
		if r, err := t.look.Place(t.ctx, PlaceInput{Text: said, Service: v.tree.Files}); err == nil && r.Sure && len(r.Places) == 1 && !r.Outside {
			return t.correct(q, encodePlace(r.Places[0]))
		}
		return false
	}
	return false
}

func (t *turn) correct(q *Question, value string) bool {
	t.note("correct", q.Slot)
	t.answer(q, value, Changed)
	t.proceed()
	return true
}

// afterWords leaves the first n words off.
func afterWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[min(n, len(words)):], " ")
}
