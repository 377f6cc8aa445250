package concierge

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"concierge/channels"
	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/spool"
)

// What a turn needs is locked by somebody else for longer than a provider waits: the message is on disk, not refused, and its waiting
// was no try.
func TestALockLeadsToTheSpool(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), time.Minute) // it is the database that gives up
		o.receive(text(phone, "first"))
		free := block(t, o, o.one(`SELECT id FROM conversations`))
		m := text(phone, "second")
		o.receive(m)
		if n, _ := o.h.s.Spool.Pending(); n != 1 {
			t.Errorf("%d records kept", n)
		}
		if err := o.h.receiveNow(o.ctx, text(phone, "refused"), coming{soon: true}); !database.Busy(err) {
			t.Errorf("without a spool the provider would hear %v", err)
		}
		free()
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 1 {
			t.Errorf("%d messages stored behind a lock", n)
		}
		o.start()
		o.drained()
		o.receive(m)
		o.receive(text(phone, "third"))
		o.hears(o.sms, phone, "you said first", "privacy.first", "you said second", "you said third")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound AND tries > 1`); n != 0 {
			t.Error("a lock counted as a failure of the turn")
		}
	})
}

// cut is an engine whose database is cut off in the middle of its turn, so often.
func cut(o *house, times int) script {
	return func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
		if times > 0 {
			times--
			o.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
				AND state LIKE 'idle in transaction%'`)
		}
		return echo(s, in)
	}
}

func TestADatabasesErrorIsNoTry(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.Postgres, nil)
	o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), time.Minute)
	o.h.SetEngine(cut(o, 2)) // the turn, and the second chance it has
	o.receive(text(phone, "hello"))
	if n, _ := o.h.s.Spool.Pending(); n != 1 {
		t.Fatalf("%d records kept", n)
	}
	if err := o.h.receiveNow(o.ctx, text(phone, "waits"), coming{wait: true}); err != nil {
		t.Fatal(err)
	}
	o.h.SetEngine(cut(o, 5))
	conversation := o.one(`SELECT id FROM conversations`)
	for range 5 {
		if err := o.h.takeWaiting(o.ctx, conversation); !database.Passing(err) {
			t.Fatalf("the turn: %v", err)
		}
		if n := o.count(`SELECT tries FROM messages WHERE inbound`); n != 0 {
			t.Fatalf("%d tries", n)
		}
	}
	o.start()
	o.drained()
	o.hears(o.sms, phone, "you said hello", "privacy.first", "you said waits")
}

// While the database is not well nothing of the spool is set aside, however often it is tried.
func TestNothingIsSetAsideWhileTheDatabaseIsIll(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		folder := t.TempDir()
		s := openSpool(t, folder, spool.Options{})
		o := spooling(t, db, s, receivePatience)
		for n := range 3 {
			if err := o.h.intake.keep(channels.SMS, keptMessage, messageRecord(text(phone, fmt.Sprint(n)))); err != nil {
				t.Fatal(err)
			}
		}
		o.exec(`ALTER TABLE received RENAME TO gone`)
		for range 2 * recordTries {
			all, err := s.Peek(drainAtOnce)
			if err == nil {
				err = o.h.intake.copySome(o.ctx, all)
			}
			if !database.Passing(err) {
				t.Fatalf("a table is missing: %v", err)
			}
		}
		o.exec(`ALTER TABLE gone RENAME TO received`)
		o.start()
		o.drained()
		o.hears(o.sms, phone, "you said 0", "privacy.first", "you said 1", "you said 2")
		if left := files(t, folder); len(left) != 0 {
			t.Errorf("set aside: %v", left)
		}
	})
}

// poisoned is a database that never takes a message with that word, whatever is tried.
func poisoned(o *house) {
	if o.db.Engine() == database.SQLite {
		o.exec(`CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.body = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END`)
		return
	}
	o.exec(`CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.body = 'poison' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$`)
	o.exec(`CREATE TRIGGER poison BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION poison()`)
}

// A message that the database itself will never take is acknowledged and set aside: it holds up neither its writer nor anybody else, and
// the database does not count as away.
func TestAMessageTheDatabaseNeverTakes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		folder := t.TempDir()
		o := spooling(t, db, openSpool(t, folder, spool.Options{}), receivePatience)
		poisoned(o)
		const who, other = "telegram:12", "telegram:13"
		for range missesToAway + 1 {
			o.receive(text(who, "poison"))
		}
		if o.h.intake.away.Load() {
			t.Error("the database counts as away")
		}
		o.start()
		o.receive(text(who, "hello"))
		o.receive(text(other, "hello"))
		o.drained()
		o.hears(o.tg, who, "you said hello", "privacy.first")
		o.hears(o.tg, other, "you said hello", "privacy.first")
		if left := files(t, folder); len(left) != missesToAway+1 {
			t.Errorf("set aside: %v", left)
		}
	})
}

// A panic that is no turn's keeps what came; the node lives on.
func TestAPanicOnTheWayIn(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite, nil)
	o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
	m := text(phone, "hello")
	err := o.h.intake.take(channels.SMS, keptMessage, func() []byte { return messageRecord(m) }, func() error { panic("secret words") })
	if err != nil {
		t.Error(err)
	}
	if n, _ := o.h.s.Spool.Pending(); n != 1 {
		t.Errorf("%d records kept", n)
	}
	if err := unpanicked(func() error { panic("secret words") }); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "busy_test.go") {
		t.Errorf("the panic tells %v", err)
	}
}

// One that could not be read comes again, because its first answer was lost: it is one.
func TestAnUnreadableUpdateIsKeptOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		for range 3 {
			if err := o.h.Quarantine(context.Background(), channels.Telegram, "77", []byte("what?")); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := o.h.Quarantine(context.Background(), channels.Telegram, "", []byte("no number")); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.one(`SELECT COUNT(*) || ' ' || SUM(bytes) FROM quarantine`); got != "3 23" {
			t.Errorf("%s kept", got)
		}
	})
}
