package dialog

import (
	"strings"

	"concierge/dialog/understand"
)

// Values our own lists have beside a question's own.
const (
	skip = "skip"
	more = "more"
	none = "none"
)

// listed reads a whole message that is one of the listed choices: its number, value, label or synonym, exact after folding.
func (t *turn) listed(folded string) bool {
	o := t.s.Offered
	n, isNumber := understand.Number(folded, t.tg.numbers)
	if o.Prompt != "" && o.Prompt != page {
		return t.prompted(o, folded, n, isNumber)
	}
	v, ok := t.now()
	if !ok {
		return false
	}
	q := v.question()
	if q == nil {
		return false
	}
	offered := o.Values
	if o.Run != v.run.No || o.Slot != q.Slot { // after a person, say: the question stands, what was offered is not remembered
		offered = q.Choices
	}
	if isNumber && q.Kind != AskNumber && n > 0 && n <= len(offered) {
		t.note("listed", offered[n-1])
		return t.pick(&v, q, offered[n-1])
	}
	if q.Choices == nil {
		return false
	}
	if value := t.value(q, folded); value != "" {
		t.note("listed", value)
		t.answer(q, value, Asked)
		t.proceed()
		return true
	}
	return false
}

// pick takes a value our list offered. One that the question no longer has is asked again.
func (t *turn) pick(v *view, q *Question, value string) bool {
	switch {
	case value == skip:
		t.skip(q)
		return true
	case value == more:
		t.nextPage(v, q)
		return true
	case value == none:
		t.miss()
		return true
	case q.Kind == AskPlace || q.Kind == AskList:
		t.takePlace(q, value, Asked)
		t.proceed()
		return true
	case q.Accepts(value):
		t.answer(q, value, Asked)
		t.proceed()
		return true
	}
	t.ask(v, q, full)
	return true
}

// answered lets the open question's own reader try.
func (t *turn) answered(folded string) bool {
	v, ok := t.now()
	if !ok {
		return false
	}
	q := v.question()
	if q == nil {
		return false
	}
	switch q.Kind {
	case AskText:
		return t.readText(q, folded)
	case AskPlace, AskList:
		return t.readPlace(&v, q, folded)
	case Choose, YesNo:
		return t.readChoice(q, folded)
	case ChooseMany:
		return t.readMany(q, folded)
	case AskNumber:
		return t.readNumber(q, folded)
	case AskDate:
		return t.readDate(q, folded)
	case AskPhoto:
		if m, _ := t.tg.leading.head(folded); (m == "no" || t.yesNo(folded) == "no") && q.Optional {
			t.skip(q)
			return true
		}
	}
	return false
}

func (t *turn) readText(q *Question, folded string) bool {
	if q.Optional && t.yesNo(folded) == "no" { // "anything else?" "no"
		t.skip(q)
		return true
	}
	if _, bare := understand.Number(folded, t.tg.numbers); bare && q.Limit > shortText {
		return false // a number beside what is listed is no prose: "3" where "1" skips
	}
	t.note("text", q.Slot)
	t.answer(q, cutRunes(strings.TrimSpace(t.in.Text), q.Limit), Asked)
	t.proceed()
	return true
}
