package seal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/seal"
)

var ctx = context.Background()

func addresses(atOnce int) []seal.Column {
	return []seal.Column{{Table: "addresses", Name: "sealed", AtOnce: atOnce,
		Count: `SELECT COUNT(*) FROM addresses`,
		Read:  `SELECT id, sealed FROM addresses WHERE id > $1 ORDER BY id LIMIT $2`,
		Write: `UPDATE addresses SET sealed = $1 WHERE id = $2 AND sealed = $3`}}
}

// add seals n addresses with these keys, as one node would.
func add(t *testing.T, db *database.DB, k *seal.Keys, from, n int) {
	t.Helper()
	write(t, db, func(tx *database.Tx) error {
		var b database.Batch
		for i := from; i < from+n; i++ {
			id := fmt.Sprintf("%06d", i)
			b.Exec(`INSERT INTO contacts (id, created_at, seen_at) VALUES ($1, $2, $2)`, id, tx.Now())
			b.Exec(`INSERT INTO addresses (id, contact_id, kind, sealed, index_hmac, created_at) VALUES ($1, $1, 'sms', $2, $3, $4)`,
				id, k.Seal("addresses", id, []byte(number(id))), k.Index("sms", id), tx.Now())
		}
		return tx.Run(ctx, &b)
	})
}

func number(id string) string { return "+447700" + id }

func write(t *testing.T, db *database.DB, f func(*database.Tx) error) {
	t.Helper()
	if err := db.Write(ctx, f); err != nil {
		t.Fatal(err)
	}
}

// begin makes a new data key.
func begin(t *testing.T, db *database.DB, k *seal.Keys) {
	t.Helper()
	write(t, db, func(tx *database.Tx) error {
		_, fresh, err := k.Begin(ctx, tx, addresses(1))
		if err == nil && !fresh {
			err = errors.New("no new key")
		}
		return err
	})
}

// later lets two minutes pass, by the database's clock.
func later(t *testing.T, db *database.DB) {
	t.Helper()
	write(t, db, func(tx *database.Tx) error {
		past := tx.Now().Add(-2 * time.Minute)
		var b database.Batch
		b.Exec(`UPDATE keys SET used_from = $1 WHERE used_from IS NOT NULL`, past)
		b.Exec(`UPDATE reseals SET pass_began_at = $1 WHERE ended_at IS NULL AND pass = 1`, past)
		return tx.Run(ctx, &b)
	})
}

// finish steps until all is done.
func finish(t *testing.T, k *seal.Keys, columns []seal.Column) {
	t.Helper()
	for {
		p, err := k.Step(ctx, columns)
		if err != nil {
			t.Fatal(err)
		}
		if p.Wait > 0 {
			t.Fatalf("it waits for %v", p.Wait)
		}
		if p.Done {
			return
		}
	}
}

// openAll opens every address, and tells how many are under data-1, as what they begin with shows.
func openAll(t *testing.T, db *database.DB, k *seal.Keys) (all, old int) {
	t.Helper()
	if err := db.Read(ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, sealed FROM addresses`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			var sealed []byte
			if err := rows.Scan(&id, &sealed); err != nil {
				return err
			}
			if plain, err := k.Open("addresses", id, sealed); err != nil || string(plain) != number(id) {
				t.Fatalf("%s opens as %q, %v", id, plain, err)
			}
			if all++; len(sealed) == 12+13+16 {
				old++
			}
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return all, old
}

func TestANewDataKeyTakesOverWhileTwoNodesServe(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		one, two := load(t, db, secret), load(t, db, secret)
		add(t, db, one, 50, 25)
		begin(t, db, one)
		if p, err := one.Step(ctx, addresses(10)); err != nil || p.Wait <= 0 {
			t.Fatalf("before every node could learn the key: %+v, %v", p, err)
		}
		add(t, db, one, 100, 1)
		if _, old := openAll(t, db, one); old != 26 {
			t.Fatalf("the new key is in use before its time: %d rows of 26 are under the old one", old)
		}
		later(t, db)
		if p, err := one.Step(ctx, addresses(10)); err != nil || p.Done || p.Seen != 10 {
			t.Fatalf("first rows: %+v, %v", p, err)
		}
		add(t, db, one, 200, 1) // the first node has learned
		add(t, db, two, 1, 1)   // the second has not: the key it holds is old, and the walk is past this row
		if all, old := openAll(t, db, two); all != 28 || old != 17 {
			t.Fatalf("the second node opens %d, of them %d old", all, old)
		}
		add(t, db, two, 300, 1) // by reading it has learned
		finish(t, one, addresses(10))
		if all, old := openAll(t, db, one); all != 29 || old != 0 {
			t.Fatalf("%d rows, %d under the old key", all, old)
		}
		openAll(t, db, load(t, db, secret))
		var left int
		if err := db.Read(ctx, func(tx *database.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM keys WHERE name = 'data-1' AND retired_at IS NOT NULL AND LENGTH(wrapped) = 0`).Scan(&left)
		}); err != nil || left != 1 {
			t.Errorf("the old key is not gone: %d, %v", left, err)
		}
		begin(t, db, one)
		later(t, db)
		finish(t, one, addresses(10))
		if all, _ := openAll(t, db, load(t, db, secret)); all != 29 {
			t.Errorf("a third key: %d rows", all)
		}
	})
}

func TestNoKeyIsRetiredWhileANodeMaySealUnderIt(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) { inUseForTenSeconds(t, db, 5) })
}

func TestNoKeyIsRetiredAtOnceWhenNothingWasUnderIt(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) { inUseForTenSeconds(t, db, 0) })
}

func inUseForTenSeconds(t *testing.T, db *database.DB, n int) {
	k := load(t, db, secret)
	add(t, db, k, 0, n)
	begin(t, db, k)
	write(t, db, func(tx *database.Tx) error { // the key is in use for ten seconds
		past := tx.Now().Add(-10 * time.Second)
		_, err := tx.Exec(ctx, `UPDATE keys SET used_from = $1 WHERE used_from IS NOT NULL`, past)
		return err
	})
	for {
		p, err := k.Step(ctx, addresses(2))
		if err != nil || p.Done {
			t.Fatalf("%+v, %v", p, err)
		}
		if p.Wait > 0 {
			break
		}
	}
	if all, old := openAll(t, db, k); all != n || old != 0 {
		t.Errorf("%d rows, %d old", all, old)
	}
	var retired int
	if err := db.Read(ctx, func(tx *database.Tx) error {
		return tx.QueryRow(ctx, `SELECT COUNT(*) FROM keys WHERE retired_at IS NOT NULL`).Scan(&retired)
	}); err != nil || retired != 0 {
		t.Errorf("%d keys retired, %v", retired, err)
	}
}

func TestARowUnderALostKeyKeepsTheOldOnes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		k := load(t, db, secret)
		add(t, db, k, 0, 3)
		write(t, db, func(tx *database.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE addresses SET sealed = $1 WHERE id = '000001'`, make([]byte, 60))
			return err
		})
		begin(t, db, k)
		later(t, db)
		var err error
		for range 4 {
			if _, err = k.Step(ctx, addresses(2)); err != nil {
				break
			}
		}
		if !errors.Is(err, seal.ErrShut) {
			t.Fatalf("%v", err)
		}
		write(t, db, func(tx *database.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM addresses WHERE id = '000001'`)
			return err
		})
		finish(t, k, addresses(2))
	})
}

// TestMain also is the process that gets killed.
func TestMain(m *testing.M) {
	if os.Getenv("CONCIERGE_TEST_RESEAL") == "" {
		os.Exit(m.Run())
	}
	db, err := database.Open(ctx, database.Options{URL: os.Getenv("CONCIERGE_TEST_URL"), Folder: os.Getenv("CONCIERGE_TEST_FOLDER"), Unsafe: true})
	if err != nil {
		panic(err)
	}
	k, err := seal.Load(ctx, db, secret)
	for err == nil {
		_, err = k.Step(ctx, addresses(3))
	}
	panic(err)
}

func TestAResealIsKilledAndGoesOn(t *testing.T) {
	for _, engine := range []database.Engine{database.SQLite, database.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			o := database.Options{Unsafe: true}
			if engine == database.Postgres {
				o.URL = databasetest.StartPostgres(t, false)
			} else {
				o.Folder = t.TempDir()
			}
			db, err := database.Open(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if err := db.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			k := load(t, db, secret)
			const rows = 3000
			add(t, db, k, 0, rows)
			begin(t, db, k)
			later(t, db)
			for kills := range 3 {
				killed(t, db, o, int64(100*(kills+1)))
				if all, old := openAll(t, db, k); all != rows || old == 0 || old == rows {
					t.Fatalf("after kill %d: %d rows, %d old; it did not hit the middle", kills+1, all, old)
				}
			}
			finish(t, k, addresses(1000))
			if all, old := openAll(t, db, load(t, db, secret)); all != rows || old != 0 {
				t.Errorf("%d rows, %d old", all, old)
			}
		})
	}
}

// killed runs a reseal in a process of its own and kills it once it has moved so many rows.
func killed(t *testing.T, db *database.DB, o database.Options, moved int64) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "CONCIERGE_TEST_RESEAL=1", "CONCIERGE_TEST_URL="+o.URL, "CONCIERGE_TEST_FOLDER="+o.Folder)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for seen := int64(0); seen < moved; {
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		default:
		}
		if err := db.Read(ctx, func(tx *database.Tx) error {
			return tx.QueryRow(ctx, `SELECT pass_moved FROM reseals`).Scan(&seen)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

func TestANodeLearnsOfANewKeyByItself(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		one, two := load(t, db, secret), load(t, db, secret)
		watching, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { two.Watch(watching, slog.New(slog.DiscardHandler)); close(ended) }()
		begin(t, db, one)
		later(t, db)
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if two.Seal("addresses", "1", nil)[0] == 0xc5 && len(two.Seal("addresses", "1", nil)) == 4+12+16 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("it seals under the old key still")
			}
		}
		stop()
		<-ended
	})
}
