package concierge

import (
	"context"
	"fmt"
	"testing"
	"time"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A database that does not answer holds no drainer for long, and a stop not at all.
func TestTheStopIsBounded(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.Postgres, nil)
	o := open(t, db, script(echo))
	o.receive(text(phone, "hi"))
	o.hears(o.sms, phone, "you said hi", "privacy.first")
	o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() { // somebody holds the conversation's lock
		done <- db.Write(o.ctx, func(tx *database.Tx) error {
			_, err := tx.Exec(o.ctx, `SELECT id FROM conversations FOR UPDATE`)
			close(held)
			<-release
			return err
		})
	}()
	<-held
	o.h.Wake(o.one(`SELECT id FROM conversations`))
	ctx, cancel := context.WithTimeout(o.ctx, 2*time.Second)
	defer cancel()
	stopped := make(chan struct{})
	go func() { _ = o.h.Stop(ctx); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Error("the stop waits for a lock")
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Sends in hand when we stop are finished, and their results stored: none is cut.
func TestAStopCutsNoSend(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.sms.Delay(700 * time.Millisecond)
		for n := range 20 {
			o.receive(text(fmt.Sprintf("sms:+4477009009%02d", n), "hi"))
		}
		ctx, cancel := context.WithTimeout(o.ctx, 9*time.Second)
		defer cancel()
		_ = o.h.Stop(ctx)
		if got := len(o.sms.Sent()); got != 20 {
			t.Errorf("%d were sent, want the 20 in hand", got)
		}
		for query, want := range map[string]int{
			`SELECT COUNT(*) FROM messages WHERE status = 'sent'`: 20, `SELECT COUNT(*) FROM attempts WHERE result = 'ok'`: 20,
			`SELECT COUNT(*) FROM messages WHERE status = 'sending'`: 0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`: 0,
			`SELECT COUNT(*) FROM nodes`: 0,
		} {
			if n := o.count(query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
	})
}
