package feed_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/feed"
)

func TestPagesHearOfWhatWasCommitted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, stop := context.WithCancel(context.Background())
		tail := newTail(t, db)
		ended := make(chan error, 1)
		events, drop := tail.Subscribe()
		defer drop()
		go func() { ended <- tail.Run(ctx) }()
		gone := errors.New("gone")
		err := db.Write(ctx, func(tx *database.Tx) error {
			return errors.Join(feed.Append(ctx, tx, "message", "rolled back", 1), gone)
		})
		if !errors.Is(err, gone) {
			t.Fatal(err)
		}
		var seen []string
		for _, subject := range []string{"one", "two", "three"} {
			appended(t, tail, db, subject)
		}
		for len(seen) < 3 {
			select {
			case e := <-events:
				seen = append(seen, e.Subject)
			case <-time.After(20 * time.Second):
				t.Fatalf("heard only %v", seen)
			}
		}
		if seen[0] != "one" || seen[1] != "two" || seen[2] != "three" {
			t.Errorf("heard %v", seen)
		}
		all, more, err := tail.Since(ctx, 0)
		if err != nil || more || len(all) != 3 {
			t.Errorf("since the beginning: %d events, more %v, %v", len(all), more, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAReaderTooSlowIsCutOff(t *testing.T) {
	db := databasetest.Open(t, database.SQLite, nil)
	ctx, stop := context.WithCancel(context.Background())
	tail := newTail(t, db)
	slow, _ := tail.Subscribe()
	ended := make(chan error, 1)
	go func() { ended <- tail.Run(ctx) }()
	for range 100 {
		appended(t, tail, db, "x")
	}
	for open, wait := true, time.After(20*time.Second); open; {
		select {
		case _, open = <-slow:
		case <-wait:
			t.Fatal("it was never cut off")
		}
		if len(slow) < 64 && open {
			appended(t, tail, db, "y")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func appended(t *testing.T, tail *feed.Tail, db *database.DB, subject string) {
	t.Helper()
	ctx := context.Background()
	if err := db.Write(ctx, func(tx *database.Tx) error { return feed.Append(ctx, tx, "message", subject, 1) }); err != nil {
		t.Fatal(err)
	}
	tail.Notify(ctx)
}

func newTail(t *testing.T, db *database.DB) *feed.Tail {
	t.Helper()
	tail, err := feed.NewTail(context.Background(), db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return tail
}
