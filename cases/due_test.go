package cases_test

import (
	"testing"
	"time"

	"concierge/cases"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// The holidays are those of gov.uk/bank-holidays for England and Wales, 2026 to 2028 as far as these cases reach.
func TestWhatIsPromisedWhenFiled(t *testing.T) {
	var now time.Time
	db := databasetest.Open(t, database.SQLite, func() time.Time { return now })
	for _, want := range []struct{ filed, target, due string }{
		{"2027-03-25T10:00:00Z", "working_days: 5", "2027-04-05T16:00:00Z"},
		{"2026-12-23T18:00:00Z", "working_days: 2", "2026-12-30T17:00:00Z"},
		{"2026-12-24T16:59:00Z", "working_days: 2", "2026-12-30T17:00:00Z"},
		{"2026-10-23T11:00:00Z", "working_days: 1", "2026-10-26T17:00:00Z"},
		{"2027-12-24T10:00:00Z", "working_days: 5", "2028-01-05T17:00:00Z"},
		{"2027-03-27T23:30:00Z", "hours: 24", "2027-03-28T23:30:00Z"},
		{"2027-03-01T10:00:00Z", "days: 28", "2027-03-29T16:00:00Z"},
	} {
		now, _ = time.Parse(time.RFC3339, want.filed)
		c := made(t, db, "target: {working_days: 5}", "target: {"+want.target+"}", "holidays: [", "holidays: [2027-12-27, 2027-12-28, 2028-01-03, ")
		one := filed(t, db, c, pothole(""))
		if got := one.DueAt.Format(time.RFC3339); got != want.due {
			t.Errorf("%s and %s is due %s, want %s", want.filed, want.target, got, want.due)
		}
	}
}

func TestATargetlessServicePromisesNothing(t *testing.T) {
	db := databasetest.Open(t, database.SQLite, nil)
	c := made(t, db, "    target: {working_days: 5}\n", "")
	if one := filed(t, db, c, pothole("")); !one.DueAt.IsZero() || !one.PromisedAt.IsZero() {
		t.Errorf("due %s, promised %s", one.DueAt, one.PromisedAt)
	}
	if (cases.Case{Status: cases.Received}).Late(time.Now()) {
		t.Error("late without a promise")
	}
}
