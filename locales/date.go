package locales

import (
	"strconv"
	"time"

	"concierge/internal/phrase"
)

// Date says a day as people write it, "Monday 5 April", by the language's date messages. Digits stay 0 to 9.
func (s *Set) Date(tag string, day time.Time) string {
	weekday := int(day.Weekday())
	if weekday == 0 {
		weekday = 7 // date.day.d1 is Monday
	}
	return s.say(tag, "date.long", []phrase.Var{
		{Name: "Weekday", Key: "date.day.d" + strconv.Itoa(weekday)},
		{Name: "Day", Text: strconv.Itoa(day.Day())},
		{Name: "Month", Key: "date.month.m" + strconv.Itoa(int(day.Month()))},
	})
}
