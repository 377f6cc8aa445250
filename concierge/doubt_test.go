package concierge

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"concierge/channels"
	"concierge/channels/channeltest"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// listing is a provider that keeps a list: what it says is the test's.
type listing struct {
	*channeltest.Recorder
	mu     sync.Mutex
	answer func(o channels.Outgoing, at time.Time) ([]channels.Handle, error)
	times  int
	at     time.Time // of the attempt it was asked about last
}

func (l *listing) Find(_ context.Context, o channels.Outgoing, at time.Time) ([]channels.Handle, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times++
	l.at = at
	return l.answer(o, at)
}

func (l *listing) askedAbout() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

func (l *listing) asked() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.times
}

// A send nobody knows the fate of: it is asked for after 30 s and after 60, adopted when it is listed and free, sent again when it is
// not, and given up after the third. No send is made while nobody has said no.
func TestSendsInDoubt(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		l := &listing{Recorder: o.sms, answer: func(channels.Outgoing, time.Time) ([]channels.Handle, error) { return nil, nil }}
		say := func(handles ...channels.Handle) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.answer = func(channels.Outgoing, time.Time) ([]channels.Handle, error) { return handles, nil }
		}
		o.h.s.Channels[channels.SMS] = l
		o.h.SetEngine(script(echo))
		o.start()
		t.Cleanup(o.stop)
		// pass lets time go by: the attempt is as old as that, and its doubt is looked at.
		pass := func(d time.Duration) {
			o.eventually(1, `SELECT COUNT(*) FROM messages m JOIN attempts a ON a.message_id = m.id AND a.n = m.attempt
				WHERE m.status = 'sending' AND a.result = 'uncertain'`) // else the result, stored after this, puts the doubt off again
			asked := l.asked()
			o.exec(`UPDATE attempts SET at = $1 WHERE message_id = (SELECT id FROM messages WHERE status = 'sending')`, time.Now().UTC().Add(-d))
			o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending'`, time.Now().UTC().Add(-time.Second))
			deadline := time.Now().Add(5 * time.Second)
			for l.asked() == asked {
				if time.Now().After(deadline) {
					t.Fatal("nobody asked the provider")
				}
				time.Sleep(5 * time.Millisecond)
			}
			o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`) // what it said is stored
			// The list is looked through around the attempt, not around the question.
			if ago := time.Since(l.askedAbout()); ago < d || ago > d+10*time.Second {
				t.Fatalf("asked about a message made %s ago, it was made %s ago", ago, d)
			}
		}
		reason := func(want string) {
			t.Helper()
			o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND reason = $1`, want)
		}
		uncertain := func() { o.sms.Fail(&channels.SendError{Class: channels.Uncertain, Code: "reset"}) }
		o.receive(text(phone, "one"))
		o.hears(o.sms, phone, "you said one", "privacy.first")
		o.eventually(2, `SELECT COUNT(*) FROM messages WHERE status = 'sent'`)

		uncertain() // listed: adopted, and not sent again. Another message's handle is not it.
		o.receive(text(phone, "two"))
		o.eventually(1, `SELECT COUNT(*) FROM attempts WHERE result = 'uncertain'`)
		pass(31 * time.Second)
		reason("asked")
		say("sms-1", "SMtwo", "SMthree")
		pass(50 * time.Second)
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sent' AND handle = 'SMtwo'`)

		say("sms-2", "SMtwo") // not listed: sent again after a minute, not before
		uncertain()
		o.receive(text(phone, "three"))
		o.receive(text(phone, "four"))
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND attempt = 1`)
		pass(31 * time.Second)
		reason("asked")
		o.hears(o.sms, phone, "you said one", "privacy.first")
		pass(61 * time.Second)
		o.hears(o.sms, phone, "you said one", "privacy.first", "you said three", "you said four")
		o.eventually(1, `SELECT COUNT(*) FROM attempts WHERE n = 2 AND result = 'ok'`)

		for range 3 { // three times nobody knows: given up, and what is behind it goes
			uncertain()
		}
		o.receive(text(phone, "five"))
		o.receive(text(phone, "six"))
		for n := range 3 {
			o.eventually(1, `SELECT COUNT(*) FROM messages m JOIN attempts a ON a.message_id = m.id AND a.n = m.attempt
				WHERE m.status = 'sending' AND m.attempt = $1 AND a.result = 'uncertain'`, n+1)
			if n == 1 { // the provider does not answer: nothing is sent meanwhile
				l.mu.Lock()
				l.answer = func(channels.Outgoing, time.Time) ([]channels.Handle, error) { return nil, errors.New("away") }
				l.mu.Unlock()
				pass(61 * time.Second)
				o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND attempt = 2 AND reason = ''`)
				say()
			}
			pass(61 * time.Second)
		}
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'failed' AND reason = 'unknown' AND body = 'you said five'`)
		o.hears(o.sms, phone, "you said one", "privacy.first", "you said three", "you said four", "you said six")

		uncertain() // its callback comes while it is asked for
		o.receive(text(phone, "seven"))
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND body = 'you said seven'`)
		id := o.one(`SELECT id FROM messages WHERE body = 'you said seven'`)
		l.mu.Lock()
		l.answer = func(channels.Outgoing, time.Time) ([]channels.Handle, error) {
			return []channels.Handle{"SMother"}, o.h.Receipt(o.ctx, channels.Receipt{Channel: channels.SMS, Message: id, Attempt: 1, Handle: "SMseven", Status: channels.Delivered})
		}
		l.mu.Unlock()
		pass(31 * time.Second)
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE id = $1 AND status = 'delivered' AND handle = 'SMseven'`, id)
		o.eventually(0, `SELECT COUNT(*) FROM conversations WHERE lease_until IS NOT NULL`)
	})
}
