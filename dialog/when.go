package dialog

import (
	"slices"
	"strings"
)

// When is a condition over the answers before a question.
//
//	problem != overgrown and (size in [large, collapse] or not photo answered)
//
// A slot without a live answer has no value: it equals nothing and differs from everything.
type When struct {
	op     string // and or not is answered
	a, b   *When
	slot   string
	values []string
	text   string
}

func (w *When) String() string { return w.text }

// holds asks the condition; value gives a slot's live value, "" for none.
func (w *When) holds(v *view) bool {
	if w == nil {
		return true
	}
	switch w.op {
	case "and":
		return w.a.holds(v) && w.b.holds(v)
	case "or":
		return w.a.holds(v) || w.b.holds(v)
	case "not":
		return !w.a.holds(v)
	}
	a := v.answer(w.slot)
	if a == nil || a.From == Skipped {
		return false
	}
	if w.op == "answered" {
		return true
	}
	if strings.Contains(a.Value, ",") {
		for one := range strings.SplitSeq(a.Value, ",") {
			if slices.Contains(w.values, one) {
				return true
			}
		}
	}
	return slices.Contains(w.values, a.Value)
}

// tests calls f for each comparison in the condition.
func (w *When) tests(f func(slot string, values []string)) {
	switch {
	case w == nil:
	case w.slot != "":
		f(w.slot, w.values)
	default:
		w.a.tests(f)
		w.b.tests(f)
	}
}
