package dialog

import (
	"strconv"
	"strings"

	"concierge/dialog/understand"
)

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
