package concierge

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/seal"
)

// unsealed are the columns of bytes that are not sealed, and why.
var unsealed = map[string]string{
	"keys.wrapped":          "wrapped by the secret itself",
	"addresses.index_hmac":  "a keyed hash",
	"addresses.last4_hmac":  "a keyed hash",
	"idempotency.body_hash": "a hash",
	"invites.token_hash":    "a hash",
	"sessions.data":         "the desk's session: staff id and times",
}

func TestEverySealedColumnIsResealed(t *testing.T) {
	listed := map[string]bool{}
	tables := map[string]bool{}
	for _, c := range SealedColumns() {
		listed[c.Table+"."+c.Name], tables[c.Table] = true, true
		for _, sql := range []string{c.Read, c.Write} {
			if !strings.Contains(sql, c.Table) || !strings.Contains(sql, c.Name) {
				t.Errorf("%s.%s is resealed by %q", c.Table, c.Name, sql)
			}
		}
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		sql := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'
			AND table_name NOT LIKE 'river_%'`
		if db.Engine() == database.SQLite {
			sql = `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
				AND c.type IN ('BYTEA', 'BLOB') AND m.name NOT LIKE 'river_%'`
		}
		seen := 0
		for _, column := range o.all(sql) {
			seen++
			if !listed[column] && unsealed[column] == "" {
				t.Errorf("%s holds bytes: is it sealed (SealedColumns), or why not?", column)
			}
		}
		if seen < len(listed)+4 {
			t.Errorf("only %d columns of bytes were found", seen)
		}
	})
	sealing := regexp.MustCompile(`\.Seal\("([a-z_]+)"`)
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range sealing.FindAllSubmatch(text, -1) {
			if !tables[string(m[1])] {
				t.Errorf("%s seals %s, which no reseal knows", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// all is the first column of every row.
func (o *house) all(query string) (list []string) {
	o.t.Helper()
	err := o.db.Read(o.ctx, func(tx *database.Tx) error {
		rows, err := tx.Query(o.ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			list = append(list, s)
		}
		return rows.Err()
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

func TestTheJobResealsWhatTheHostSealed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.receive(text("sms:+447700900123", "hello"))
		if err := o.h.Quarantine(o.ctx, channels.Telegram, "9", []byte("not to be read")); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(o.ctx, func(tx *database.Tx) error {
			_, err := tx.Exec(o.ctx, `INSERT INTO staff (id, email, name, roles, teams, created_at, totp) VALUES ('s1', 'a@b.example', 'A', '[]', '[]', $1, $2)`,
				tx.Now(), o.keys.Seal("staff", "s1", []byte("totp")))
			if err == nil {
				_, _, err = o.keys.Begin(o.ctx, tx, SealedColumns())
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var snooze *river.JobSnoozeError
		if err := o.h.reseal(o.ctx); !errors.As(err, &snooze) || snooze.Duration > 5*time.Second {
			t.Fatalf("before the key is used: %v", err)
		}
		o.exec(`UPDATE keys SET used_from = $1 WHERE used_from IS NOT NULL`, time.Now().UTC().Add(-2*time.Minute))
		if err := o.h.reseal(o.ctx); err != nil {
			t.Fatal(err)
		}
		if err := o.h.reseal(o.ctx); err != nil { // a second run is harmless
			t.Fatal(err)
		}
		if n := o.count(`SELECT COUNT(*) FROM keys WHERE retired_at IS NOT NULL`); n != 1 {
			t.Errorf("%d keys retired", n)
		}
		after, err := seal.Load(o.ctx, db, []byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range SealedColumns() {
			rows := 0
			err := db.Read(o.ctx, func(tx *database.Tx) error {
				list, err := tx.Query(o.ctx, c.Read, "", 100)
				if err != nil {
					return err
				}
				defer list.Close()
				for list.Next() {
					var id string
					var sealed []byte
					if err := list.Scan(&id, &sealed); err != nil {
						return err
					}
					if _, err := after.Open(c.Table, id, sealed); err != nil {
						t.Error(err)
					}
					rows++
				}
				return list.Err()
			})
			if err != nil || rows == 0 {
				t.Errorf("%s: %d rows, %v", c.Table, rows, err)
			}
		}
		o.receive(text("sms:+447700900123", "again"))
		if n := o.count(`SELECT COUNT(*) FROM addresses`); n != 1 {
			t.Errorf("the resident has become %d", n)
		}
	})
}

func TestAnIndexMadeAnewFindsEverybody(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		for _, a := range []string{"sms:+447700900123", "whatsapp:+447700900124", "telegram:5"} {
			o.receive(text(a, "hello"))
		}
		before := o.all(`SELECT id FROM conversations ORDER BY id`)
		err := db.Write(o.ctx, func(tx *database.Tx) error {
			next, err := o.keys.NewIndex(o.ctx, tx)
			if err != nil {
				return err
			}
			n, err := inbox.Reindex(o.ctx, tx, next)
			if n != 3 {
				t.Errorf("%d addresses", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		o2 := assemble(t, db, "node-2")
		o2.h.SetEngine(script(echo))
		for _, a := range []string{"sms:+447700900123", "whatsapp:+447700900124", "telegram:5"} {
			o2.receive(text(a, "again"))
		}
		if after := o.all(`SELECT id FROM conversations ORDER BY id`); strings.Join(after, " ") != strings.Join(before, " ") {
			t.Errorf("people we know became strangers: %v, %v", before, after)
		}
	})
}
