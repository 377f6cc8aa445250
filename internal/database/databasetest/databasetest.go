// Package databasetest lends tests real databases: SQLite in a temporary folder, and a throwaway Postgres made from the binaries on
// the machine. It refuses to fake either.
package databasetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"concierge/internal/database"
)

// Each runs f on both engines, each time on a fresh and migrated database.
func Each(t *testing.T, f func(t *testing.T, db *database.DB)) {
	t.Helper()
	for _, e := range []database.Engine{database.SQLite, database.Postgres} {
		t.Run(string(e), func(t *testing.T) { f(t, Open(t, e, nil)) })
	}
}

// Open gives a fresh, migrated database that is closed with the test.
func Open(t testing.TB, e database.Engine, clock func() time.Time) *database.DB {
	t.Helper()
	o := database.Options{Clock: clock, Unsafe: true, PoolSize: 24}
	if e == database.Postgres {
		o.URL = cloned(t)
	} else {
		o.Folder = copied(t)
	}
	db, err := database.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	return db
}

// template is a migrated SQLite file, made once a process and copied for each test.
var template = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "concierge-sqlite")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Folder: folder})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // the last connection to close empties the log into the file
		return nil, err
	}
	return os.ReadFile(filepath.Join(folder, "concierge.db"))
})

func copied(t testing.TB) string {
	t.Helper()
	data, err := template()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "concierge.db"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}
