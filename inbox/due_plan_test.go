package inbox

import (
	"strings"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// What the outbox asks again and again reads no table whole: on SQLite an index serves only a condition that repeats the index's own words.
// (Postgres is left out: it reads small tables whole, and rightly.)
func TestTheOutboxReadsNoTableWhole(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite, nil)
	now := time.Now().UTC()
	for name, ask := range map[string]struct {
		sql  string
		args []any
	}{
		"due":    {dueSQL, []any{now, now, 512, now, now}},
		"expire": {expireSQL, []any{now, 1, 1000}},
		"next":   {nextSQL, []any{"c", now}},
		"left":   {leftSQL, []any{"c", now}},
	} {
		err := db.Write(t.Context(), func(tx *database.Tx) error {
			rows, err := tx.Query(t.Context(), `EXPLAIN QUERY PLAN `+ask.sql, ask.args...)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				if step == "SCAN m" || step == "SCAN messages" || strings.HasPrefix(step, "SCAN conversations") {
					t.Errorf("%s: %s", name, step)
				}
			}
			return rows.Err()
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
