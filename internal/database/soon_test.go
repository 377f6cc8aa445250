package database_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// held keeps what a writer of contact "a" needs until the test ends.
func held(t *testing.T, db *database.DB) {
	t.Helper()
	locked, free, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := db.Write(context.Background(), func(tx *database.Tx) error {
			_, err := tx.Exec(context.Background(), `UPDATE contacts SET language = 'pl' WHERE id = 'a'`)
			close(locked)
			<-free
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-locked
	t.Cleanup(func() { close(free); <-done })
}

func TestWhoIsWaitedForGivesUpOnALock(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := db.Write(ctx, func(tx *database.Tx) error { contact(t, tx, "a"); return nil }); err != nil {
			t.Fatal(err)
		}
		held(t, db)
		write := func(ctx context.Context) func(tx *database.Tx) error {
			return func(tx *database.Tx) error {
				b := &database.Batch{}
				b.Exec(`UPDATE contacts SET language = 'ur' WHERE id = 'a'`)
				return tx.Last(ctx, b)
			}
		}
		if err := db.WriteSoon(ctx, write(ctx)); !database.Busy(err) || !database.Passing(err) {
			t.Errorf("a lock somebody else has: %v", err)
		}
		short, cancel := context.WithTimeout(ctx, 2500*time.Millisecond) // longer than who is waited for gets
		defer cancel()
		if err := db.Write(short, write(short)); database.Busy(err) || !database.Passing(err) {
			t.Errorf("a job waits as long as its context: %v", err)
		}
	})
}

func TestWhoIsWaitedForGivesUpOnAStatement(t *testing.T) {
	db := databasetest.Open(t, database.Postgres, nil)
	ctx := context.Background()
	limits := func(tx *database.Tx) (s string) {
		if err := tx.QueryRow(ctx, `SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')`).Scan(&s); err != nil {
			t.Error(err)
		}
		return s
	}
	err := db.WriteSoon(ctx, func(tx *database.Tx) error {
		if got := limits(tx); got != "2s 1500ms" {
			t.Errorf("the limits are %s", got)
		}
		_, err := tx.Exec(ctx, `SELECT pg_sleep(60)`)
		return err
	})
	if !database.Busy(err) {
		t.Errorf("a statement of a minute: %v", err)
	}
	for range 30 { // whichever connection it is
		if err := db.Write(ctx, func(tx *database.Tx) error {
			if got := limits(tx); got != "0 0" {
				t.Errorf("the next transaction has the limits %s", got)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// A node that vanished with a transaction open must not keep a resident's conversation locked.
func TestAVanishedNodesLocksEnd(t *testing.T) {
	db := databasetest.Open(t, database.Postgres, nil)
	var idle string
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT current_setting('idle_in_transaction_session_timeout')`).Scan(&idle)
	})
	if err != nil || idle != "30s" {
		t.Errorf("an idle transaction ends after %q: %v", idle, err)
	}
}

func TestSQLiteWaitsForOtherConnectionsAsLongAsItMay(t *testing.T) {
	db := databasetest.Open(t, database.SQLite, nil)
	ctx := context.Background()
	patience := func(write func(context.Context, func(*database.Tx) error) error) (ms int) {
		err := write(ctx, func(tx *database.Tx) error { return tx.QueryRow(ctx, `PRAGMA busy_timeout`).Scan(&ms) })
		if err != nil {
			t.Fatal(err)
		}
		return ms
	}
	for range 2 {
		if soon, all := patience(db.WriteSoon), patience(db.Write); soon != 1500 || all != 5000 {
			t.Errorf("waits %d ms and %d ms", soon, all)
		}
	}
	other, err := db.Writer().Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	if err := db.WriteSoon(ctx, func(*database.Tx) error { return nil }); !database.Busy(err) {
		t.Errorf("another connection writes: %v", err)
	}
	if _, err := other.ExecContext(ctx, `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if patience(db.WriteSoon) != 1500 {
		t.Error("the writer is not usable after it gave up")
	}
}

func TestWhatPasses(t *testing.T) {
	for code, want := range map[string]bool{"40P01": true, "57P01": true, "53100": true, "42P01": true, "08006": true,
		"23505": false, "22021": false, "22001": false, "54000": false} {
		if got := database.Passing(fmt.Errorf("write: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%s passes: %v", code, got)
		}
	}
	if database.Passing(errors.New("decode message")) || database.Passing(nil) {
		t.Error("an error of ours passes")
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		exec := func(query string) error {
			return db.Write(ctx, func(tx *database.Tx) error { _, err := tx.Exec(ctx, query); return err })
		}
		if err := exec(`INSERT INTO no_such_table VALUES (1)`); !database.Passing(err) {
			t.Errorf("a table that is missing: %v", err)
		}
		if err := exec(`INSERT INTO contacts (id, created_at) VALUES (NULL, NULL)`); err == nil || database.Passing(err) {
			t.Errorf("a broken rule: %v", err)
		}
	})
}
