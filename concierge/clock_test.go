package concierge

import (
	"testing"
	"time"

	"concierge/channels"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A clock that was set back stalls nothing: a lease, a pause, a doubt and a hold further ahead than any can be are void. What is only
// scheduled waits for its time.
func TestAClockSetBack(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for _, c := range []struct {
			name, query string
			ahead       time.Duration
			goes        bool
		}{
			{"a lease of now", `UPDATE conversations SET lease_until = $1, lease_node = 'x'`, 15 * time.Second, false},
			{"a lease of an hour", `UPDATE conversations SET lease_until = $1, lease_node = 'x'`, time.Hour, true},
			{"a pause", `UPDATE messages SET attempt = 6, due_at = $1 WHERE status = 'queued'`, 36 * time.Minute, false},
			{"a pause from before", `UPDATE messages SET attempt = 1, due_at = $1 WHERE status = 'queued'`, time.Hour, true},
			{"a doubt", `UPDATE messages SET status = 'sending', rank = 1, attempt = 1, due_at = $1 WHERE status = 'queued'`, time.Minute, false},
			{"a doubt from before", `UPDATE messages SET status = 'sending', rank = 1, attempt = 1, due_at = $1 WHERE status = 'queued'`, 30 * time.Minute, true},
			{"one for later", `UPDATE messages SET due_at = $1 WHERE status = 'queued'`, time.Hour, false},
			{"one that waits for tomorrow's money", `UPDATE messages SET attempt = 1, reason = 'spent', due_at = $1 WHERE status = 'queued'`, 20 * time.Hour, false},
			{"a person's pace", `UPDATE conversations SET paced_at = $1`, time.Hour, true},
		} {
			t.Run(c.name, func(t *testing.T) {
				o := silent(t, databasetest.Open(t, db.Engine(), nil))
				o.h.s.Each = map[channels.Name]time.Duration{channels.SMS: 6 * time.Second}
				o.h.out.sealed = false
				for len(o.h.out.todo) > 0 { // woken when it was written
					o.h.out.take(<-o.h.out.todo)
				}
				o.exec(c.query, time.Now().UTC().Add(c.ahead))
				if err := o.h.out.lookOnce(o.ctx); err != nil { // what it finds is woken
					t.Fatal(err)
				}
				select {
				case id := <-o.h.out.todo:
					if !c.goes {
						t.Error("it is looked at each second")
					}
					o.h.out.woken(id)
				default:
				}
				o.h.out.sends.Wait()
				if got := len(o.sms.Texts(phone)) == 1; got != c.goes {
					t.Errorf("it goes: %v, want %v", got, c.goes)
				}
			})
		}
	})
}

// A clock set back during a doubt: the provider is asked around both readings of the moment, and a minute counts from now on.
func TestADoubtAndAClockSetBack(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := assemble(t, db, "node-1")
		var asked []time.Time
		l := &listing{Recorder: o.sms, answer: func(_ channels.Outgoing, at time.Time) ([]channels.Handle, error) {
			asked = append(asked, at)
			return nil, nil
		}}
		o.h.s.Channels[channels.SMS] = l
		o.h.SetEngine(script(echo))
		o.start()
		t.Cleanup(o.stop)
		o.sms.Fail(&channels.SendError{Class: channels.Uncertain})
		o.receive(text(phone, "hi"))
		o.eventually(1, `SELECT COUNT(*) FROM attempts WHERE result = 'uncertain'`)
		before := time.Now().UTC().Add(time.Hour)
		o.exec(`UPDATE attempts SET at = $1`, before)
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending'`, before.Add(30*time.Second))
		o.eventually(1, `SELECT COUNT(*) FROM messages WHERE status = 'sending' AND reason = 'asked'`)
		if n := o.count(`SELECT COUNT(*) FROM attempts WHERE n = 1 AND at <= $1`, time.Now().UTC()); n != 1 {
			t.Error("the minute does not count from now on")
		}
		if n := o.count(`SELECT COUNT(*) FROM messages WHERE status = 'sending' AND due_at <= $1`, time.Now().UTC().Add(time.Minute)); n != 1 {
			t.Error("it is asked about later than in a minute")
		}
		l.mu.Lock()
		if len(asked) != 2 || asked[0].Before(before.Add(-time.Second)) || time.Until(asked[1]) > 0 || time.Since(asked[1]) > 2*time.Minute {
			t.Errorf("asked around %v", asked)
		}
		l.mu.Unlock()
		o.exec(`UPDATE attempts SET at = $1`, time.Now().UTC().Add(-61*time.Second))
		o.exec(`UPDATE messages SET due_at = $1 WHERE status = 'sending'`, time.Now().UTC().Add(-time.Second))
		o.hears(o.sms, phone, "you said hi", "privacy.first")
	})
}
