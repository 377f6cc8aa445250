package concierge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// inboxList is a provider that keeps what residents wrote.
type inboxList struct {
	*channeltest.Recorder
	all   []channels.Message
	since time.Time
}

func (l *inboxList) Sweep(_ context.Context, since time.Time, give func(channels.Message) error) error {
	l.since = since
	for _, m := range l.all {
		if err := give(m); err != nil {
			return err
		}
	}
	return nil
}

// What no webhook brought is found in the provider's list and answered once, in order, with a word on why it is late; what is known,
// too young, or older than the concierge itself is left alone.
func TestTheSweep(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		l := &inboxList{Recorder: o.sms}
		o.h.SetEngine(script(echo))
		o.start()
		t.Cleanup(o.stop)
		o.h.sweeper.way = l
		now := time.Now()
		old := func(age time.Duration, words string) channels.Message {
			m := text(phone, words)
			m.At = now.Add(-age)
			return m
		}
		run := func() {
			t.Helper()
			if err := o.h.sweeper.run(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
		run() // the first ever: it looks no further back than its own beginning
		if d := time.Since(l.since); d > time.Minute {
			t.Errorf("the first sweep looks %v back", d)
		}
		o.exec(`UPDATE marks SET at = $1 WHERE name = 'sweep-from'`, now.UTC().Add(-48*time.Hour))
		known := text(phone, "known")
		o.receive(known)
		o.exec(`UPDATE conversations SET turned_at = $1`, now.UTC().Add(-3*time.Hour))
		l.all = []channels.Message{old(20*time.Minute, "a"), known, old(19*time.Minute, "b"), old(time.Minute, "too young")}
		run()
		run()
		o.hears(o.sms, phone, "you said known", "privacy.first", "away.late\nyou said a", "you said b")
		if d := time.Since(l.since); d < sweepBack || d > sweepBack+time.Minute {
			t.Errorf("looks %v back", d)
		}
		o.exec(`UPDATE marks SET at = $1 WHERE name = 'sweep'`, now.UTC().Add(-3*time.Hour))
		run()
		if d := time.Since(l.since); d < 3*time.Hour || d > 3*time.Hour+sweepMargin+time.Minute {
			t.Errorf("after three hours away it looks %v back", d)
		}
		o.exec(`UPDATE marks SET at = $1 WHERE name = 'sweep'`, now.UTC().Add(-72*time.Hour))
		run()
		if d := time.Since(l.since); d < sweepFarthest-time.Minute || d > sweepFarthest+time.Minute {
			t.Errorf("it never looks further than a day back: %v", d)
		}
		if err := db.Write(o.ctx, func(tx *database.Tx) error { return o.in.Announce(o.ctx, tx, "node-2") }); err != nil {
			t.Fatal(err)
		}
		if err := o.h.sweeper.run(o.ctx); !errors.Is(err, errCopying) {
			t.Errorf("while a spool is copied in: %v", err)
		}
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		now := time.Now().UTC()
		for table, keep := range map[string]time.Duration{"received": keepReceived, "quarantine": keepQuarantine, "feed": keepFeed} {
			for i, age := range []time.Duration{0, keep - time.Hour, keep + time.Hour, 2 * keep} {
				switch at := now.Add(-age); table {
				case "received":
					o.exec(`INSERT INTO received (channel, account, provider_id, message_id, at) VALUES ('sms', 'AC1', $1, $1, $2)`, fmt.Sprint(i), at)
				case "quarantine":
					o.exec(`INSERT INTO quarantine (id, channel, provider_id, sealed, at) VALUES ($1, 'sms', $1, $2, $3)`, fmt.Sprint(i), []byte{1}, at)
				case "feed":
					o.exec(`INSERT INTO feed (at, topic, subject, kind) VALUES ($1, $2, 'x', 1)`, at, inbox.FeedConversation)
				}
			}
		}
		for range 2 {
			if err := o.h.purge(o.ctx); err != nil {
				t.Fatal(err)
			}
		}
		var left []int
		for _, table := range []string{"received", "quarantine", "feed"} {
			left = append(left, o.count(`SELECT COUNT(*) FROM `+table))
		}
		if !slices.Equal(left, []int{2, 2, 2}) {
			t.Errorf("left of each: %v, want 2", left)
		}
	})
}
