package concierge

import (
	"strings"
	"testing"
	"time"

	"concierge/cases"
	"concierge/council"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
	"concierge/locales"
	"concierge/places"
)

// furnish gives a house the real engine, words, places and cases.
func furnish(t testing.TB, o *house) {
	t.Helper()
	set, err := locales.Load(locales.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	trees, err := dialog.Load(dialog.Layer{Name: "trees", FS: dialog.BuiltIn()})
	if err != nil {
		t.Fatal(err)
	}
	c := o.h.s.Council
	services := make([]dialog.Service, 0, len(c.Services))
	for _, s := range c.Services {
		services = append(services, dialog.Service{Code: s.Code, Group: s.Group, Joins: s.Radius > 0, Dated: !s.Target.IsZero(),
			Stoppers: map[string]dialog.Stopper{"danger.yes": {Line: "emergency", Never: true}}})
	}
	engine, err := dialog.New(dialog.Settings{Trees: trees, Book: set, Has: set.Has, Services: services, Groups: c.Groups,
		Languages: []dialog.Language{{Tag: "en", Name: "English"}}})
	if err != nil {
		t.Fatal(err)
	}
	index, err := places.Load(council.Demo(), places.Settings{Country: "GB", Gazetteer: c.Places.Gazetteer, Boundary: c.Places.Boundary,
		Wards: c.Places.Wards, Owners: c.Places.Owners})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := jobs.New(o.db, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.in = inbox.New(o.keys, set.Say, queue, inbox.Options{Wake: o.h.Wake})
	o.h.s.Inbox, o.h.s.Handoffs = o.in, inbox.NewHandoffs(o.in, c)
	o.h.s.Cases, o.h.s.Places, o.h.s.Queue = cases.New(cases.RulesOf(c), queue), index, queue
	o.h.s.Languages = func() Languages { return set }
	o.h.SetEngine(engine)
}

// TestAReportFromHelloToItsReference walks the pothole tree by SMS with everything real but the provider.
func TestAReportFromHelloToItsReference(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		answers := []string{"pothole", "no", "12 Stratford Road", "1", "large", "skip", "skip", "send"}
		for n, words := range answers {
			o.receive(text(phone, words))
			// A resident reads before they answer: first contact brings one message more.
			o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
			if n == 0 {
				if got := o.sms.Texts(phone); len(got) != 2 || !strings.Contains(got[0], "Demo") || !strings.Contains(got[1], "https://") {
					t.Fatalf("first contact: %q", got)
				}
			}
		}
		all := strings.Join(o.sms.Texts(phone), "\n< ")
		reference := o.one(`SELECT reference FROM cases`)
		if !strings.Contains(all, reference) || strings.Contains(all, "{{") || strings.Contains(all, "<no value>") {
			t.Fatalf("the reference %s is not said, or a word is missing:\n< %s", reference, all)
		}
		if got := o.one(`SELECT service FROM cases`); got != "pothole" {
			t.Errorf("filed as %s", got)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE keep AND body LIKE '%' || $1 || '%'`, reference); n == 0 {
			t.Error("a takeover could overtake the reference")
		}
		if n := o.count(`SELECT COUNT(*) FROM followers`); n != 1 {
			t.Errorf("%d followers", n)
		}
	})
}

func TestAPersonIsAskedForAndGivesBack(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		for _, words := range []string{"pothole", "no", "person"} {
			o.receive(text(phone, words))
		}
		o.eventually(1, `SELECT COUNT(*) FROM conversations WHERE owner = 'queue'`)
		o.receive(text(phone, "are you there?"))
		if got := o.one(`SELECT taken FROM messages WHERE body = 'are you there?'`); got != "desk" {
			t.Errorf("taken by %q", got)
		}
		o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
		before := len(o.sms.Texts(phone))
		o.receive(text(phone, "I can smell gas"))
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE kind = 'safety' AND status = 'sent'`)
		o.receive(text(phone, "smell of gas, really"))
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE kind = 'safety'`); n != 1 {
			t.Errorf("the line is said %d times", n)
		}
		if got := o.one(`SELECT priority FROM handoffs`); got != "urgent" {
			t.Errorf("priority %s", got)
		}
		// Returned by a person: the bot speaks first, once, though the job runs twice.
		var r inbox.Resume
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
			c.Owner, c.Epoch = inbox.Bot, c.Epoch+1
			r = inbox.Resume{Conversation: c.ID, Epoch: c.Epoch, How: "resume"}
			if _, err := tx.Exec(o.ctx, `UPDATE handoffs SET ended_at = $1, ended_by = 'a', outcome = 'returned'`, tx.Now()); err != nil {
				return err
			}
			return o.in.Save(o.ctx, tx, c)
		})
		for range 2 {
			if err := o.h.resume(o.ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
		got := o.sms.Texts(phone)[before:]
		if len(got) != 2 { // the safety line, then the question
			t.Fatalf("after the return: %q", got)
		}
		stale := r
		stale.Epoch--
		if err := o.h.resume(o.ctx, stale); err != nil || len(o.sms.Texts(phone)) != before+2 {
			t.Errorf("a stale return spoke: %v", err)
		}
	})
}

func TestAReminderOnceAndOnlyOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		furnish(t, o)
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		for _, words := range []string{"pothole", "no"} {
			o.receive(text("telegram:5", words))
		}
		nudge := func() {
			t.Helper()
			if err := o.h.nudge(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
		nudge() // not yet
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE kind = 'update'`); n != 0 {
			t.Fatal("reminded at once")
		}
		o.exec(`UPDATE conversations SET nudge_at = $1`, time.Now().UTC().Add(-time.Minute))
		nudge()
		nudge()
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE kind = 'update' AND status = 'sent'`)
		if n := o.count(`SELECT COUNT(*) FROM conversations WHERE nudge_at IS NOT NULL`); n != 0 {
			t.Error("it would be reminded again")
		}
		o.receive(text("telegram:5", "12 Stratford Road"))
		if n := o.count(`SELECT COUNT(*) FROM conversations WHERE nudge_at IS NOT NULL`); n != 0 {
			t.Error("one reminder a report, ever")
		}
		o.receive(text("telegram:6", "pothole"))
		o.receive(text("telegram:6", "no"))
		o.exec(`UPDATE conversations SET nudge_at = $1`, time.Now().UTC().Add(-time.Minute))
		o.exec(`UPDATE addresses SET opted_out_at = $1`, time.Now().UTC())
		nudge()
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE kind = 'update'`); n != 1 {
			t.Error("reminded after STOP")
		}
	})
}
