package concierge

import (
	"testing"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A person is sent no more than their pace allows, over all nodes; what has to wait is sent when its time comes.
func TestAPersonsPace(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.SetEngine(script(echo))
		o.h.s.Each = map[channels.Name]time.Duration{channels.Telegram: time.Hour}
		o.start()
		t.Cleanup(o.stop)
		b := beside(o, "node-2")
		b.h.s.Each = o.h.s.Each
		b.start()
		t.Cleanup(b.stop)
		o.receive(text("telegram:1", "one"))
		o.hears(o.tg, "telegram:1", "you said one", "privacy.first")
		b.receive(text("telegram:1", "two"))
		o.hears(o.tg, "telegram:1", "you said one", "privacy.first", "you said two")
		b.receive(text("telegram:1", "three")) // three at once are a burst
		o.receive(text("telegram:2", "four"))  // another person has a pace of their own
		o.hears(o.tg, "telegram:2", "you said four", "privacy.first")
		for _, n := range []*house{o, b} {
			if err := n.h.out.lookOnce(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
		o.is("you said three", "queued ")
		o.exec(`UPDATE conversations SET paced_at = $1`, time.Now().UTC().Add(2*time.Hour)) // an hour later
		o.hears(o.tg, "telegram:1", "you said one", "privacy.first", "you said two", "you said three")
	})
}

// What its sender could not send in time is shown as failed, though nobody looks at it while the sender is held.
func TestWhatIsPastItsTimeIsGivenUp(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := silent(t, db)
		for _, k := range []inbox.Kind{inbox.Safety, inbox.Reply, inbox.Agent, inbox.Update} {
			o.write(phone, k, string(k))
		}
		for kind, want := range map[inbox.Kind]time.Duration{inbox.Safety: time.Hour, inbox.Reply: time.Hour, inbox.Agent: 24 * time.Hour, inbox.Update: 24 * time.Hour} {
			var from, to time.Time
			if err := db.Read(o.ctx, func(tx *database.Tx) error {
				return tx.QueryRow(o.ctx, `SELECT due_at, expires_at FROM messages WHERE body = $1`, string(kind)).Scan(&from, &to)
			}); err != nil || to.Sub(from) != want {
				t.Errorf("%s is given up after %v, want %v: %v", kind, to.Sub(from), want, err)
			}
		}
		o.exec(`UPDATE messages SET expires_at = $1 WHERE body IN ('reply', 'words')`, time.Now().UTC().Add(-time.Second))
		o.h.out.ways[channels.SMS].of("sms:+447700900000").hear(&channels.SendError{Class: channels.Configuration})
		if err := o.h.out.lookOnce(o.ctx); err != nil {
			t.Fatal(err)
		}
		o.is("reply", "failed expired")
		o.is("words", "failed expired")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'queued'`); n != 3 {
			t.Errorf("%d wait, want 3", n)
		}
	})
}
