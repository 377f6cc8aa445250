package cases_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"concierge/cases"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// may is the table of moves as docs/architecture.md gives it, written once more and otherwise: from, to, who, and why.
func may(from, to cases.Status, reason cases.Reason, by cases.Actor, follows, reporter bool) bool {
	office := by.Kind == cases.Staff || by.Kind == cases.Partner
	if !known(to, reason) || by.Kind == cases.System {
		return false
	}
	if by.Kind == cases.Resident {
		fixes := to == cases.Fixed && from != cases.Fixed && reason == cases.ReasonByResident && follows
		takesBack := to == cases.Closed && from.Open() && reason == cases.ReasonWithdrawn && reporter
		return fixes || takesBack
	}
	if reason == cases.ReasonUnstated && by.Kind != cases.Partner || reason == cases.ReasonByResident && by.Kind == cases.Partner {
		return false
	}
	switch {
	case to == cases.Received && from == cases.Received:
		return false // without a new date or words it is the same, and its reason is not for the office to change
	case to == cases.Received:
		return office && from.Done() && reason == cases.ReasonReopened
	case from == to:
		return office
	}
	return office
}

func known(s cases.Status, r cases.Reason) bool {
	if r == "" {
		return s.Open()
	}
	for _, each := range cases.Reasons(s) {
		if each == r {
			return true
		}
	}
	return false
}

func TestTheRules(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		var every []cases.Reason
		for _, s := range cases.Statuses() {
			every = append(every, cases.Reasons(s)...)
		}
		actors := []cases.Actor{amina, cases.ByResident("bela"), cases.ByResident("stranger"), asha, works, timer}
		rapid.Check(t, func(r *rapid.T) {
			err := db.Write(ctx, func(tx *database.Tx) error {
				one, err := c.File(ctx, tx, pothole(""))
				if err != nil {
					return err
				}
				if one, _, err = c.Join(ctx, tx, one.Reference, "bela", "c2", cases.Words{}); err != nil {
					return err
				}
				other, err := c.File(ctx, tx, pothole(""))
				if err != nil {
					return err
				}
				for range rapid.IntRange(1, 12).Draw(r, "moves") {
					by := rapid.SampledFrom(actors).Draw(r, "by")
					to := rapid.SampledFrom(cases.Statuses()).Draw(r, "to")
					from := append([]cases.Reason{""}, cases.Reasons(to)...)
					if rapid.IntRange(0, 9).Draw(r, "any reason") == 0 {
						from = every
					}
					m := cases.Move{To: to, Reason: rapid.SampledFrom(from).Draw(r, "reason")}
					if by.Kind != cases.Resident {
						m.NextStep = fmt.Sprintf("Step %d", one.Version)
						if m.Reason == cases.ReasonDuplicate {
							m.Original = other.Reference
						}
					}
					before := one
					wanted := may(one.Status, to, effective(m, one), by, by.ID != "stranger", by == amina)
					if r := effective(m, one); r == cases.ReasonUnstated && to == one.Status && one.Reason == r && by.Kind == cases.Staff {
						wanted = true // words on what a partner left unstated, which it stays
					}
					if to == cases.Received && one.Status == cases.Received && by.Kind != cases.Resident && by.Kind != cases.System && effective(m, one) == one.Reason {
						wanted = true // the next step is news
					}
					got, err := c.Change(ctx, tx, one.Reference, 0, m, by)
					if err != nil {
						if !errors.As(err, new(cases.ErrRefused)) {
							return err
						}
						if wanted {
							r.Fatalf("%s/%s → %s/%s by %s %s: %v", before.Status, before.Reason, to, m.Reason, by.Kind, by.ID, err)
						}
						continue
					}
					if !wanted {
						r.Fatalf("%s/%s → %s/%s by %s %s was let through", before.Status, before.Reason, to, m.Reason, by.Kind, by.ID)
					}
					if err := holds(before, got); err != nil {
						r.Fatal(err)
					}
					one = got
				}
				return whole(tx, c, one)
			})
			if err != nil {
				r.Fatal(err)
			}
		})
	})
}

// effective is the reason after the case filled what the move left out.
func effective(m cases.Move, one cases.Case) cases.Reason {
	if m.Reason == "" && m.To == one.Status {
		return one.Reason
	}
	return m.Reason
}

// holds are the facts no move may break.
func holds(before, after cases.Case) error {
	switch {
	case after.Version != before.Version+1:
		return fmt.Errorf("version %d after %d", after.Version, before.Version)
	case after.DueAt != before.DueAt:
		return fmt.Errorf("due_at was edited")
	case after.Status.Done() && (after.Reason == "" || after.ClosedAt.IsZero()):
		return fmt.Errorf("%s without a reason or a time", after.Status)
	case after.Status.Open() && !after.ClosedAt.IsZero():
		return fmt.Errorf("open, and closed at %s", after.ClosedAt)
	case before.Status.Done() && after.Status.Open() && after.Reopened != before.Reopened+1:
		return fmt.Errorf("a reopen was not counted")
	}
	return nil
}

// whole reads the case back and counts its updates.
func whole(tx *database.Tx, c *cases.Cases, one cases.Case) error {
	got, err := c.Get(ctx, tx, one.Reference)
	if err != nil {
		return err
	}
	if fmt.Sprint(got) != fmt.Sprint(one) {
		return fmt.Errorf("written\n%+v, read\n%+v", one, got)
	}
	updates, err := c.Updates(ctx, tx, one.ID, 0)
	if err != nil {
		return err
	}
	for i, u := range updates {
		if u.Seq != int64(i+1) {
			return fmt.Errorf("update %d has the number %d", i+1, u.Seq)
		}
	}
	if int64(len(updates)) != one.LastSeq || one.LastSeq != one.Version {
		return fmt.Errorf("%d updates, last %d, version %d", len(updates), one.LastSeq, one.Version)
	}
	return nil
}

func TestWhatAMoveMustSay(t *testing.T) {
	db := databasetest.Open(t, database.SQLite, nil)
	c := made(t, db, "code: pothole", "code: pothole\n    proof: photo")
	one := filed(t, db, c, pothole("turn:1"))
	for _, m := range []struct {
		name        string
		move        cases.Move
		by          cases.Actor
		field, code string
	}{
		{"fixed without a reason", cases.Move{To: cases.Fixed}, asha, "reason", "needed"},
		{"closed without a reason", cases.Move{To: cases.Closed}, asha, "reason", "needed"},
		{"no action without a sentence", cases.Move{To: cases.Closed, Reason: cases.ReasonNoAction}, asha, "text", "needed"},
		{"something else without a sentence", cases.Move{To: cases.Closed, Reason: cases.ReasonSomethingElse}, asha, "text", "needed"},
		{"not ours without whose", cases.Move{To: cases.Closed, Reason: cases.ReasonNotOurs, Text: "sorry"}, asha, "next_step", "needed"},
		{"referred without to whom", cases.Move{To: cases.Closed, Reason: cases.ReasonReferred}, asha, "next_step", "needed"},
		{"unstated by staff", cases.Move{To: cases.Closed, Reason: cases.ReasonUnstated}, asha, "reason", "not_allowed"},
		{"a reason of another status", cases.Move{To: cases.Planned, Reason: cases.ReasonRepaired}, asha, "reason", "unknown"},
		{"no such status", cases.Move{To: "done"}, asha, "status", "unknown"},
		{"a date gone by", cases.Move{To: cases.Planned, PlannedFor: "2020-01-01"}, asha, "planned_for", "past"},
		{"no date", cases.Move{To: cases.Planned, PlannedFor: "Easter"}, asha, "planned_for", "unknown"},
		{"a date for what is closed", cases.Move{To: cases.Fixed, Reason: cases.ReasonAlready, PlannedFor: "2099-01-01"}, asha, "planned_for", "not_allowed"},
		{"nothing new", cases.Move{To: cases.Received}, asha, "status", "same"},
		{"repaired without proof", cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired}, asha, "photos", "needed"},
		{"an original nobody has", cases.Move{To: cases.Closed, Reason: cases.ReasonDuplicate, Original: "H4T-9WX5"}, asha, "original", "unknown"},
		{"a timer", cases.Move{To: cases.Closed, Reason: cases.ReasonNotFound}, timer, "actor", "not_allowed"},
	} {
		err := db.Write(ctx, func(tx *database.Tx) error {
			_, err := c.Change(ctx, tx, one.Reference, 0, m.move, m.by)
			return err
		})
		t.Log(m.name)
		refused(t, err, m.field, m.code)
	}
	write(t, db, func(tx *database.Tx) error {
		planned, err := c.Change(ctx, tx, one.Reference, 1, cases.Move{To: cases.Planned, Reason: cases.ReasonParts, PlannedFor: "2099-07-06"}, asha)
		if err != nil || planned.PromisedAt.Format("2006-01-02T15:04Z") != "2099-07-06T16:00Z" || planned.DueAt != one.DueAt {
			t.Errorf("promised %s, due %s, %v", planned.PromisedAt, planned.DueAt, err)
		}
		again, err := c.Change(ctx, tx, one.Reference, 2, cases.Move{Text: "The lamp is on its way.", Language: "en"}, works)
		if err != nil || again.PlannedFor != "2099-07-06" || again.Reason != cases.ReasonParts {
			t.Errorf("%+v, %v", again, err)
		}
		_, err = c.Change(ctx, tx, one.Reference, 3, cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired, Photos: []string{"m2"}}, works)
		return err
	})
}
