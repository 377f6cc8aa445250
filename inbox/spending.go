package inbox

import (
	"context"
	"fmt"

	"concierge/channels"
	"concierge/internal/database"
)

// Spending is one channel's day.
type Spending struct {
	Channel      channels.Name
	Parts, Spent int64
}

// SpendingOf reads what a day came to; channels nothing was counted for are left out.
func SpendingOf(ctx context.Context, tx *database.Tx, day string) (all []Spending, err error) {
	rows, err := tx.Query(ctx, `SELECT channel, parts, spent FROM spending WHERE day = $1 ORDER BY channel`, day)
	if err != nil {
		return nil, fmt.Errorf("read spending: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Spending
		if err := rows.Scan(&s.Channel, &s.Parts, &s.Spent); err != nil {
			return nil, fmt.Errorf("read spending: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
