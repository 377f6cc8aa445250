package concierge

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concierge/channels"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/spool"
)

// keepAt keeps a message on disk as of a time.
func keepAt(t *testing.T, s *spool.Spool, at time.Time, from, words string) {
	t.Helper()
	if err := s.Append(keptMessage, at, messageRecord(text(from, words))); err != nil {
		t.Fatal(err)
	}
}

// answers are what was written to an address, in its order, sent or not.
func (o *house) answers(to channels.Address) (all []string) {
	o.t.Helper()
	err := o.db.Read(o.ctx, func(tx *database.Tx) error {
		b := &database.Batch{}
		b.Each(`SELECT m.body FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN addresses a ON a.id = c.address_id
			WHERE NOT m.inbound AND a.index_hmac = $1 ORDER BY m.seq`, func(scan func(...any) error) error {
			var body string
			err := scan(&body)
			all = append(all, body)
			return err
		}, o.keys.Index(string(to.Kind()), to.Value()))
		return tx.Run(o.ctx, b)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

// copied waits until the spool is empty.
func (o *house) copied() {
	o.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if n, _ := o.h.s.Spool.Pending(); n == 0 && !o.h.intake.away.Load() && !o.h.intake.open.Load() {
			return
		}
		if time.Now().After(deadline) {
			o.t.Fatal("the spool is not copied in")
		}
	}
}

// Two nodes come back from an outage, one much sooner. What it holds waits until the other has had time to say that it holds earlier
// messages; then both take turns by the time they came.
func TestTheFirstNodeBackWaitsForTheOther(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.Postgres, nil)
	began := time.Now()
	node := func(name string, seconds ...int) *house {
		o := spooling(t, db, openSpool(t, filepath.Join(t.TempDir(), name), spool.Options{}), receivePatience)
		o.h.s.Node = name
		for _, n := range seconds {
			keepAt(t, o.h.s.Spool, began.Add(time.Duration(n)*time.Second-time.Minute), phone, fmt.Sprint(n))
		}
		return o
	}
	first, second := node("node-1", 2, 4), node("node-2", 1, 3, 5)
	var on atomic.Bool // until then the clock of the first node stands
	first.h.s.Now = func() time.Time {
		if on.Load() {
			return time.Now()
		}
		return began
	}
	first.start()
	first.copied()
	if n := first.count(`SELECT COUNT(*) FROM messages WHERE inbound AND taken = 'waiting'`); n != 2 {
		t.Errorf("%d turns wait on the first node, want 2", n)
	}
	second.start()
	second.copied()
	on.Store(true)
	first.drained()
	if got := strings.Join(first.answers(phone), "|"); got != "you said 1|privacy.first|you said 2|you said 3|you said 4|you said 5" {
		t.Errorf("the answers are %q", got)
	}
}

// A node's clock is wrong, or was set back while it kept messages: a resident's are still taken in the order they came to it.
func TestAWrongClockKeepsTheOrder(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(n int) time.Duration{
		"ahead":            func(n int) time.Duration { return time.Hour + time.Duration(n)*time.Millisecond },
		"behind":           func(n int) time.Duration { return -time.Hour + time.Duration(n)*time.Millisecond },
		"set back":         func(n int) time.Duration { return time.Duration(-n) * time.Minute },
		"set back an hour": func(n int) time.Duration { return time.Duration(n%5-n/5*3600) * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				s := openSpool(t, t.TempDir(), spool.Options{})
				const residents, messages = 4, 10
				for n := range messages {
					for r := range residents {
						keepAt(t, s, time.Now().Add(at(n)), fmt.Sprintf("telegram:%d", r), fmt.Sprint(n))
					}
				}
				o := spooling(t, db, s, receivePatience)
				o.start()
				o.drained()
				for r := range residents {
					want := []string{"you said 0", "privacy.first"}
					for n := 1; n < messages; n++ {
						want = append(want, fmt.Sprint("you said ", n))
					}
					got := o.answers(channels.Address(fmt.Sprint("telegram:", r)))
					if len(got) > 0 {
						got[0] = strings.TrimPrefix(got[0], "away.late\n")
					}
					if !slices.Equal(got, want) {
						t.Errorf("resident %d is answered %q", r, got)
					}
				}
			})
		})
	}
}

// A clock that is set back stalls nothing: neither the rest after an outage, nor an announcement from what is now the future.
func TestAClockSetBackStallsNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
		until := time.Now().Add(calmFor)
		o.h.intake.calm.Store(&until)
		o.h.s.Now = func() time.Time { return time.Now().Add(2 * calmFor) } // the steady clock has gone on
		if o.h.intake.calming() {
			t.Error("turns wait though the two seconds are over")
		}
		if db.Engine() == database.SQLite {
			return // one node, and its announcements have no age
		}
		announced := func(ago time.Duration) (yes bool) {
			o.exec(`INSERT INTO spools (node, renewed_at) VALUES ('node-2', now() - $1 * interval '1 second') ON CONFLICT (node) DO UPDATE SET renewed_at = EXCLUDED.renewed_at`, ago.Seconds())
			if err := db.Read(o.ctx, func(tx *database.Tx) (err error) { yes, err = o.in.Announced(o.ctx, tx); return err }); err != nil {
				t.Fatal(err)
			}
			return yes
		}
		for ago, want := range map[time.Duration]bool{0: true, 4 * time.Second: true, 6 * time.Second: false, -time.Hour: false} {
			if got := announced(ago); got != want {
				t.Errorf("an announcement of %v ago stands: %v", ago, got)
			}
		}
	})
}

// What waits is taken in the order it came, also when the database's clock was set back in between.
func TestTheDatabasesClockIsSetBackWhileMessagesWait(t *testing.T) {
	t.Parallel()
	var back atomic.Bool
	db := databasetest.Open(t, database.SQLite, func() time.Time {
		if back.Load() {
			return time.Now().Add(-time.Hour)
		}
		return time.Now()
	})
	cured := false
	o := open(t, db, moody{&cured})
	o.receive(text(phone, "bad 1"))
	back.Store(true)
	o.receive(text(phone, "2"))
	o.receive(text(phone, "3"))
	cured = true
	o.takeAll()
	if got := strings.Join(o.answers(phone), "|"); got != "you said bad 1|privacy.first|you said 2|you said 3" {
		t.Errorf("the answers are %q", got)
	}
}

// A process died after it had copied all in and before it took its announcement back. On SQLite nothing has an age, and turns would wait
// for ever.
func TestAnAnnouncementOfADeadProcess(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
		o.exec(`INSERT INTO spools (node, renewed_at) VALUES ('dead', $1)`, time.Now().UTC().Add(-2*announceGone))
		if err := o.h.receiveNow(o.ctx, text(phone, "left waiting"), coming{wait: true}); err != nil {
			t.Fatal(err)
		}
		o.start()
		if db.Engine() == database.SQLite { // on Postgres it is old by itself, and the jobs take what waits
			o.eventually(0, `SELECT COUNT(*) FROM spools`)
			o.hears(o.sms, phone, "you said left waiting", "privacy.first")
			return
		}
		o.takeAll()
		o.receive(text(phone, "hello"))
		o.hears(o.sms, phone, "you said left waiting", "privacy.first", "you said hello")
	})
}

const announceGone = 5 * time.Second

// A record of somebody who was erased meanwhile: its id is known, so it makes nobody new, and what waited for them is nobody's.
func TestARecordOfSomebodyErased(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		folder := t.TempDir()
		o := spooling(t, db, openSpool(t, folder, spool.Options{}), receivePatience)
		m := text(phone, "forget me")
		o.receive(m)
		if err := o.h.receiveNow(o.ctx, text(phone, "and this"), coming{wait: true}); err != nil {
			t.Fatal(err)
		}
		conversation := o.one(`SELECT id FROM conversations`)
		if err := o.h.s.Spool.Append(keptMessage, time.Now(), messageRecord(m)); err != nil {
			t.Fatal(err)
		}
		o.exec(`DELETE FROM conversations`)
		o.exec(`DELETE FROM addresses`)
		o.exec(`DELETE FROM contacts`)
		o.start()
		o.drained()
		if err := o.h.takeWaiting(o.ctx, conversation); err != nil {
			t.Errorf("the job of an erased conversation: %v", err)
		}
		if n := o.count(`SELECT COUNT(*) FROM contacts`) + o.count(`SELECT COUNT(*) FROM messages`); n != 0 {
			t.Errorf("%d rows of somebody erased", n)
		}
		if left := files(t, folder); len(left) != 0 {
			t.Errorf("left in the spool: %v", left)
		}
	})
}

// While the drain runs the disk is full: what comes is refused, and what is kept goes in all the same.
func TestTheSpoolIsFullWhileItDrains(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := openSpool(t, t.TempDir(), spool.Options{MaxBytes: 8 << 10, Segment: 1 << 10})
		o := spooling(t, db, s, receivePatience)
		kept := 0
		for s.Append(keptMessage, time.Now(), messageRecord(text(phone, fmt.Sprint(kept)))) == nil {
			kept++
		}
		o.h.intake.away.Store(true)
		if err := o.h.Receive(o.ctx, text(phone, "refused")); err == nil {
			t.Fatal("acknowledged, and nowhere kept")
		}
		if n := len(o.h.sweeper.due); n != 2 {
			t.Errorf("%d sweeps are due after a refusal, want 2", n)
		}
		o.start()
		o.drained()
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE inbound`); n != kept {
			t.Errorf("%d of %d stored", n, kept)
		}
		o.receive(text(phone, "after"))
		o.eventually(kept+2, `SELECT COUNT(*) FROM messages WHERE NOT inbound AND status = 'sent'`)
	})
}

// Staff let a message be read again that was set aside, when what it failed on is mended: it has its turn, and what came behind it.
func TestAMessageSetAsideIsReadAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		cured := false
		o := open(t, db, moody{&cured})
		for _, words := range []string{"bad one", "second", "third"} {
			o.receive(text(phone, words))
		}
		for range maxTries {
			o.takeAll()
		}
		o.receive(text(phone, "fourth"))
		id := o.one(`SELECT message_id FROM asides`)
		if cause := o.one(`SELECT cause FROM asides`); !strings.HasPrefix(cause, "panic string retry_test.go:") || strings.Contains(cause, "no such tree") {
			t.Errorf("the cause is %q", cause)
		}
		again := func() {
			err := db.Write(o.ctx, func(tx *database.Tx) error {
				return o.h.s.Handoffs.TryAgain(o.ctx, tx, inbox.Actor{ID: "asha", All: true}, o.one(`SELECT id FROM conversations`), id)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		again() // not mended yet
		for range maxTries {
			o.takeAll()
		}
		if got := o.one(`SELECT owner || (SELECT COUNT(*) FROM asides) FROM conversations`); got != "queue1" {
			t.Errorf("after three more failures: %s", got)
		}
		cured = true
		again()
		o.takeAll()
		got := strings.Join(o.answers(phone), "|")
		if strings.Count(got, "handoff.broken") != 2 || !strings.HasSuffix(got, "you said bad one|privacy.first|you said second|you said third|you said fourth") {
			t.Errorf("the answers are %q", got)
		}
	})
}
