package dialog

import (
	"slices"
	"strconv"
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
	if isNumber && q.Kind != AskNumber && n > 0 && o.Run == v.run.No && o.Slot == q.Slot && n <= len(o.Values) {
		t.note("listed", o.Values[n-1])
		return t.pick(&v, q, o.Values[n-1])
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

// value is the choice a whole message names: in their language, or with one meaning in any.
func (t *turn) value(q *Question, folded string) string {
	if q.Kind == YesNo {
		value := t.yesNo(folded)
		if q.Accepts(value) {
			return value
		}
		return ""
	}
	if value := t.tg.values[q.Words][folded]; value != "" && q.Accepts(value) {
		return value
	}
	if q.Kind == Choose && q.Accepts(folded) {
		return folded
	}
	return ""
}

// yesNo is what a whole message says: yes, no, partly or nothing.
func (t *turn) yesNo(folded string) string {
	if m, ok := t.tg.yesno[folded]; ok {
		return m
	}
	return t.e.any.yesno[folded]
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
	t.note("text", q.Slot)
	t.answer(q, cutRunes(strings.TrimSpace(t.in.Text), q.Limit), Asked)
	t.proceed()
	return true
}

// readChoice forgives typing errors, reads on after a leading yes or no, and finds one value inside a sentence.
func (t *turn) readChoice(q *Question, folded string) bool {
	value, rest := "", ""
	if q.Kind == YesNo {
		if value, rest = t.tg.leading.head(folded); value == "" || !q.Accepts(value) {
			value, rest = nearest(folded, t.tg.yesno), ""
		}
	} else {
		value = nearest(folded, t.tg.values[q.Words])
		if value == "" {
			value = longest(t.tg.inside[q.Words], folded)
		}
	}
	if value == "" || !q.Accepts(value) {
		return false
	}
	t.note("read", q.Slot+"="+value)
	t.answer(q, value, Asked)
	if rest != "" {
		t.catch(rest)
	}
	t.proceed()
	return true
}

// one is the single value whose synonyms stand in a sentence; "" for none or several.
func one(set phraseSet, folded string) string {
	value, several := "", false
	set.find(folded, func(_ int, m meant) bool {
		several = several || value != "" && value != m.meaning
		value = m.meaning
		return true
	})
	if several {
		return ""
	}
	return value
}

// longest is the value of the longest synonym in an answer: "as big as a dinner plate" is a dinner plate. Two as long are none.
func longest(set phraseSet, folded string) string {
	value, length := "", 0
	set.find(folded, func(_ int, m meant) bool {
		switch {
		case len(m.phrase) > length:
			value, length = m.meaning, len(m.phrase)
		case len(m.phrase) == length && m.meaning != value:
			value = ""
		}
		return true
	})
	return value
}

// readMany reads "1 and 3", "1, 3" or labels; the value keeps the list's order.
func (t *turn) readMany(q *Question, folded string) bool {
	offered := q.Choices
	if t.s.Offered.Slot == q.Slot {
		offered = t.s.Offered.Values
	}
	chosen := map[string]bool{}
	for _, w := range understand.Words(folded) {
		if n, err := strconv.Atoi(w); err == nil {
			if n < 1 || n > len(offered) {
				return false
			}
			chosen[offered[n-1]] = true
		}
	}
	t.tg.inside[q.Words].find(folded, func(_ int, m meant) bool { chosen[m.meaning] = true; return true })
	if v := t.tg.values[q.Words][folded]; v != "" {
		chosen[v] = true
	}
	var values []string
	for _, c := range q.Choices {
		if chosen[c] {
			values = append(values, c)
		}
	}
	if len(values) == 0 {
		return false
	}
	t.answer(q, strings.Join(values, ","), Asked)
	t.proceed()
	return true
}

// readNumber takes the one number in a message.
func (t *turn) readNumber(q *Question, folded string) bool {
	found := ""
	for _, w := range understand.Words(folded) {
		if _, ok := parseNumber(w); ok {
			if found != "" {
				return false
			}
			found = w
		}
	}
	if i := slices.Index(t.tg.numbers, folded); i >= 0 {
		found = strconv.Itoa(i + 1)
	}
	if found == "" || !q.Accepts(found) {
		return false
	}
	t.answer(q, found, Asked)
	t.proceed()
	return true
}

func parseNumber(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && n > -1e9 && n < 1e9
}

// answer fills a slot of the run in front.
func (t *turn) answer(q *Question, value, from string) {
	run := t.front()
	old := run.answer(q.Slot)
	v := see(t.e.tree(run), run)
	live := v.asked(q.Slot) != nil
	if live && from == Asked {
		from = Changed
	}
	a := Answer{Slot: q.Slot, Value: value, From: from}
	if q.Kind != AskText {
		a.Words = cutRunes(strings.TrimSpace(t.in.Text), maxWords)
	}
	if t.in.Message != "" {
		a.Messages = []string{t.in.Message}
	}
	if q.Kind == AskPhoto && old != nil && value != "" && old.Value != "" {
		a.Messages = append(slices.Clone(old.Messages), a.Messages...)
		a.Messages = a.Messages[:min(len(a.Messages), maxMessages)]
	}
	run.put(a, live)
	t.settled(run, q)
	if from == Changed {
		t.changed(q, run)
	}
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: from})
}

// changed reads a changed answer back in one line; the review need not say it all again.
func (t *turn) changed(q *Question, run *Run) {
	t.readBack = true
	t.say("repair.changed", Var{Name: "Label", Lines: []Line{t.label(q)}}, Var{Name: "Value", Lines: []Line{t.valueLine(q, run.answer(q.Slot))}})
}

// settled is what an answer ends: the tries at the question, its change, what was offered.
func (t *turn) settled(run *Run, q *Question) {
	run.Misses, t.s.Misses = 0, 0
	if run.Change == q.Slot {
		run.Change = ""
	}
	t.s.Early = dropText(t.s.Early)
	if q.Kind == AskPlace {
		run.Near = false
	}
	t.s.Offered = Offer{}
}

// skip leaves an optional question without a value.
func (t *turn) skip(q *Question) {
	if !q.Optional {
		t.say("repair.no_skip")
		t.again()
		return
	}
	run := t.front()
	v := see(t.e.tree(run), run)
	a := Answer{Slot: q.Slot, From: Skipped}
	if t.in.Message != "" {
		a.Messages = []string{t.in.Message}
	}
	live := v.asked(q.Slot) != nil
	run.put(a, live)
	t.settled(run, q)
	if live {
		t.changed(q, run)
	}
	t.emit(Stepped{Tree: run.Tree, Slot: q.Slot, What: Skipped})
	t.proceed()
}
