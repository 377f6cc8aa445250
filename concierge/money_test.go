package concierge

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"concierge/channels"
	"concierge/dialog"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// thrifty is a host that counts money, on a council's day the test sets: so that none hangs on the hour it runs at.
type thrifty struct {
	*house
	mu   sync.Mutex
	name string
	next time.Duration
}

// afford is a host whose SMS may cost so many parts a day, at 4 pence, and whose next day begins after so long.
func afford(t *testing.T, db *database.DB, parts int, next time.Duration) *thrifty {
	t.Helper()
	o := &thrifty{house: assemble(t, db, "node-1")}
	o.h.SetEngine(script(echo))
	o.h.s.Council.Channels.DailySpend.SMS = float64(parts) * 0.04
	o.h.s.Council.Channels.QuietHours.To = o.h.s.Council.Channels.QuietHours.From
	o.h.purse = purseOf(o.h.s.Council)
	o.h.purse.Day = func(now time.Time) (string, time.Time) {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.name, now.Add(o.next)
	}
	o.day("2026-11-30", next)
	if err := o.h.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.stop)
	return o
}

func (o *thrifty) day(name string, next time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.name, o.next = name, next
}

// greeted lets the phone say its first words, so that what follows is one message a turn.
func (o *thrifty) greeted(from string) {
	o.t.Helper()
	o.exec(`INSERT INTO spending (day, channel, spent) VALUES ('2026-11-30', 'sms', -1000000)`)
	o.receive(text(from, "hi"))
	o.hears(o.sms, from, "you said hi", "privacy.first")
	o.exec(`DELETE FROM spending`)
}

// write makes a message of a kind in the conversation of a phone, as the desk or a job does.
func (o *house) write(from string, k inbox.Kind, words string) {
	o.t.Helper()
	id := o.one(`SELECT c.id FROM conversations c JOIN addresses a ON a.id = c.address_id WHERE a.index_hmac = $1`,
		o.keys.Index(string(channels.Address(from).Kind()), channels.Address(from).Value()))
	err := o.db.Write(o.ctx, func(tx *database.Tx) error {
		c, err := o.in.Lock(o.ctx, tx, id)
		if err != nil {
			return err
		}
		return o.in.Write(o.ctx, tx, c, k, inbox.Words{Text: words})
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *house) is(words, want string) {
	o.t.Helper()
	o.eventually(1, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND body = $1 AND status || ' ' || reason = $2`, words, want)
}

func TestNumbersOfOtherCountriesAreHeardAndNeverAnswered(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		barred := []string{"sms:+12025550123", "sms:+449011234567", "sms:+448712345678", "sms:60777", "sms:+4407700900123", "whatsapp:+12025550123"}
		for _, from := range barred {
			o.receive(text(from, "hello"))
			m := text(from, "STOP")
			if m.Channel == channels.SMS {
				m.Kind = channels.KindOptOut // the carrier says so
			}
			o.receive(m)
		}
		for _, from := range []string{"whatsapp:GB.70210034455667788990", "telegram:77", phone} {
			o.receive(text(from, "hello"))
		}
		o.hears(o.sms, phone, "you said hello", "privacy.first")
		o.hears(o.wa, "whatsapp:GB.70210034455667788990", "you said hello", "privacy.first")
		o.hears(o.tg, "telegram:77", "you said hello", "privacy.first")
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != 2*len(barred)+3 {
			t.Errorf("%d messages are stored, want %d", n, 2*len(barred)+3)
		}
		if n := o.count(`SELECT COUNT(DISTINCT conversation_id) FROM messages WHERE NOT inbound`); n != 3 {
			t.Errorf("%d conversations were answered", n)
		}
		if n := testutil.ToFloat64(o.h.s.Metrics.Received.WithLabelValues("sms", "barred")); n != 5 {
			t.Errorf("%v counted", n)
		}
		// Whatever the kind: staff read why.
		for _, k := range []inbox.Kind{inbox.Reply, inbox.Agent, inbox.Update, inbox.Safety} {
			o.write(barred[0], k, "abroad "+string(k))
			o.write(barred[1], k, "premium "+string(k))
			o.is("abroad "+string(k), "failed country")
			o.is("premium "+string(k), "failed special")
		}
		o.write(barred[5], inbox.Agent, "by WhatsApp")
		o.is("by WhatsApp", "failed country")
		for _, r := range append(o.sms.Sent(), o.wa.Sent()...) {
			if channels.Barred(r.To, []string{"+44"}) != "" {
				t.Errorf("sent to one we must not write to")
			}
		}
	})
}

// TestATurnNeverMarksForANumberWeMayNotWriteTo is the mark in the turn's own transaction: the engine has spoken before the list changed.
func TestATurnNeverMarksForANumberWeMayNotWriteTo(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		o.receive(text(phone, "hi"))
		o.hears(o.sms, phone, "you said hi", "privacy.first")
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		o.conversation(func(_ *database.Tx, c *inbox.Conversation) error {
			rows, err := o.in.Compose(c, inbox.Reply, inbox.Words{Text: "x"}, time.Now())
			if err != nil {
				return err
			}
			var room entered
			rules := o.h.out.rules(&room)
			c.To = "sms:+12025550123"
			if m, _ := o.in.MarkFirst(c, rows, rules, time.Now().UTC()); m != nil {
				t.Error("it was marked")
			}
			return nil
		})
	})
}

func TestADaysMoney(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 5, 12*time.Hour)
		o.greeted(phone)
		heard := []string{"you said hi", "privacy.first"}
		for _, words := range []string{"one", "two", "three"} {
			o.receive(text(phone, words))
			heard = append(heard, "you said "+words)
			o.hears(o.sms, phone, heard...)
		}
		if n := testutil.ToFloat64(o.h.s.Metrics.SpendAlarms.WithLabelValues("sms", "near")); n != 0 {
			t.Fatalf("%v alarms at 60 %%", n)
		}
		o.receive(text(phone, "four"))
		o.write(phone, inbox.Update, "five")
		o.hears(o.sms, phone, append(heard, "you said four", "five")...)
		heard = append(heard, "you said four", "five")
		for level, want := range map[string]float64{"near": 1, "full": 1} {
			if n := testutil.ToFloat64(o.h.s.Metrics.SpendAlarms.WithLabelValues("sms", level)); n != want {
				t.Errorf("%v alarms %q, want %v", n, level, want)
			}
		}
		// Nothing is left: a reply is pointless tomorrow, what is unasked or a person's waits.
		o.receive(text(phone, "six"))
		o.is("you said six", "failed spent")
		o.write(phone, inbox.Update, "news")
		o.write(phone, inbox.Agent, "Asha here")
		o.is("news", "queued spent")
		o.is("Asha here", "queued spent")
		o.write(phone, inbox.Safety, "call 999")
		o.hears(o.sms, phone, append(heard, "call 999")...)
		o.receive(text("telegram:5", "hello")) // costs nothing
		o.hears(o.tg, "telegram:5", "you said hello", "privacy.first")
		if n := o.count(`SELECT spent FROM spending WHERE channel = 'sms'`); n != 6*40_000 {
			t.Errorf("spent %d", n)
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE reason = 'spent' AND status = 'queued' AND expires_at > $1`, time.Now().UTC().Add(35*time.Hour)); n != 2 {
			t.Errorf("%d of 2 keep their patience", n)
		}
		o.day("2026-12-01", 12*time.Hour)
		o.exec(`UPDATE messages SET due_at = $1 WHERE reason = 'spent' AND status = 'queued'`, time.Now().UTC())
		o.hears(o.sms, phone, append(heard, "call 999", "news", "Asha here")...)
		o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
		o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	})
}

func TestAReplyWaitsOverMidnight(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 1, 20*time.Minute)
		o.greeted(phone)
		o.receive(text(phone, "one"))
		heard := []string{"you said hi", "privacy.first", "you said one"}
		o.hears(o.sms, phone, heard...)
		o.receive(text(phone, "two"))
		o.receive(text(phone, "three"))
		o.is("you said two", "queued spent")
		o.is("you said three", "queued spent")
		if n := o.count(`SELECT COUNT(*) FROM attempts a JOIN messages m ON m.id = a.message_id WHERE m.reason = 'spent'`); n != 0 {
			t.Errorf("%d attempts at what was not sent", n)
		}
		for day, words := range []string{"two", "three"} {
			o.day(fmt.Sprintf("2026-12-%02d", day+1), 20*time.Minute)
			o.exec(`UPDATE messages SET due_at = $1 WHERE reason = 'spent'`, time.Now().UTC())
			heard = append(heard, "you said "+words)
			o.hears(o.sms, phone, heard...)
		}
		o.eventually(0, `SELECT COUNT(*) FROM messages WHERE status IN ('queued', 'sending')`)
	})
}

func TestATextOfThreePartsMayCrossTheCapOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 2, 12*time.Hour)
		o.greeted(phone)
		long := strings.Repeat("long ", 80) // 400 letters are three parts
		o.write(phone, inbox.Agent, "short")
		o.write(phone, inbox.Agent, long)
		o.write(phone, inbox.Agent, "after")
		o.hears(o.sms, phone, "you said hi", "privacy.first", "short", strings.TrimSpace(long))
		o.is("after", "queued spent")
		if got := o.one(`SELECT CAST(parts AS TEXT) || ' ' || CAST(spent AS TEXT) FROM spending`); got != "4 160000" {
			t.Errorf("counted %s", got)
		}
	})
}

func TestWhatAnAttemptCosts(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 100, 12*time.Hour)
		o.greeted(phone)
		spent := func(want int) {
			t.Helper()
			o.eventually(want, `SELECT spent / 40000 FROM spending`)
		}
		o.sms.Fail(&channels.SendError{Class: channels.Retry, Code: "x"})
		o.receive(text(phone, "one")) // surely not sent, then sent
		o.hears(o.sms, phone, "you said hi", "privacy.first", "you said one")
		spent(1)
		o.sms.Fail(&channels.SendError{Class: channels.Refused, Code: "x"})
		o.receive(text(phone, "two"))
		o.is("you said two", "failed refused")
		spent(1)
		o.sms.Fail(&channels.SendError{Class: channels.Uncertain, Code: "x"})
		o.receive(text(phone, "three")) // nobody knows: both may be on the bill
		o.eventually(1, `SELECT COUNT(*) FROM attempts WHERE result = 'uncertain'`)
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending'`, time.Now().UTC().Add(-time.Second))
		o.hears(o.sms, phone, "you said hi", "privacy.first", "you said one", "you said three")
		spent(3)
		// The day ends between mark and answer: what was taken from one day is given back to it.
		o.sms.Delay(100 * time.Millisecond)
		o.sms.Fail(&channels.SendError{Class: channels.Refused, Code: "x"})
		o.receive(text(phone, "four"))
		o.eventually(4, `SELECT spent / 40000 FROM spending`)
		o.day("2026-12-01", 12*time.Hour)
		o.is("you said four", "failed refused")
		spent(3)
		if n := o.count(`SELECT COUNT(*) FROM spending`); n != 1 {
			t.Errorf("%d days", n)
		}
	})
}

func TestARefundIsMadeOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 100, 12*time.Hour)
		o.greeted(phone)
		o.receive(text(phone, "one"))
		o.eventually(3, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		id := o.one(`SELECT id FROM messages WHERE body = 'you said one'`)
		m := &inbox.Marked{Conversation: o.one(`SELECT id FROM conversations`), Out: channels.Outgoing{ID: id, Attempt: 1, To: phone},
			Bill: &inbox.Bill{Channel: channels.SMS, Day: "2026-11-30"}}
		for range 3 { // a result that is stored again: a node that did not hear of its commit
			err := db.Write(o.ctx, func(tx *database.Tx) error {
				_, _, _, err := o.in.Settle(o.ctx, tx, []inbox.Result{{Marked: m, Err: &channels.SendError{Class: channels.Refused}}}, inbox.Rules{})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := o.count(`SELECT spent FROM spending`); n != 0 {
			t.Errorf("spent %d", n)
		}
	})
}

// TestNothingOvertakesWhatWasPutOff: money comes back, and what waits longest still goes first.
func TestNothingOvertakesWhatWasPutOff(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 1, 12*time.Hour)
		o.greeted(phone)
		o.receive(text(phone, "one"))
		o.hears(o.sms, phone, "you said hi", "privacy.first", "you said one")
		o.write(phone, inbox.Agent, "first")
		o.is("first", "queued spent")
		o.exec(`UPDATE spending SET spent = 0`)
		o.write(phone, inbox.Agent, "second")
		o.is("second", "queued spent")
		if n := o.count(`SELECT COUNT(DISTINCT due_at) FROM messages WHERE reason = 'spent'`); n != 1 {
			t.Errorf("they are due at %d moments", n)
		}
	})
}

// TestARetryThatHasNoMoneyHoldsUpNoDanger: an attempt was refused for a moment, then the day's money went elsewhere.
func TestARetryThatHasNoMoneyHoldsUpNoDanger(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 1, 12*time.Hour)
		o.greeted(phone)
		o.sms.Fail(&channels.SendError{Class: channels.Retry, Code: "x", After: time.Hour})
		o.write(phone, inbox.Agent, "Asha here")
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE body = 'Asha here' AND status = 'queued' AND attempt = 1`)
		o.exec(`UPDATE spending SET spent = 40000`)
		o.exec(`UPDATE messages SET due_at = $1 WHERE body = 'Asha here'`, time.Now().UTC())
		o.is("Asha here", "queued spent")
		o.write(phone, inbox.Safety, "call 999")
		o.hears(o.sms, phone, "you said hi", "privacy.first", "call 999")
		o.day("2026-12-01", 12*time.Hour)
		o.exec(`UPDATE messages SET due_at = $1 WHERE body = 'Asha here'`, time.Now().UTC())
		o.hears(o.sms, phone, "you said hi", "privacy.first", "call 999", "Asha here")
	})
}

func TestATemplateCostsAndAnAnswerByWhatsAppDoesNot(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		const them = "whatsapp:+447700900123"
		o.receive(text(them, "hello"))
		o.hears(o.wa, them, "you said hello", "privacy.first")
		if n := o.count(`SELECT COUNT(*) FROM spending`); n != 0 {
			t.Error("an answer was counted")
		}
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)
		o.exec(`UPDATE conversations SET inbound_at = $1`, time.Now().UTC().Add(-24*time.Hour))
		o.conversation(func(tx *database.Tx, c *inbox.Conversation) error {
			return o.in.Write(o.ctx, tx, c, inbox.Update, inbox.Words{Text: "news", Template: &inbox.Template{Key: "case_update", Values: []dialog.Line{{Text: "C7K-4M95"}}}})
		})
		o.hears(o.wa, them, "you said hello", "privacy.first", "news")
		if got := o.one(`SELECT channel || ' ' || CAST(parts AS TEXT) || ' ' || CAST(spent AS TEXT) FROM spending`); got != "whatsapp 1 30000" {
			t.Errorf("counted %s", got)
		}
	})
}

func TestWhoAsksForSilenceHearsThatItWasUnderstood(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := afford(t, db, 1, 12*time.Hour)
		o.greeted(phone)
		o.receive(text(phone, "one"))
		o.hears(o.sms, phone, "you said hi", "privacy.first", "you said one")
		o.h.SetEngine(script(func(s dialog.Session, in dialog.Input) (dialog.Session, []dialog.Event) {
			return s, []dialog.Event{dialog.UpdatesSet{}, dialog.Said{Lines: []dialog.Line{{Text: "no more news"}}}}
		}))
		o.receive(text(phone, "updates off"))
		o.hears(o.sms, phone, "you said hi", "privacy.first", "you said one", "no more news")
	})
}

func TestNoCapCountsNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		o.h.SetEngine(script(echo))
		o.h.s.Council.Channels.DailySpend.SMS, o.h.s.Council.Channels.DailySpend.WhatsApp = 0, 0
		if o.h.purse = purseOf(o.h.s.Council); o.h.purse != nil {
			t.Fatal("a purse without a cap")
		}
		if err := o.h.Start(o.ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.stop)
		o.receive(text(phone, "hello"))
		o.hears(o.sms, phone, "you said hello", "privacy.first")
		if n := o.count(`SELECT COUNT(*) FROM spending`); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestTheCouncilsMidnight is the real day of Europe/London, on the night the clocks go back: what is spent belongs to the day it was spent on,
// and what waits goes when the next one begins.
func TestTheCouncilsMidnight(t *testing.T) {
	t.Parallel()
	var at atomic.Int64
	set := func(clock string) {
		now, err := time.Parse(time.RFC3339, clock)
		if err != nil {
			t.Fatal(err)
		}
		at.Store(now.UnixMicro())
	}
	set("2026-10-24T22:59:30Z") // 23:59:30 in London
	db := databasetest.Open(t, database.SQLite, func() time.Time { return time.UnixMicro(at.Load()).UTC() })
	o := assemble(t, db, "node-1")
	o.h.SetEngine(script(echo))
	o.h.s.Council.Channels.DailySpend.SMS = 0.08
	o.h.purse = purseOf(o.h.s.Council)
	if err := o.h.Start(o.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.stop)
	heard := []string{"you said one", "privacy.first"}
	due := func(words, want string) {
		t.Helper()
		o.is(words, "queued spent")
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE body = $1 AND due_at = $2`, words, when(t, want))
	}
	o.receive(text(phone, "one"))
	o.hears(o.sms, phone, heard...)
	o.receive(text(phone, "two"))
	due("you said two", "2026-10-24T23:00:00Z")
	set("2026-10-24T23:00:00Z") // midnight: the day of 25 hours begins
	heard = append(heard, "you said two")
	o.hears(o.sms, phone, heard...)
	o.write(phone, inbox.Agent, "three")
	heard = append(heard, "three")
	o.hears(o.sms, phone, heard...)
	o.write(phone, inbox.Agent, "four")
	due("four", "2026-10-26T00:00:00Z")
	set("2026-10-25T23:59:59Z")
	o.receive(text(phone, "five"))
	due("you said five", "2026-10-26T00:00:00Z")
	set("2026-10-26T00:00:00Z")
	o.hears(o.sms, phone, append(heard, "four", "you said five")...)
	for day, want := range map[string]int{"2026-10-24": 2, "2026-10-25": 2, "2026-10-26": 2} {
		if n := o.count(`SELECT parts FROM spending WHERE day = $1`, day); n != want {
			t.Errorf("%s: %d parts, want %d", day, n, want)
		}
	}
}

func when(t *testing.T, clock string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, clock)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}
