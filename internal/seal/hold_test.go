package seal_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/seal"
)

// A node that was not started anew cannot open the new key, and seals on under the old one: that is not retired while it lives.
func TestANodeOfTheOldSecretHoldsTheReseal(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		forgotten := load(t, db, secret)
		both, err := seal.Load(ctx, db, newer, secret)
		if err != nil {
			t.Fatal(err)
		}
		write(t, db, func(tx *database.Tx) error {
			_, err := both.Rewrap(ctx, tx)
			return err
		})
		watching, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { forgotten.Watch(watching, slog.New(slog.DiscardHandler)); close(ended) }()
		begin(t, db, both)
		held := 0
		for deadline := time.Now().Add(20 * time.Second); held == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing holds it")
			}
			write(t, db, func(tx *database.Tx) error { return tx.QueryRow(ctx, `SELECT pass_moved FROM reseals`).Scan(&held) })
		}
		write(t, db, func(tx *database.Tx) error { // the time of the new key has come long ago
			_, err := tx.Exec(ctx, `UPDATE keys SET used_from = $1 WHERE used_from IS NOT NULL`, tx.Now().Add(-2*time.Minute))
			return err
		})
		if p, err := both.Step(ctx, addresses(1)); err != nil || p.Done || p.Wait <= 0 {
			t.Fatalf("it goes on under a node that seals with the old key: %+v, %v", p, err)
		}
		add(t, db, forgotten, 0, 3)
		stop()
		<-ended
		write(t, db, func(tx *database.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE reseals SET pass_began_at = $1 WHERE ended_at IS NULL`, tx.Now())
			return err
		})
		finish(t, both, addresses(2))
		if all, old := openAll(t, db, load(t, db, newer)); all != 3 || old != 0 {
			t.Errorf("%d open, %d under the old key", all, old)
		}
	})
}
