// Package jobs runs what has a schedule, a retry or a leader and is not a message to a resident: River, on both engines, enqueued in the
// caller's transaction. It refuses to know what the jobs do.
package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"

	"concierge/internal/database"
)

// Queue enqueues jobs in the caller's transaction: a job exists exactly when what it is about exists.
type Queue interface {
	Enqueue(ctx context.Context, tx *database.Tx, args river.JobArgs) error
	EnqueueAt(ctx context.Context, tx *database.Tx, args river.JobArgs, at time.Time) error
}

// Source of the times: River's documentation, and docs/architecture.md. A worker ends in a minute; a crashed one is rescued in 90 s.
const (
	jobTimeout  = time.Minute
	rescueAfter = 90 * time.Second
	poll        = time.Second
)

// Client enqueues, and after Start also works.
type Client struct {
	pg   *river.Client[pgx.Tx]
	lite *river.Client[*sql.Tx]
}

// New makes a client. Without workers it only enqueues, as commands do.
func New(db *database.DB, workers *river.Workers, periodic []*river.PeriodicJob, log *slog.Logger) (*Client, error) {
	config := func() *river.Config {
		c := &river.Config{JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter, FetchPollInterval: poll, Logger: quiet(log),
			Middleware: []rivertype.Middleware{calm()}}
		if workers != nil {
			c.Workers, c.PeriodicJobs = workers, periodic
			c.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}}
		}
		return c
	}
	if db.Engine() == database.Postgres {
		c, err := river.NewClient(riverpgxv5.New(db.Pool()), config())
		if err != nil {
			return nil, fmt.Errorf("open jobs: %w", err)
		}
		return &Client{pg: c}, nil
	}
	c, err := river.NewClient(riversqlite.New(db.Writer()), config())
	if err != nil {
		return nil, fmt.Errorf("open jobs: %w", err)
	}
	return &Client{lite: c}, nil
}

// Start begins to work. The context must outlive the client: Stop ends it.
func (c *Client) Start(ctx context.Context) error {
	if c.pg != nil {
		return c.pg.Start(ctx)
	}
	return c.lite.Start(ctx)
}

// Stop takes no more jobs and waits, as long as ctx allows, for those in hand.
func (c *Client) Stop(ctx context.Context) error {
	if c.pg != nil {
		return c.pg.Stop(ctx)
	}
	return c.lite.Stop(ctx)
}

// Enqueue adds a job to be worked as soon as the transaction has committed.
func (c *Client) Enqueue(ctx context.Context, tx *database.Tx, args river.JobArgs) error {
	return c.insert(ctx, tx, args, nil)
}

// EnqueueAt adds a job to be worked at a time.
func (c *Client) EnqueueAt(ctx context.Context, tx *database.Tx, args river.JobArgs, at time.Time) error {
	return c.insert(ctx, tx, args, &river.InsertOpts{ScheduledAt: at})
}

func (c *Client) insert(ctx context.Context, tx *database.Tx, args river.JobArgs, o *river.InsertOpts) (err error) {
	if c.pg != nil {
		_, err = c.pg.InsertTx(ctx, tx.Pgx(), args, o)
	} else {
		_, err = c.lite.InsertTx(ctx, tx.SQL(), args, o)
	}
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// Work registers f for a kind of job. Every job may run twice: f makes the second run harmless.
func Work[T river.JobArgs](w *river.Workers, f func(context.Context, T) error) {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error { return f(ctx, job.Args) }))
}

// Every is a job that the leader among the nodes enqueues at an interval.
func Every(interval time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(interval), func() (river.JobArgs, *river.InsertOpts) {
		return args, &river.InsertOpts{MaxAttempts: 1}
	}, nil)
}

// quiet keeps River's own news to warnings: it tells of every start and election otherwise.
func quiet(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(warnings{log.Handler()})
}

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

// Nightly is a job that the leader enqueues once a day, at a time by the clock of UTC.
func Nightly(hour, minute int, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(nightly{hour, minute}, func() (river.JobArgs, *river.InsertOpts) {
		return args, &river.InsertOpts{MaxAttempts: 3}
	}, nil)
}

type nightly struct{ hour, minute int }

// Next implements river.PeriodicSchedule.
func (n nightly) Next(now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	at := time.Date(y, m, d, n.hour, n.minute, 0, 0, time.UTC)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}
