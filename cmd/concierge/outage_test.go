package main_test

import (
	"context"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// The binary starts before its database: providers are answered, what they bring is kept, all else waits; then it is all read and
// answered once. And so again when the database goes away under it.
func TestTheDatabaseGoesAndComes(t *testing.T) {
	t.Parallel()
	server := databasetest.StartServer(t)
	b := newBinary(t, database.SQLite, true, "CONCIERGE_DATABASE="+server.URL(), "CONCIERGE_SECRET="+testSecret)
	b.run("migrate")
	server.Stop()
	b.process = exec.Command(b.file, "serve")
	b.process.Env, b.process.Stdout, b.process.Stderr = b.env, b.log, b.log
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	b.answers("/healthz", http.StatusOK)
	for _, path := range []string{"/readyz", "/desk/", "/t/abc"} {
		b.answers(path, http.StatusServiceUnavailable)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	sms, chat := b.sms(t, "+447700900123"), b.chat(t, 77, "en")
	for _, k := range []*talk{sms, chat} {
		if status := k.send(ctx, "hello"); status != http.StatusOK {
			t.Fatalf("%s: webhook answered %d while there was no database:\n%s", k.at, status, b.log)
		}
	}
	server.Start()
	b.answers("/readyz", http.StatusOK)
	for _, k := range []*talk{sms, chat} {
		k.hears()
	}
	db, err := database.Open(ctx, database.Options{URL: server.URL(), PoolSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	count := func(query string) (n int) {
		err := db.Read(ctx, func(tx *database.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) })
		if err != nil {
			return -1 // a connection from before the restart
		}
		return n
	}
	const taken, unsent = `SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'taken'`,
		`SELECT COUNT(*) FROM messages WHERE NOT inbound AND status IN ('queued', 'sending')`
	for ctx.Err() == nil && count(unsent) != 0 { // a send cut short would be in doubt for a minute
		time.Sleep(20 * time.Millisecond)
	}
	server.Stop()
	for _, k := range []*talk{sms, chat} {
		for range 5 {
			began := time.Now()
			if status := k.send(ctx, "menu"); status != http.StatusOK {
				t.Fatalf("%s: webhook answered %d while the database was away", k.at, status)
			}
			if d := time.Since(began); d > 3*time.Second {
				t.Errorf("%s: webhook answered after %v", k.at, d)
			}
		}
	}
	b.answers("/readyz", http.StatusServiceUnavailable)
	server.Start()
	for ctx.Err() == nil && (count(taken) < 12 || count(unsent) != 0) {
		time.Sleep(50 * time.Millisecond)
	}
	if n, m := count(taken), count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 12 || m != 12 {
		t.Errorf("%d messages stored and %d taken, want 12", m, n)
	}
	time.Sleep(500 * time.Millisecond) // for what would come twice
	sent := count(`SELECT COUNT(*) FROM messages WHERE NOT inbound AND status IN ('sent', 'delivered', 'read')`)
	// Of a burst of the same question only the last is answered; the greeting goes with the first words.
	if n := len(b.ledger.Texts(sms.at)) + len(b.ledger.Texts(chat.at)); n != sent || sent < 6 || count(unsent) != 0 {
		t.Errorf("%d messages sent, the phones have %d, %d are left", sent, n, count(unsent))
	}
}

// answers waits until a path is answered with a status.
func (b *binary) answers(path string, status int) {
	b.t.Helper()
	last := 0
	for range 400 {
		if resp, err := http.Get(b.url + path); err == nil {
			_ = resp.Body.Close()
			if last = resp.StatusCode; last == status {
				return
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	b.t.Fatalf("%s is answered %d, not %d:\n%s", path, last, status, b.log)
}
