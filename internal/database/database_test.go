package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestATransactionCommitsOrLeavesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		boom := errors.New("boom")
		told := 0
		err := db.Write(ctx, func(tx *database.Tx) error {
			tx.AfterCommit(func() { told++ })
			contact(t, tx, "a")
			return boom
		})
		if !errors.Is(err, boom) || told != 0 || count(t, db) != 0 {
			t.Fatalf("after a failure: err %v, told %d, rows %d", err, told, count(t, db))
		}
		err = db.Write(ctx, func(tx *database.Tx) error {
			tx.AfterCommit(func() { told++ })
			contact(t, tx, "a")
			return nil
		})
		if err != nil || told != 1 || count(t, db) != 1 {
			t.Fatalf("after a commit: err %v, told %d, rows %d", err, told, count(t, db))
		}
	})
}

func TestAPanicGivesTheConnectionBack(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for range 50 {
			func() {
				defer func() { _ = recover() }()
				_ = db.Write(context.Background(), func(tx *database.Tx) error { contact(t, tx, "a"); panic("poison") })
			}()
		}
		if n := count(t, db); n != 0 {
			t.Fatalf("%d rows of panicking transactions", n)
		}
	})
}

func TestABatchReadsAndWritesInOrder(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		err := db.Write(ctx, func(tx *database.Tx) error {
			var b database.Batch
			var changed int64
			var language string
			var found bool
			var nobody *time.Time
			var at time.Time
			now := time.Date(2027, 3, 25, 10, 0, 0, 123456000, time.UTC)
			b.Exec(`INSERT INTO contacts (id, language, created_at, seen_at) VALUES ($1, $2, $3, $3)`, "a", "ur", now)
			b.ExecCount(&changed, `UPDATE contacts SET language = $1 WHERE id = $2`, "pl", "a")
			b.Row(`SELECT language, seen_at FROM contacts WHERE id = $1`, "a").Into(&language, &at)
			b.RowOpt(&found, `SELECT language FROM contacts WHERE id = $1`, "b").Into(new(string))
			var seen []string
			b.Each(`SELECT id FROM contacts ORDER BY id`, func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				seen = append(seen, id)
				return err
			})
			b.Row(`SELECT MAX(nudge_at) FROM conversations`).Into(&nobody)
			if err := tx.Run(ctx, &b); err != nil {
				return err
			}
			if changed != 1 || language != "pl" || found || len(seen) != 1 || !at.Equal(now) || at.Location() != time.UTC || nobody != nil {
				t.Errorf("changed %d language %q found %v seen %v at %v nobody %v", changed, language, found, seen, at, nobody)
			}
			var missing database.Batch
			missing.Row(`SELECT id FROM contacts WHERE id = $1`, "zzz").Into(new(string))
			if err := tx.Run(ctx, &missing); !errors.Is(err, database.ErrNoRows) {
				t.Errorf("a row that is not there: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheLastBatchCommitsOrLeavesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		add := func(b *database.Batch, id string) {
			b.Exec(`INSERT INTO contacts (id, created_at, seen_at) VALUES ($1, $2, $2)`, id, time.Now().UTC())
		}
		told := 0
		last := func(before func(*database.Tx), ids ...string) error {
			return db.Write(ctx, func(tx *database.Tx) error {
				tx.AfterCommit(func() { told++ })
				if before != nil {
					before(tx)
				}
				b := &database.Batch{}
				for _, id := range ids {
					add(b, id)
				}
				return tx.Last(ctx, b)
			})
		}
		if err := last(nil, "a", "b"); err != nil || told != 1 || count(t, db) != 2 {
			t.Fatalf("first and last in one: err %v, told %d, rows %d", err, told, count(t, db))
		}
		if err := last(func(tx *database.Tx) { contact(t, tx, "c") }, "d", "a"); !database.IsDuplicate(err) || told != 1 || count(t, db) != 2 {
			t.Fatalf("one of it fails: err %v, told %d, rows %d", err, told, count(t, db))
		}
		if err := last(func(tx *database.Tx) { contact(t, tx, "c") }, "d"); err != nil || told != 2 || count(t, db) != 4 {
			t.Fatalf("after other statements: err %v, told %d, rows %d", err, told, count(t, db))
		}
		err := db.Write(ctx, func(tx *database.Tx) error {
			b := &database.Batch{}
			add(b, "e")
			var nothing string
			b.Row(`SELECT id FROM contacts WHERE id = 'nobody'`).Into(&nothing)
			return tx.Last(ctx, b)
		})
		if !errors.Is(err, database.ErrNoRows) || count(t, db) != 4 {
			t.Fatalf("a row that is missing: err %v, rows %d", err, count(t, db))
		}
		if db.Engine() != database.Postgres {
			return
		}
		err = db.Write(ctx, func(tx *database.Tx) error {
			b := &database.Batch{}
			add(b, "f")
			if err := tx.Last(ctx, b); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `DELETE FROM contacts`)
			return err
		})
		if err == nil || count(t, db) != 5 {
			t.Fatalf("a statement after the last: err %v, rows %d", err, count(t, db))
		}
	})
}

func TestADuplicateIsTold(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		insert := func(tx *database.Tx) error {
			_, err := tx.Exec(context.Background(), `INSERT INTO contacts (id, created_at, seen_at) VALUES ('a', $1, $1)`, tx.Now())
			return err
		}
		if err := db.Write(context.Background(), insert); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(context.Background(), insert); !database.IsDuplicate(err) {
			t.Fatalf("a second insert: %v", err)
		}
		if database.IsDuplicate(errors.New("other")) {
			t.Fatal("any error reads as a duplicate")
		}
	})
}

func TestTheRowLockOrdersWriters(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		if err := db.Write(ctx, func(tx *database.Tx) error { contact(t, tx, "a"); return nil }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				err := db.Write(ctx, func(tx *database.Tx) error {
					var language string
					if err := tx.QueryRow(ctx, `SELECT language FROM contacts WHERE id = $1`+tx.ForUpdate(), "a").Scan(&language); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, `UPDATE contacts SET language = $1 WHERE id = $2`, language+"x", "a")
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		err := db.Read(ctx, func(tx *database.Tx) error {
			var language string
			err := tx.QueryRow(ctx, `SELECT language FROM contacts WHERE id = 'a'`).Scan(&language)
			if len(language) != 16 {
				t.Errorf("%d of 16 writes are there", len(language))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestReadingCannotWrite(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		err := db.Read(context.Background(), func(tx *database.Tx) error {
			_, err := tx.Exec(context.Background(), `DELETE FROM contacts`)
			return err
		})
		if err == nil {
			t.Fatal("a read transaction deleted rows")
		}
	})
}

func TestMigratingAgainChangesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		if err := db.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := db.SchemaCurrent(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestOneServeToAFolder(t *testing.T) {
	folder := t.TempDir()
	unlock, err := database.LockFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.LockFolder(folder); err == nil {
		t.Fatal("two processes hold one folder")
	}
	unlock()
	again, err := database.LockFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func contact(t *testing.T, tx *database.Tx, id string) {
	t.Helper()
	if _, err := tx.Exec(context.Background(), `INSERT INTO contacts (id, created_at, seen_at) VALUES ($1, $2, $2)`, id, tx.Now()); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	err := db.Read(context.Background(), func(tx *database.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT COUNT(*) FROM contacts`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A folder may be called anything: nothing of its name is taken for a setting.
func TestAFolderOfAnyName(t *testing.T) {
	ctx := context.Background()
	folder := filepath.Join(t.TempDir(), "a #1? 50%41 ü")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db, err := database.Open(ctx, database.Options{Folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		var mode string
		if err := db.Read(ctx, func(tx *database.Tx) error { return tx.QueryRow(ctx, `PRAGMA journal_mode`).Scan(&mode) }); err != nil || mode != "wal" {
			t.Errorf("journal %q, %v", mode, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "concierge.db")); err != nil {
		t.Error(err)
	}
}
