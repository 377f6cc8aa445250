package dialog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"concierge/dialog/understand"
)

// readDate reads a day that names its year: 5/4/2027, 2027-04-05, 5 April 2027. The engine knows no clock, so "yesterday" is asked again.
func (t *turn) readDate(q *Question, folded string) bool {
	words := understand.Words(folded)
	if len(words) != 3 {
		return false
	}
	month := 0
	for m := range 12 {
		if understand.Fold(t.e.book.Text(t.s.Lang, "date.month.m"+strconv.Itoa(m+1))) == words[1] {
			month = m + 1
		}
	}
	if month == 0 {
		month, _ = strconv.Atoi(words[1])
	}
	day, year := words[0], words[2]
	if len(day) == 4 {
		day, year = year, day
	}
	d, err1 := strconv.Atoi(day)
	y, err2 := strconv.Atoi(year)
	value := fmt.Sprintf("%04d-%02d-%02d", y, month, d)
	if err1 != nil || err2 != nil || !q.Accepts(value) {
		return false
	}
	t.answer(q, value, Asked)
	t.proceed()
	return true
}

func validDate(value string) bool {
	at, err := time.Parse(time.DateOnly, strings.TrimSpace(value))
	return err == nil && at.Year() >= 1900 && at.Year() < 2200
}
