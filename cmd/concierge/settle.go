package main

import (
	"context"
	"fmt"
	"time"

	"concierge/internal/database"
)

// pace is more than a channel makes one message wait for the one before, and less than a line waits for more words to come;
// longestHold is more than any does.
const pace, longestHold = 1200 * time.Millisecond, 5 * time.Second

// settle waits until all that came has been answered, so that answers stand before the next line typed: no message waits to be read,
// none that is due within ahead waits to be sent, no job waits to be done. After ten seconds it waits no more.
func (s *station) settle(ctx context.Context, ahead time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, 2*longestHold)
	defer cancel()
	for ctx.Err() == nil {
		waiting, err := s.waiting(ctx, ahead)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if waiting == 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// waiting counts what is still to be read, sent and done.
func (s *station) waiting(ctx context.Context, ahead time.Duration) (n int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		until := tx.Now().Add(ahead)
		return tx.QueryRow(ctx, `SELECT
			(SELECT count(*) FROM messages WHERE inbound AND taken = 'waiting') +
			(SELECT count(*) FROM messages WHERE NOT inbound AND (status = 'sending' OR status = 'queued' AND due_at <= $1)) +
			(SELECT count(*) FROM river_job WHERE state IN ('available', 'running'))`, until).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("look for what is still to be done: %w", err)
	}
	return n, nil
}
