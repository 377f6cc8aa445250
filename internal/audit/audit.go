// Package audit keeps who did what: append-only, held by a trigger, written in the transaction of the deed. It refuses to know what the
// deeds mean.
package audit

import (
	"context"
	"fmt"
	"time"

	"concierge/internal/database"
)

// Entry is one deed. Detail is never a resident's words.
type Entry struct {
	At                           time.Time
	ID                           string
	Actor, Deed, Subject, Detail string
}

// Write adds an entry in the caller's transaction.
func Write(ctx context.Context, tx *database.Tx, e Entry) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit (id, at, actor, deed, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
		database.NewID(), tx.Now(), e.Actor, e.Deed, e.Subject, e.Detail)
	if err != nil {
		return fmt.Errorf("write audit: %w", err)
	}
	return nil
}

// Seen adds an entry unless the same actor did the same to the same subject in the last 15 minutes: looking again is one look.
func Seen(ctx context.Context, tx *database.Tx, e Entry) error {
	var n int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM audit WHERE subject = $1 AND at > $2 AND actor = $3 AND deed = $4`,
		e.Subject, tx.Now().Add(-15*time.Minute), e.Actor, e.Deed).Scan(&n)
	if err != nil {
		return fmt.Errorf("read audit: %w", err)
	}
	if n > 0 {
		return nil
	}
	return Write(ctx, tx, e)
}

// List reads the entries before an id, newest first; "" begins at the end.
func List(ctx context.Context, tx *database.Tx, before string, limit int) (all []Entry, err error) {
	if before == "" {
		before = "~" // after every id
	}
	rows, err := tx.Query(ctx, `SELECT id, at, actor, deed, subject, detail FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.ID, &e.At, &e.Actor, &e.Deed, &e.Subject, &e.Detail); err != nil {
			return nil, fmt.Errorf("read audit: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}
