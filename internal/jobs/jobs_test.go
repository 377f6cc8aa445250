package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
)

type note struct {
	ID string `json:"id"`
}

func (note) Kind() string { return "note" }

func TestAJobExistsWithItsTransaction(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		worked := make(chan string, 8)
		workers := river.NewWorkers()
		jobs.Work(workers, func(_ context.Context, n note) error { worked <- n.ID; return nil })
		c, err := jobs.New(db, workers, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		gone := errors.New("gone")
		if err := db.Write(ctx, func(tx *database.Tx) error {
			return errors.Join(c.Enqueue(ctx, tx, note{"rolled back"}), gone)
		}); !errors.Is(err, gone) {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return c.Enqueue(ctx, tx, note{"kept"}) }); err != nil {
			t.Fatal(err)
		}
		select {
		case id := <-worked:
			if id != "kept" {
				t.Fatalf("worked %q", id)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was worked")
		}
		stop, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := c.Stop(stop); err != nil {
			t.Fatal(err)
		}
		if len(worked) != 0 {
			t.Fatalf("also worked %q", <-worked)
		}
	})
}
