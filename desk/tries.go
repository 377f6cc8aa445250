package desk

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"concierge/internal/database"
	"concierge/internal/seal"
)

// How often one may be wrong: nobody is locked out, the next try only waits. In a table, so that nodes agree.
const (
	freeTries    = 5
	longestWait  = 5 * time.Minute
	networkTries = 30
	networkSpan  = 10 * time.Minute
	triesKept    = 24 * time.Hour
)

// try records an attempt to sign in before the password is looked at, so that many at once do not slip through. wait is how long to
// wait when it is one too many; then nothing is recorded and the password is not to be looked at.
func try(ctx context.Context, tx *database.Tx, keys *seal.Keys, email string, from netip.Addr) (wait time.Duration, err error) {
	now := tx.Now()
	account, network := keys.Hash("login account", email), keys.Hash("login network", networkOf(from))
	if _, err := tx.Exec(ctx, `DELETE FROM login_tries WHERE at < $1`, now.Add(-triesKept)); err != nil {
		return 0, fmt.Errorf("forget old tries: %w", err)
	}
	if tx.Engine() == database.Postgres { // one at a time for an account; SQLite's writers exclude each other anyway
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext($1))`, account); err != nil {
			return 0, fmt.Errorf("take turns: %w", err)
		}
	}
	var n int
	var last *time.Time
	if err := lastTry(ctx, tx, account, &n, &last); err != nil {
		return 0, err
	}
	if n >= freeTries && last != nil {
		pause := min(time.Second<<min(n-freeTries, 20), longestWait)
		if until := last.Add(pause); until.After(now) {
			return until.Sub(now), nil
		}
	}
	var many int
	err = tx.QueryRow(ctx, `SELECT COUNT(*) FROM login_tries WHERE subject = $1 AND at > $2`, network, now.Add(-networkSpan)).Scan(&many)
	if err != nil {
		return 0, fmt.Errorf("count tries: %w", err)
	}
	if many >= networkTries {
		return networkSpan, nil
	}
	for _, subject := range []string{account, network} {
		_, err := tx.Exec(ctx, `INSERT INTO login_tries (id, subject, at) VALUES ($1, $2, $3)`, database.NewID(), subject, now)
		if err != nil {
			return 0, fmt.Errorf("record try: %w", err)
		}
	}
	return 0, nil
}

func lastTry(ctx context.Context, tx *database.Tx, subject string, n *int, last **time.Time) error {
	rows, err := tx.Query(ctx, `SELECT at FROM login_tries WHERE subject = $1 ORDER BY at DESC LIMIT 64`, subject)
	if err != nil {
		return fmt.Errorf("count tries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var at time.Time
		if err := rows.Scan(&at); err != nil {
			return fmt.Errorf("count tries: %w", err)
		}
		if *n++; *last == nil {
			*last = &at
		}
	}
	return rows.Err()
}

// forgive forgets an account's tries once it has signed in.
func forgive(ctx context.Context, tx *database.Tx, keys *seal.Keys, email string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM login_tries WHERE subject = $1`, keys.Hash("login account", email)); err != nil {
		return fmt.Errorf("forgive tries: %w", err)
	}
	return nil
}

// networkOf is the /24 or /64 of an address.
func networkOf(a netip.Addr) string {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
