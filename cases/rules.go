package cases

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"concierge/council"
)

// What a write may be refused with. Everything else is a failure of ours.
var (
	ErrStale    = errors.New("the case has changed since: read it again")
	ErrNotFound = errors.New("there is no such case")
)

// ErrRefused is a rule that a write would break. Field and Code are words of the API, in lower case: {"reason", "needed"}.
//
// Codes: needed, unknown, not_allowed (this actor may not), not_open, done, same (nothing would change), too_long, too_late, limit,
// itself.
type ErrRefused struct{ Field, Code string }

// Error says the rule in the words of the API.
func (e ErrRefused) Error() string { return fmt.Sprintf("refused: %s is %s", e.Field, e.Code) }

// Rules are what the council decides.
type Rules struct {
	Service     func(code string) (Service, bool)
	Closing     func(date string) (time.Time, bool) // the end of that day, "2027-04-05", in UTC
	ReopenDays  int                                 // days after done within which a resident may reopen
	ReopenLimit int                                 // times a resident may; then a person
	RatingEvery time.Duration                       // one rating a contact within it
	Photos      int                                 // that residents may put on a case; 0 is 3
	Random      io.Reader                           // for references and link numbers; nil is crypto/rand
}

// Service is what the rules of a service say.
type Service struct {
	Code   string
	Team   string
	Radius float64 // metres within which reports join; 0 never
	Proof  bool    // fixed/repaired needs a photo
	Due    func(filed time.Time) (time.Time, bool)
}

// RulesOf reads the rules of a council.
func RulesOf(c *council.Council) Rules {
	return Rules{
		ReopenDays: c.Cases.ReopenDays, ReopenLimit: c.Cases.ReopenLimit, RatingEvery: 30 * 24 * time.Hour,
		Photos: c.Cases.Photos.Count,
		Service: func(code string) (Service, bool) {
			s, ok := c.Service(code)
			due := func(filed time.Time) (time.Time, bool) { return c.Due(code, filed) }
			return Service{Code: code, Team: c.TeamOf(code), Radius: s.Radius, Proof: s.Proof == "photo", Due: due}, ok
		},
		Closing: func(date string) (time.Time, bool) {
			day, err := time.Parse(time.DateOnly, date)
			if err != nil {
				return time.Time{}, false
			}
			at := int(c.Office.Closing)
			d := council.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
			return c.At(d, at/60, at%60).UTC(), true
		},
	}
}

func (r Rules) random() io.Reader {
	if r.Random != nil {
		return r.Random
	}
	return rand.Reader
}
