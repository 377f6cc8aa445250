package inbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// TestWhateverHappensOnePartyOwnsIt plays residents, agents, the engine and the clock in any order. The database's own CHECK and unique
// index hold the legal pairs and one open stretch; this holds who may send, that lines are said once, and that numbers only rise.
func TestWhateverHappensOnePartyOwnsIt(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	s := openShop(t, databasetest.Open(t, database.SQLite, func() time.Time { return now }), "00:00-23:59")
	agents := []inbox.Actor{s.staff("Asha", "front_desk", "highways"), s.staff("Ben", "highways", "front_desk")}
	boss := s.staff("Sam")
	boss.All, boss.Sensitive, boss.Supervises = true, true, true
	agents = append(agents, boss)
	resident := 1000 // every run begins with somebody new
	known := []error{inbox.ErrStale, inbox.ErrHeld, inbox.ErrNotYours, inbox.ErrIncomplete, inbox.ErrNewer, inbox.ErrWindow}
	rapid.Check(t, func(rt *rapid.T) {
		resident++
		n := resident
		id, _ := s.resident(n, "hello")
		last := s.get(id)
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			a := agents[rapid.IntRange(0, 2).Draw(rt, "agent")]
			deed := rapid.SampledFrom([]string{"words", "BOT", "thanks", "request", "claim", "takeover", "reply", "wait", "release", "transfer", "return",
				"snooze", "close", "urgent", "tick", "present"}).Draw(rt, "deed")
			before := s.get(id)
			version := before.Version - int64(rapid.IntRange(0, 5).Draw(rt, "old")/5)
			err := s.write(func(tx *database.Tx) error {
				switch deed {
				case "request":
					c, err := s.in.Lock(s.ctx, tx, id)
					if err != nil {
						return err
					}
					return s.rules.Request(s.ctx, tx, c, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
				case "claim":
					return s.rules.Claim(s.ctx, tx, a, id, version)
				case "takeover":
					return s.rules.TakeOver(s.ctx, tx, a, id, version)
				case "reply", "wait":
					return s.rules.Reply(s.ctx, tx, a, id, inbox.ReplyForm{ID: database.NewID(), Text: "Hello from " + a.Name, Anyway: true, Wait: deed == "wait"})
				case "release":
					return s.rules.Release(s.ctx, tx, a, id, version)
				case "transfer":
					return s.rules.Transfer(s.ctx, tx, a, id, version, "highways", "yours")
				case "return":
					return s.rules.Return(s.ctx, tx, a, id, version, inbox.AsResume, "")
				case "snooze":
					return s.rules.Snooze(s.ctx, tx, a, id, version, tx.Now().Add(time.Hour))
				case "close":
					return s.rules.Close(s.ctx, tx, a, id, version, inbox.Resolved, true)
				case "urgent":
					return s.rules.Prioritise(s.ctx, tx, a, id, version, inbox.Urgent)
				case "present":
					_, err := tx.Exec(s.ctx, `UPDATE staff SET seen_at = $1`, tx.Now())
					return err
				}
				return nil
			})
			switch deed {
			case "words", "BOT", "thanks":
				s.resident(n, deed)
			case "tick":
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "hours")) * time.Hour / 2)
				s.must(s.rules.Tick(s.ctx, s.db))
			}
			if err != nil && !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
				rt.Fatalf("%s by %s: %v", deed, a.Name, err)
			}
			c := s.get(id)
			mine := before.Owner == inbox.AnAgent && before.AgentID == a.ID
			switch {
			case err != nil && (c.Version != before.Version || c.Owner != before.Owner || c.NextSeq != before.NextSeq):
				rt.Fatalf("%s failed (%v) and yet changed %+v to %+v", deed, err, before, c)
			case c.Version < last.Version || c.Epoch < last.Epoch:
				rt.Fatalf("%s: version %d to %d, epoch %d to %d", deed, last.Version, c.Version, last.Epoch, c.Epoch)
			case err == nil && (deed == "reply" || deed == "wait") && !mine && before.Owner != inbox.Queue:
				rt.Fatalf("%s sent while %s had it", a.Name, before.Owner)
			case c.Owner == inbox.AnAgent && c.AgentID != before.AgentID && c.Epoch == before.Epoch:
				rt.Fatalf("%s: a person took it and the epoch stands", deed)
			case before.Owner != inbox.Bot && c.Owner == inbox.Bot && c.Epoch == before.Epoch:
				rt.Fatalf("%s: the concierge has it again and the epoch stands", deed)
			}
			s.lawful(rt, id, c)
			last = c
		}
	})
}

// lawful looks at what must hold between any two steps.
func (s *shop) lawful(rt *rapid.T, id string, c *inbox.Conversation) {
	var open int
	var dangling, queued int
	s.must(s.db.Read(s.ctx, func(tx *database.Tx) error {
		if err := tx.QueryRow(s.ctx, `SELECT COUNT(*) FROM handoffs WHERE conversation_id = $1 AND ended_at IS NULL`, id).Scan(&open); err != nil {
			return err
		}
		if err := tx.QueryRow(s.ctx, `SELECT COUNT(*) FROM handoffs WHERE conversation_id = $1 AND (ended_at IS NULL) <> (outcome = '')`, id).Scan(&dangling); err != nil {
			return err
		}
		return tx.QueryRow(s.ctx, `SELECT COUNT(*) FROM messages WHERE conversation_id = $1 AND kind = 'reply' AND status = 'queued' AND NOT keep AND epoch > $2`,
			id, c.Epoch).Scan(&queued)
	}))
	if (c.Owner == inbox.Bot) != (open == 0) || dangling != 0 || queued != 0 {
		rt.Fatalf("owner %s with %d open stretches, %d without an end, %d replies of a later epoch", c.Owner, open, dangling, queued)
	}
	for _, once := range []string{"still in line", "Sorry for the wait"} {
		if said := strings.Count(fmt.Sprint(s.said(id)), once); said > 3 { // once a stretch
			rt.Fatalf("%q said %d times", once, said)
		}
	}
}
