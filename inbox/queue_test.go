package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// BenchmarkQueuePage reads what the queue's page shows, rights and counts included, among 10,000 open conversations.
func BenchmarkQueuePage(b *testing.B) {
	for _, e := range []database.Engine{database.SQLite, database.Postgres} {
		b.Run(string(e), func(b *testing.B) {
			db := databasetest.Open(b, e, nil)
			fill(b, db, 10_000)
			a := inbox.Actor{ID: "asha", Teams: []string{"highways", "parks"}}
			for b.Loop() {
				err := db.Read(b.Context(), func(tx *database.Tx) error {
					if _, err := inbox.Counts(b.Context(), tx, a); err != nil {
						return err
					}
					page, next, err := inbox.List(b.Context(), tx, a, inbox.ViewWaiting, inbox.Filter{}, "")
					if err == nil && (len(page) != inbox.PageSize || next == "") {
						b.Fatalf("a page of %d", len(page))
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fill makes conversations that wait in the queue of two teams, with three messages each.
func fill(b *testing.B, db *database.DB, n int) {
	b.Helper()
	now := time.Now().UTC()
	for from := 0; from < n; from += 500 {
		err := db.Write(b.Context(), func(tx *database.Tx) error {
			batch := &database.Batch{}
			for i := from; i < from+500; i++ {
				id, at := fmt.Sprintf("%08d", i), now.Add(-time.Duration(i)*time.Second)
				team := []string{"highways", "parks", "front_desk"}[i%3]
				batch.Exec(`INSERT INTO contacts (id, language, created_at, seen_at) VALUES ($1, 'en', $2, $2)`, id, at)
				batch.Exec(`INSERT INTO addresses (id, contact_id, kind, sealed, index_hmac, created_at) VALUES ($1, $1, 'sms', $2, $2, $3)`, id, []byte(id), at)
				batch.Exec(`INSERT INTO conversations (id, address_id, contact_id, channel, sender, owner, team, next_seq, inbound_at, created_at)
					VALUES ($1, $1, $1, 'sms', 'sms:+441', 'queue', $2, 4, $3, $3)`, id, team, at)
				batch.Exec(`INSERT INTO handoffs (id, conversation_id, reason, topic, team, requested_at) VALUES ($1, $1, 'asked', 'pothole', $2, $3)`, id, team, at)
				for seq := 1; seq <= 3; seq++ {
					batch.Exec(`INSERT INTO messages (id, conversation_id, seq, inbound, kind, body, created_at) VALUES ($1, $2, $3, $4, $5, 'words', $6)`,
						fmt.Sprint(id, "-", seq), id, seq, seq != 3, map[bool]string{true: "text", false: "reply"}[seq != 3], at)
				}
			}
			return tx.Run(b.Context(), batch)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if db.Engine() == database.Postgres {
		if err := db.Write(b.Context(), func(tx *database.Tx) error {
			_, err := tx.Exec(b.Context(), `ANALYZE`)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}
