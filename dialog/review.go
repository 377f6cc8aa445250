package dialog

import (
	"strconv"
	"strings"

	"concierge/dialog/understand"
)

// review reads the answers back, numbered, and asks for SEND or a number.
func (t *turn) review(v *view) {
	var items []Line
	var slots []string
	for i := range v.tree.Questions {
		q, a := &v.tree.Questions[i], v.live[i]
		if a == nil || a.From == Skipped {
			continue
		}
		slots = append(slots, q.Slot)
		items = append(items, Line{Key: "review.item", Vars: []Var{{Name: "Number", Text: strconv.Itoa(len(slots))},
			{Name: "Label", Lines: []Line{t.label(q)}}, {Name: "Value", Lines: []Line{t.valueLine(q, a)}}}})
	}
	how := "review.pressed"
	if t.in.Plain {
		how = "review.typed"
	}
	lines := []Line{{Key: how}}
	if !t.readBack {
		lines = append(append([]Line{{Key: "review.check"}}, items...), Line{Key: "review.news"}, Line{Key: how})
	}
	t.s.Offered = Offer{Run: v.run.No, Prompt: "review", Values: slots}
	t.final = Said{Lines: lines, Named: true, Choices: []Choice{
		{Value: "send", Data: t.data(v.run.No, ".review", "send"), Label: Line{Key: "review.send"}},
		{Value: "change", Data: t.data(v.run.No, ".review", "change"), Label: Line{Key: "review.change"}},
	}}
	t.asked = true
}

// reviewed reads what is said to the review: a number or a label to change, or yes.
func (t *turn) reviewed(o Offer, folded string, n int, isNumber bool) bool {
	if _, ok := t.now(); !ok {
		return false
	}
	switch {
	case isNumber && n > 0 && n <= len(o.Values):
		t.change(o.Values[n-1])
		return true
	case isNumber && n > 0:
		return false
	}
	switch t.yesNo(folded) {
	case "yes":
		t.send()
		return true
	case "no":
		t.whatToChange()
		return true
	}
	if slot := t.slotNamed(folded); slot != "" && strings.Count(folded, " ") < 2 {
		t.change(slot)
		return true
	}
	return false
}

func (t *turn) reviewButton(value string) bool {
	if value == "send" {
		t.send()
		return true
	}
	t.whatToChange()
	return true
}

// send files, when all is answered and read back; else it asks what is open.
func (t *turn) send() {
	v, ok := t.now()
	switch {
	case !ok:
		t.menu()
	case v.question() != nil || !v.tree.Review:
		t.say("review.not_yet")
		t.again()
	default:
		t.end(&v)
		if !t.asked {
			t.proceed()
		}
	}
}

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
		if p, _, ok, err := t.look.PlaceIn(t.ctx, t.s.Lang, said); err == nil && ok {
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

// label is how a slot is called when it is read back.
func (t *turn) label(q *Question) Line { return Line{Key: q.Key("label")} }

// valueLine is how an answer is read back.
func (t *turn) valueLine(q *Question, a *Answer) Line {
	if a == nil || a.From == Skipped {
		return Line{Key: "review.skipped"}
	}
	switch q.Kind {
	case Choose:
		return Line{Key: q.Key(a.Value)}
	case ChooseMany:
		var lines []Line
		for one := range strings.SplitSeq(a.Value, ",") {
			lines = append(lines, Line{Key: q.Key(one)})
		}
		return Line{Key: "review.list", Vars: []Var{{Name: "List", Lines: lines}}}
	case YesNo:
		if a.Value == "yes" || a.Value == "no" {
			return Line{Key: "ask." + a.Value}
		}
		return Line{Key: q.Key(a.Value)}
	case AskPlace, AskList:
		p, _ := decodePlace(a.Value)
		return placeLine(p)
	}
	return Line{Text: a.Value}
}
