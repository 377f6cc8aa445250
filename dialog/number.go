package dialog

import (
	"slices"
	"strconv"

	"concierge/dialog/understand"
)

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
