package concierge

import (
	"slices"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/spool"
)

// The concierge marks its beginning when it begins, not when it first sweeps: what was lost in between is looked for.
func TestTheBeginningIsMarkedAtTheStart(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		const mark = `SELECT COUNT(*) FROM marks WHERE name = 'sweep-from'`
		began := time.Now()
		var last string
		for start := range 2 {
			o := assemble(t, db, "node-1")
			l := &inboxList{Recorder: o.sms}
			o.h.s.Channels[channels.SMS] = l
			o.h.SetEngine(script(echo))
			o.h.s.Now = func() time.Time { return began } // for this process it is never five seconds later: no sweep is due
			o.start()
			o.eventually(1, mark)
			o.stop()
			at := o.one(`SELECT CAST(at AS TEXT) FROM marks WHERE name = 'sweep-from'`)
			if start > 0 && at != last {
				t.Errorf("the second start moved it from %s to %s", last, at)
			}
			last = at
		}
		o := assemble(t, db, "node-2")
		l := &inboxList{Recorder: o.sms}
		o.h.sweeper.way = l
		o.sweep()
		if l.since.Before(began.Add(-time.Second)) || l.since.After(time.Now()) {
			t.Errorf("the first sweep looks back to %v, the start was at %v", l.since, began)
		}
	})
}

// A sweep follows each start, outage and refusal, at once and two minutes later, however many there are.
func TestASweepFollowsEachRefusal(t *testing.T) {
	t.Parallel()
	now := time.Now()
	began := now
	s := newSweeper(&Host{s: Settings{Now: func() time.Time { return now }}})
	var swept []time.Duration
	for now.Sub(began) < 10*time.Minute {
		if at := now.Sub(began); at < 5*time.Minute {
			s.soon()
		}
		if len(s.due) > 2*int(sweepAgain/time.Second) {
			t.Fatalf("%d are due", len(s.due))
		}
		if now.Sub(began)%time.Second == 0 && s.take() {
			swept = append(swept, now.Sub(began))
		}
		now = now.Add(250 * time.Millisecond)
	}
	follows := func(at time.Duration) bool {
		return slices.ContainsFunc(swept, func(x time.Duration) bool { return x >= at && x <= at+2*time.Second })
	}
	for refused := time.Duration(0); refused < 5*time.Minute; refused += 250 * time.Millisecond {
		if !follows(refused) || !follows(refused+sweepAgain) {
			t.Fatalf("no sweep follows the refusal at %v: %v", refused, swept)
		}
	}
	if s.take() || len(s.due) != 0 {
		t.Error("they never end")
	}
}

func TestASweepFollowsAStartAndAnOutage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
		keepAt(t, o.h.s.Spool, time.Now(), phone, "kept")
		began := time.Now()
		o.start()
		o.drained()
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE inbound`)
		o.h.sweeper.mu.Lock()
		defer o.h.sweeper.mu.Unlock()
		var due []time.Duration
		for _, at := range o.h.sweeper.due {
			due = append(due, at.Sub(began))
		}
		if len(due) != 2 || due[1] < sweepAgain {
			t.Errorf("after an outage sweeps are due in %v", due)
		}
		s := newSweeper(o.h)
		o.h.s.Channels[channels.SMS] = &inboxList{Recorder: channeltest.NewRecorder(channels.SMS)}
		s.start()
		s.stop()
		if len(s.due) != 2 || s.due[1].Sub(s.due[0]) < sweepAgain-time.Second {
			t.Errorf("after a start: %v", s.due)
		}
	})
}

// Nothing is swept while anything may still come out of a spool: this node's, or another's.
func TestNothingIsSweptBesideASpool(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := spooling(t, db, openSpool(t, t.TempDir(), spool.Options{}), receivePatience)
		l := &inboxList{Recorder: o.sms}
		o.h.sweeper.way = l
		refused := func(why string) {
			t.Helper()
			if err := o.h.sweeper.run(o.ctx); err != errCopying {
				t.Errorf("%s: %v", why, err)
			}
			if !l.since.IsZero() {
				t.Errorf("%s: the list was read", why)
			}
		}
		keepAt(t, o.h.s.Spool, time.Now(), phone, "kept")
		refused("a record of our own")
		all, err := o.h.s.Spool.Peek(1)
		if err == nil {
			err = o.h.s.Spool.Commit(all[0], 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		o.h.intake.away.Store(true)
		refused("an outage")
		o.h.intake.away.Store(false)
		if err := db.Write(o.ctx, func(tx *database.Tx) error { return o.in.Announce(o.ctx, tx, "node-2") }); err != nil {
			t.Fatal(err)
		}
		refused("another node's announcement")
		if err := db.Write(o.ctx, func(tx *database.Tx) error { return o.in.Unannounce(o.ctx, tx, "node-2") }); err != nil {
			t.Fatal(err)
		}
		o.sweep()
	})
}

// Younger than two minutes a message is left to its webhook; at two minutes it is taken, and one the database never takes holds up none.
func TestWhatTheSweepTakes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db, script(echo))
		poisoned(o)
		o.exec(`INSERT INTO marks (name, at) VALUES ('sweep-from', $1)`, time.Now().UTC().Add(-time.Hour))
		var all []channels.Message
		for _, m := range []struct {
			age   time.Duration
			words string
		}{{3 * time.Minute, "poison"}, {sweepAge + time.Second, "old enough"}, {sweepAge - 20*time.Second, "too young"}} {
			one := text(phone, m.words)
			one.At = time.Now().Add(-m.age)
			all = append(all, one)
		}
		o.h.sweeper.way = &inboxList{Recorder: o.sms, all: all}
		o.sweep()
		o.sweep()
		o.hears(o.sms, phone, "you said old enough", "privacy.first")
		if got := o.one(`SELECT taken FROM messages WHERE inbound`); got != string(inbox.Done) {
			t.Errorf("it is %s", got)
		}
	})
}
