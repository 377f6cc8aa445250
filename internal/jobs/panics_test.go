package jobs_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
)

// heard is a log that may be read while it is written.
type heard struct {
	sync.Mutex
	b bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) { h.Lock(); defer h.Unlock(); return h.b.Write(p) }
func (h *heard) String() string              { h.Lock(); defer h.Unlock(); return h.b.String() }

func TestAJobThatPanicsLeavesATypeAndAPlace(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, out := context.Background(), &heard{}
		workers := river.NewWorkers()
		jobs.Work(workers, func(_ context.Context, n note) error { panic("cannot tell okapi: " + n.ID) })
		c, err := jobs.New(db, workers, nil, slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return c.Enqueue(ctx, tx, note{"1"}) }); err != nil {
			t.Fatal(err)
		}
		errs := ""
		for deadline := time.Now().Add(20 * time.Second); errs == "" && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if err := db.Read(ctx, func(tx *database.Tx) error {
				return tx.QueryRow(ctx, `SELECT COALESCE(CAST(errors AS TEXT), '') FROM river_job WHERE kind = 'note'`).Scan(&errs)
			}); err != nil {
				t.Fatal(err)
			}
		}
		stop, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := c.Stop(stop); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(errs, "okapi") || !strings.Contains(errs, "panic string at panics_test.go:") {
			t.Errorf("its row says %s", errs)
		}
		if strings.Contains(out.String(), "okapi") {
			t.Errorf("the log says %s", out)
		}
	})
}
