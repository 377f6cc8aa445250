package concierge

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"concierge/internal/database"
	"concierge/internal/failpoint"
)

// What is kept for a while and then deleted (docs/operating.md, "What is kept how long").
const (
	keepReceived   = 30 * 24 * time.Hour
	keepQuarantine = 7 * 24 * time.Hour
	keepFeed       = 48 * time.Hour
)

// purgeAtOnce is how many rows one transaction deletes: turns go on meanwhile.
const purgeAtOnce = 1000

// Purge is the nightly job that deletes what has been kept long enough. A second run finds nothing.
type Purge struct{}

// Kind implements river.JobArgs.
func (Purge) Kind() string { return "purge" }

type purgeWorker struct {
	river.WorkerDefaults[Purge]
	h *Host
}

// Work implements river.Worker.
func (w purgeWorker) Work(ctx context.Context, _ *river.Job[Purge]) error { return w.h.purge(ctx) }

func (h *Host) purge(ctx context.Context) error {
	for _, p := range []struct {
		table, sql string
		keep       time.Duration
	}{
		{"received", `DELETE FROM received WHERE (channel, account, provider_id) IN
			(SELECT channel, account, provider_id FROM received WHERE at < $1 LIMIT $2)`, keepReceived},
		{"quarantine", `DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine WHERE at < $1 LIMIT $2)`, keepQuarantine},
		{"asides", `DELETE FROM asides WHERE message_id IN (SELECT message_id FROM asides WHERE at < $1 LIMIT $2)`, keepQuarantine},
		{"uploads", `DELETE FROM uploads WHERE hash IN (SELECT hash FROM uploads WHERE expires_at < $1 LIMIT $2)`, 0},
		{"feed", `DELETE FROM feed WHERE n IN (SELECT n FROM feed WHERE at < $1 LIMIT $2)`, keepFeed},
	} {
		n, err := h.purgeTable(ctx, p.sql, p.keep)
		if err != nil {
			return fmt.Errorf("purge %s: %w", p.table, err)
		}
		if n > 0 {
			h.s.Log.Info("purged", "table", p.table, "rows", n)
		}
	}
	return nil
}

func (h *Host) purgeTable(ctx context.Context, sql string, keep time.Duration) (total int64, err error) {
	for {
		var n int64
		err := h.s.DB.Write(ctx, func(tx *database.Tx) (err error) {
			n, err = tx.Exec(ctx, sql, tx.Now().Add(-keep), purgeAtOnce)
			return err
		})
		failpoint.Hit("mid-purge")
		if total += n; err != nil || n < purgeAtOnce {
			return total, err
		}
	}
}
