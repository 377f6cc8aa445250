package cases_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"concierge/cases"
	"concierge/council"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
)

var ctx = context.Background()

// demo is the built-in council with some text of its council.yaml replaced.
func demo(t testing.TB, replace ...string) *council.Council {
	t.Helper()
	text, err := fs.ReadFile(council.Demo(), "council.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("the demo has no %q", replace[i])
		}
		text = []byte(strings.Replace(string(text), replace[i], replace[i+1], 1))
	}
	c, err := council.Load(council.Overlay(council.Demo(), fstest.MapFS{"council.yaml": {Data: text}}), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// made is Cases on a real database, with a real queue that nobody works.
func made(t testing.TB, db *database.DB, replace ...string) *cases.Cases {
	t.Helper()
	queue, err := jobs.New(db, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cases.New(cases.RulesOf(demo(t, replace...)), queue)
}

func write(t testing.TB, db *database.DB, f func(tx *database.Tx) error) {
	t.Helper()
	if err := db.Write(ctx, f); err != nil {
		t.Fatal(err)
	}
}

var (
	amina = cases.ByResident("amina")
	asha  = cases.Actor{Kind: cases.Staff, ID: "asha"}
	works = cases.Actor{Kind: cases.Partner, ID: "works"}
	timer = cases.Actor{Kind: cases.System, ID: "timer"}
)

func pothole(cause string) cases.Report {
	return cases.Report{Cause: cause, Service: "pothole", Answers: []cases.Answer{{Slot: "size", Value: "large", Words: "huge"}},
		Description: "A deep hole", By: amina, Conversation: "c1", Language: "en", Channel: "sms", Photos: []string{"m1"},
		Place: cases.Place{Lat: 52.4501, Lon: -1.8702, Point: true, Metres: 5, How: "pin", Label: "12 Stratford Road",
			Street: "Stratford Road", Ward: "Sparkhill", Postcode: "B11 1AA"}}
}

func filed(t testing.TB, db *database.DB, c *cases.Cases, r cases.Report) (one cases.Case) {
	t.Helper()
	write(t, db, func(tx *database.Tx) (err error) { one, err = c.File(ctx, tx, r); return err })
	return one
}

func TestFilingTwiceForOneCauseIsOneCase(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		first := filed(t, db, c, pothole("turn:1"))
		if again := filed(t, db, c, pothole("turn:1")); again.ID != first.ID || again.Reference != first.Reference {
			t.Fatalf("%s and %s", first.Reference, again.Reference)
		}
		if other := filed(t, db, c, pothole("turn:2")); other.ID == first.ID {
			t.Fatal("another cause gave the same case")
		}
		write(t, db, func(tx *database.Tx) error {
			got, err := c.Get(ctx, tx, first.Reference)
			if err != nil {
				return err
			}
			if fmt.Sprint(got) != fmt.Sprint(first) {
				t.Errorf("filed\n%+v, read\n%+v", first, got)
			}
			if got.Status != cases.Received || got.Reporter != "amina" || got.PromisedAt != got.DueAt || got.DueAt.IsZero() || got.Team != "highways" {
				t.Errorf("%+v", got)
			}
			followers, err := c.Followers(ctx, tx, got.ID)
			if err != nil || len(followers) != 1 || followers[0].Role != cases.Reporter || followers[0].ToldSeq != 1 || followers[0].LinkNo <= 0 {
				t.Errorf("%+v, %v", followers, err)
			}
			byLink, f, err := c.ByLink(ctx, tx, followers[0].LinkNo)
			if err != nil || byLink.ID != got.ID || f.ID != followers[0].ID {
				t.Errorf("%+v, %v", byLink, err)
			}
			photos, err := c.Photos(ctx, tx, got.ID)
			if err != nil || len(photos) != 1 || photos[0].Media != "m1" || photos[0].Approved {
				t.Errorf("%+v, %v", photos, err)
			}
			_, err = c.Get(ctx, tx, "H4T-9WX5")
			if !errors.Is(err, cases.ErrNotFound) {
				t.Errorf("a reference nobody was given: %v", err)
			}
			var queued int
			err = tx.QueryRow(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'case_changed'`).Scan(&queued)
			if err != nil || queued != 2 {
				t.Errorf("%d jobs for two cases, %v", queued, err)
			}
			return nil
		})
	})
}

func TestOneOfSixteenWritersWins(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		one := filed(t, db, c, pothole("turn:1"))
		results := make(chan error)
		for range 16 {
			go func() {
				results <- db.Write(ctx, func(tx *database.Tx) error {
					_, err := c.Change(ctx, tx, one.Reference, one.Version, cases.Move{To: cases.InProgress}, asha)
					return err
				})
			}()
		}
		won := 0
		for range 16 {
			switch err := <-results; {
			case err == nil:
				won++
			case !errors.Is(err, cases.ErrStale):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d writers won", won)
		}
	})
}

func TestJoiningMovesNobodyAndFilesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		one := filed(t, db, c, pothole("turn:1"))
		far := pothole("turn:2")
		far.Place.Lat += 0.01
		filed(t, db, c, far)
		write(t, db, func(tx *database.Tx) error {
			near, err := c.Nearby(ctx, tx, "pothole", 52.4502, -1.8702)
			if err != nil || len(near) != 1 || near[0].Reference != one.Reference || near[0].Metres > 12 || near[0].Followers != 1 {
				t.Errorf("%+v, %v", near, err)
			}
			for range 2 { // the same words twice
				joined, f, err := c.Join(ctx, tx, one.Reference, "bela", "c2", cases.Words{Text: "me too", Source: "turn:9"})
				if err != nil || joined.Version != 2 || f.Role != cases.Joined || f.ToldSeq != 2 {
					t.Fatalf("%+v, %+v, %v", joined, f, err)
				}
			}
			mine, n, err := c.OfContact(ctx, tx, "bela", 5)
			if err != nil || n != 1 || mine[0].Reference != one.Reference {
				t.Errorf("%+v, %d, %v", mine, n, err)
			}
			_, err = c.Add(ctx, tx, one.Reference, cases.Words{Text: "I know who did it"}, cases.ByResident("stranger"))
			refused(t, err, "actor", "not_allowed")
			return nil
		})
	})
}

func TestADuplicatesFollowersFollowTheOriginal(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		original := filed(t, db, c, pothole("turn:1"))
		second := pothole("turn:2")
		second.By, second.Conversation = cases.ByResident("bela"), "c2"
		dup := filed(t, db, c, second)
		write(t, db, func(tx *database.Tx) error {
			move := cases.Move{To: cases.Closed, Reason: cases.ReasonDuplicate}
			_, err := c.Change(ctx, tx, dup.Reference, 0, move, asha)
			refused(t, err, "original", "needed")
			move.Original = original.Reference
			closed, err := c.Change(ctx, tx, dup.Reference, 0, move, asha)
			if err != nil || closed.DuplicateOf != original.Reference {
				t.Fatalf("%+v, %v", closed, err)
			}
			f, ok, err := c.FollowerOf(ctx, tx, original.ID, "bela")
			now, err2 := c.Get(ctx, tx, original.Reference)
			if err != nil || err2 != nil || !ok || f.Role != cases.Joined || f.ToldSeq != now.LastSeq {
				t.Errorf("%+v %v, last %d, %v", f, ok, now.LastSeq, err)
			}
			_, ok, _ = c.FollowerOf(ctx, tx, dup.ID, "bela")
			if !ok {
				t.Error("their first link is dead")
			}
			return nil
		})
		err := db.Write(ctx, func(tx *database.Tx) error {
			_, err := c.Change(ctx, tx, original.Reference, 0, cases.Move{To: cases.Closed, Reason: cases.ReasonDuplicate, Original: original.Reference}, asha)
			return err
		})
		refused(t, err, "original", "itself")
	})
}

func TestReopening(t *testing.T) {
	now := time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
	db := databasetest.Open(t, database.SQLite, func() time.Time { return now })
	c := made(t, db)
	one := filed(t, db, c, pothole("turn:1"))
	reopen := func(source string) (got cases.Case, err error) {
		err = db.Write(ctx, func(tx *database.Tx) error {
			got, err = c.Reopen(ctx, tx, one.Reference, cases.Words{Text: "still there", Source: source}, amina)
			return err
		})
		return got, err
	}
	fix := func(m cases.Move) {
		t.Helper()
		write(t, db, func(tx *database.Tx) error { _, err := c.Change(ctx, tx, one.Reference, 0, m, asha); return err })
	}
	_, err := reopen("a")
	refused(t, err, "status", "open")
	fix(cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired})
	now = now.Add(28 * 24 * time.Hour)
	for range 2 { // the same message twice
		got, err := reopen("b")
		if err != nil || got.Status != cases.Received || got.Reason != cases.ReasonReopened || got.Reopened != 1 || !got.ClosedAt.IsZero() {
			t.Fatalf("%+v, %v", got, err)
		}
		if got.DueAt != one.DueAt || !got.PromisedAt.After(now) {
			t.Errorf("due %s, promised %s", got.DueAt, got.PromisedAt)
		}
	}
	fix(cases.Move{To: cases.Fixed, Reason: cases.ReasonRepaired})
	now = now.Add(28*24*time.Hour + time.Minute)
	_, err = reopen("c")
	refused(t, err, "status", "too_late")
	fix(cases.Move{To: cases.Closed, Reason: cases.ReasonNotFound}) // closing a fixed one does not begin the days again
	_, err = reopen("c")
	refused(t, err, "status", "too_late")
	fix(cases.Move{To: cases.InProgress})
	fix(cases.Move{To: cases.Closed, Reason: cases.ReasonNotOurs, NextStep: "National Roads, 0121 496 0144"})
	_, err = reopen("d")
	refused(t, err, "reason", "not_allowed")
	fix(cases.Move{Reason: cases.ReasonNotFound})
	_, err = reopen("e")
	refused(t, err, "status", "limit")
}

func TestRatingIsOnceACaseAndOnceAMonth(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		one, two := filed(t, db, c, pothole("turn:1")), filed(t, db, c, pothole("turn:2"))
		write(t, db, func(tx *database.Tx) error {
			_, err := c.Rate(ctx, tx, one.Reference, 5, "amina")
			refused(t, err, "status", "open")
			for _, ref := range []cases.Reference{one.Reference, two.Reference} {
				if _, err := c.Change(ctx, tx, ref, 0, cases.Move{To: cases.Fixed, Reason: cases.ReasonByResident}, amina); err != nil {
					return err
				}
			}
			_, err = c.Rate(ctx, tx, one.Reference, 6, "amina")
			refused(t, err, "rating", "unknown")
			rated, err := c.Rate(ctx, tx, one.Reference, 4, "amina")
			if err != nil || rated.Rating != 4 {
				t.Fatal(rated.Rating, err)
			}
			_, err = c.Rate(ctx, tx, one.Reference, 5, "amina")
			refused(t, err, "rating", "limit")
			_, err = c.Rate(ctx, tx, two.Reference, 5, "amina")
			refused(t, err, "rating", "limit")
			return nil
		})
	})
}

func TestLists(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := made(t, db)
		var all []cases.Case
		for i := range 5 {
			r := pothole(fmt.Sprint("turn:", i))
			if i == 4 {
				r.Service = "park_path"
			}
			all = append(all, filed(t, db, c, r))
		}
		write(t, db, func(tx *database.Tx) error {
			if _, err := c.Change(ctx, tx, all[1].Reference, 0, cases.Move{To: cases.Planned}, asha); err != nil {
				return err
			}
			for _, want := range []struct {
				name  string
				f     cases.Filter
				after string
				n     int
			}{
				{"all", cases.Filter{}, "", 5}, {"two", cases.Filter{Limit: 2}, "", 2}, {"after the third", cases.Filter{}, all[2].ID, 2},
				{"planned", cases.Filter{Statuses: []cases.Status{cases.Planned, cases.Fixed}}, "", 1},
				{"parks", cases.Filter{Services: []string{"park_path"}, Teams: []string{"parks"}}, "", 1},
				{"late", cases.Filter{Late: true}, "", 0}, {"ward", cases.Filter{Ward: "Sparkhill"}, "", 5},
				{"silent", cases.Filter{SilentSince: tx.Now().Add(time.Hour)}, "", 5},
				{"not silent", cases.Filter{SilentSince: tx.Now().Add(-time.Hour)}, "", 0},
				{"changed", cases.Filter{ChangedSince: tx.Now()}, "", 1},
			} {
				got, err := c.List(ctx, tx, want.f, want.after)
				if err != nil || len(got) != want.n {
					t.Errorf("%s: %d, %v", want.name, len(got), err)
				}
				for i := 1; i < len(got); i++ {
					if got[i].ID > got[i-1].ID {
						t.Errorf("%s: out of order", want.name)
					}
				}
			}
			return nil
		})
	})
}

func refused(t testing.TB, err error, field, code string) {
	t.Helper()
	if !errors.Is(err, cases.ErrRefused{Field: field, Code: code}) {
		t.Errorf("%v, want %s is %s", err, field, code)
	}
}
