package concierge

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"concierge/dialog"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
)

// moody panics on "bad", hangs on "slow", and echoes all else.
type moody struct{ cured *bool }

func (m moody) Turn(ctx context.Context, _ dialog.Lookup, s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
	if strings.Contains(in.Text, "bad") && !*m.cured {
		panic("no such tree")
	}
	if in.Text == "slow" {
		<-ctx.Done()
	}
	return echo(s, in)
}

func (o *house) takeAll() {
	o.t.Helper()
	if err := o.h.takeWaiting(o.ctx, o.one(`SELECT id FROM conversations`)); err != nil {
		o.t.Fatal(err)
	}
}

const takeJobs = `SELECT COUNT(*) FROM river_job WHERE kind = 'take'`

func TestAPanicKeepsTheMessageAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		cured := false
		o := open(t, db, moody{&cured})
		m := text(phone, "bad one")
		o.receive(m)
		o.receive(m) // the provider's copy
		o.receive(text(phone, "behind it"))
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'waiting'`); n != 2 {
			t.Fatalf("%d messages wait", n)
		}
		if n := o.count(takeJobs); n != 1 {
			t.Fatalf("%d jobs", n)
		}
		o.takeAll()
		if n := o.count(takeJobs); n != 2 {
			t.Fatalf("%d jobs after the second failure", n)
		}
		if n := o.count(`SELECT tries FROM messages WHERE body = 'bad one'`); n != 2 {
			t.Fatalf("%d tries", n)
		}
		cured = true
		o.takeAll()
		o.takeAll() // a second run is harmless
		o.hears(o.sms, phone, "you said bad one", "privacy.first", "you said behind it")
	})
}

func TestTheThirdFailureGoesToAPersonAndIsTold(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, moody{new(bool)})
		o.receive(text(phone, "bad one"))
		o.receive(text(phone, "behind it"))
		o.receive(text("sms:+447700900999", "somebody else"))
		conversation := o.one(`SELECT conversation_id FROM messages WHERE body = 'bad one'`)
		for range 3 {
			if err := o.h.takeWaiting(o.ctx, conversation); err != nil {
				t.Fatal(err)
			}
		}
		for query, want := range map[string]string{
			`SELECT taken FROM messages WHERE body = 'bad one'`:   "aside",
			`SELECT taken FROM messages WHERE body = 'behind it'`: "desk",
			`SELECT reason FROM handoffs`:                         "engine_error",
		} {
			if got := o.one(query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		if got := o.one(`SELECT owner FROM conversations WHERE id = $1`, conversation); got != "queue" {
			t.Errorf("owner is %s", got)
		}
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND body LIKE '%handoff.broken%' AND status = 'sent'`, conversation)
		o.hears(o.sms, "sms:+447700900999", "you said somebody else", "privacy.first")
		o.receive(text(phone, "bot")) // the way back
		o.eventually(1, `SELECT COUNT(*) FROM conversations WHERE id = $1 AND owner = 'bot'`, conversation)
	})
}

func TestATurnThatTakesTooLongIsAFailure(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, moody{new(bool)})
		start := time.Now()
		o.receive(text(phone, "slow"))
		if took := time.Since(start); took > 3*turnTime {
			t.Errorf("took %v", took)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE taken = 'waiting' AND tries = 1`); n != 1 {
			t.Error("the message is not kept for another try")
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE NOT inbound`); n != 0 {
			t.Error("something was said by a turn that failed")
		}
	})
}

func TestADatabaseThatIsGoneAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite, nil)
	o := open(t, db, script(echo))
	o.exec(`ALTER TABLE received RENAME TO gone`)
	if err := o.h.Receive(o.ctx, text(phone, "hello")); err == nil {
		t.Fatal("acknowledged, and not stored")
	}
	o.exec(`ALTER TABLE gone RENAME TO received`)
}

// TestTheQueueTakesWhatFailed runs River itself: the job comes after its pause, and finds its worker.
func TestTheQueueTakesWhatFailed(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var cured atomic.Bool
		o := open(t, db, script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			if !cured.Load() {
				panic("not yet")
			}
			return echo(s, in)
		}))
		workers := river.NewWorkers()
		queue, err := jobs.New(db, workers, Periodic(), nil)
		if err != nil {
			t.Fatal(err)
		}
		o.h.s.Queue = queue
		o.h.Workers(workers)
		if err := queue.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = queue.Stop(context.Background()) })
		o.receive(text(phone, "hello"))
		cured.Store(true)
		o.hears(o.sms, phone, "you said hello", "privacy.first")
	})
}
