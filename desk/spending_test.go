package desk_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"concierge/desk"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestTheHealthPageShowsTheDaysMoney(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		root := h.sit("Rita Root", []string{desk.Admin}, nil)
		health := func(want ...string) {
			t.Helper()
			_, body := root.get("/desk/health")
			for _, w := range want {
				if !strings.Contains(body, w) {
					t.Fatalf("no %q:\n%s", w, body)
				}
			}
		}
		health("Spending today", "GBP 0.00 of GBP 40.00", `value="0"`)
		spent := func(pence int64) {
			h.must(h.write(func(tx *database.Tx) error {
				day, _ := h.council.Day(tx.Now())
				_, err := tx.Exec(ctx, `INSERT INTO spending (day, channel, parts, spent) VALUES ($1, 'sms', 310, $2)
					ON CONFLICT (day, channel) DO UPDATE SET spent = excluded.spent`, day.String(), pence*inbox.Unit/100)
				return err
			}))
		}
		spent(1240)
		health("GBP 12.40 of GBP 40.00", `value="31"`, "<td>310</td>")
		spent(3200)
		health(`value="80"`, "Near the limit")
		spent(4001)
		health("GBP 40.01 of GBP 40.00", `value="100"`, "until midnight only emergency lines are sent")
	})
}

func TestStaffReadWhyAMessageWasNotSent(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha Rahman", []string{desk.Agent}, []string{"highways"})
		for _, c := range []struct{ from, reason, tag, why string }{
			{"sms:+12025550123", "country", "Another country&#39;s number: we do not answer it", "Failed: we do not write to numbers of this country"},
			{"sms:60777", "special", "A premium or short number: we do not answer it", "Failed: we never write to premium and short numbers"},
			{"sms:+447700900101", "spent", "", "Failed: the day&#39;s spending limit was reached"},
		} {
			id := h.resident(c.from, "en", "a person please")
			h.request(id, inbox.Request{Reason: inbox.Flooding, Topic: "pothole"})
			where := "/desk/conversations/" + id
			_, body := asha.get(where)
			if strings.Contains(body, "we do not answer it") != (c.tag != "") || !strings.Contains(body, c.tag) || !strings.Contains(body, "Too many messages, or a machine that answers") {
				t.Fatalf("%s: the page says\n%s", c.from, body)
			}
			asha.press(where, where+"/reply", url.Values{"text": {"Hello."}})
			set := func(status string, rank int) {
				h.must(h.write(func(tx *database.Tx) error {
					_, err := tx.Exec(ctx, `UPDATE messages SET status = $2, rank = $3, reason = $4, due_at = $5 WHERE conversation_id = $1 AND kind = 'agent'`,
						id, status, rank, c.reason, tx.Now().Add(9*time.Hour))
					return err
				}))
			}
			set("failed", 3)
			_, body = asha.get(where)
			if again := strings.Count(body, where+"/retry") == 1; !strings.Contains(body, c.why) || again != (c.reason == "spent") {
				t.Fatalf("%s: the failure:\n%s", c.from, body)
			}
			if c.reason == "spent" {
				set("queued", 0)
				if _, body = asha.get(where); !strings.Contains(body, "Waiting: the day&#39;s spending limit is reached. Will be sent at") {
					t.Fatalf("what waits:\n%s", body)
				}
			}
		}
	})
}
