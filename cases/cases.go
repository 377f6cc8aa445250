// Package cases keeps what was promised: cases, their references, statuses, updates and followers, the rules of change and the
// SQL. It keeps facts; others find the words. It refuses to know channels, phrases and dialogue.
package cases

import (
	"context"

	"concierge/internal/database"
	"concierge/internal/jobs"
)

// Cases writes and reads cases. Every method takes the caller's transaction; a failed one leaves it to be rolled back.
type Cases struct {
	rules Rules
	queue jobs.Queue
}

// New makes Cases. Changes are told through queue as the job "case_changed".
func New(rules Rules, queue jobs.Queue) *Cases { return &Cases{rules, queue} }

// Changed is the job that every write enqueues in its transaction. Whoever works it finds out what is new for whom.
type Changed struct {
	Case string `json:"case"` // the case's id
}

// Kind names the job.
func (Changed) Kind() string { return "case_changed" }

func (c *Cases) changed(ctx context.Context, tx *database.Tx, id string) error {
	return c.queue.Enqueue(ctx, tx, Changed{id})
}
