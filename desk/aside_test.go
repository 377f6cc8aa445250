package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"concierge/desk"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// setAside makes of a resident's message one the concierge failed on three times.
func (h *house) setAside(conversation, cause string) (message string) {
	h.Helper()
	h.must(h.write(func(tx *database.Tx) error {
		err := tx.QueryRow(ctx, `UPDATE messages SET taken = 'waiting' WHERE conversation_id = $1 AND inbound RETURNING id`, conversation).Scan(&message)
		if err != nil {
			return err
		}
		c, err := h.in.Lock(ctx, tx, conversation)
		if err != nil {
			return err
		}
		if did, err := h.in.SetAside(ctx, tx, c, message, cause); err != nil || !did {
			h.Errorf("set aside: %v %v", did, err)
		}
		return h.handoffs.Request(ctx, tx, c, inbox.Request{Reason: inbox.EngineError})
	}))
	return message
}

func (h *house) one(query string, args ...any) (s string) {
	h.Helper()
	h.must(h.db.Read(ctx, func(tx *database.Tx) error { return tx.QueryRow(ctx, query, args...).Scan(&s) }))
	return s
}

const cause = "panic runtime.boundsError place.go:41"

func TestWhatTheConciergeFailedOnIsShownAndTriedAgain(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha Rahman", []string{desk.Supervisor}, []string{"highways"})
		id := h.resident("sms:+447700900101", "en", "bad one")
		where := "/desk/conversations/" + id
		message := h.setAside(id, cause)
		if _, body := asha.get(where); !strings.Contains(body, "failed on this message three times: "+cause) {
			t.Errorf("the conversation:\n%s", body)
		}
		if _, body := asha.get("/desk/health"); !strings.Contains(body, `href="/desk/aside"`) || strings.Count(body, `<span class="tag warn">1</span>`) != 1 {
			t.Errorf("health does not count it:\n%s", body)
		}
		_, body := asha.get("/desk/aside")
		if !strings.Contains(body, cause) || !strings.Contains(body, where) || strings.Contains(body, "bad one") || strings.Contains(body, "7700900101") {
			t.Errorf("the list:\n%s", body)
		}
		again := asha.fieldsOf(body, where+"/again")
		if status, body := asha.post(where+"/again", again); status != http.StatusOK || !strings.Contains(body, "is reading the message again.") || strings.Contains(body, cause) {
			t.Errorf("tried again: %d\n%s", status, body)
		}
		if got := h.one(`SELECT taken || tries || owner || c.state FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1`, message); got != "waiting0botactive" {
			t.Errorf("after it: %s", got)
		}
		if got := h.one(`SELECT args FROM river_job WHERE kind = 'take'`); !strings.Contains(got, message) {
			t.Errorf("the job is %s", got)
		}
		if got := h.one(`SELECT detail FROM audit WHERE deed = 'conversation.tried_again' AND actor = $1 AND subject = $2`, asha.id, id); got != message {
			t.Errorf("the audit names %s", got)
		}
		if status, _ := asha.post(where+"/again", again); status != http.StatusConflict {
			t.Errorf("pressed twice: %d", status)
		}
		message = h.setAside(id, cause)
		if status, body := asha.press(where, where+"/dismiss", url.Values{}); status != http.StatusOK || !strings.Contains(body, "Dismissed.") || strings.Contains(body, cause) {
			t.Errorf("dismissed: %d\n%s", status, body)
		}
		if got := h.one(`SELECT taken FROM messages WHERE id = $1`, message); got != "desk" {
			t.Errorf("dismissed it is %s", got)
		}
		if got := h.get(id).Owner; got != inbox.Queue {
			t.Errorf("dismissed, the conversation is with %s", got)
		}
		if n := h.one(`SELECT CAST(COUNT(*) AS TEXT) FROM audit WHERE deed = 'conversation.dismissed'`); n != "1" {
			t.Errorf("%s entries of the audit", n)
		}
	})
}

func TestTryingAgainKeepsToWhoMay(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	id := h.resident("sms:+447700900101", "en", "bad one")
	h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"}) // highways has it
	message := h.setAside(id, cause)
	where := "/desk/conversations/" + id
	holder := h.sit("Holder Hall", []string{desk.Agent}, []string{"highways"})
	ben := h.sit("Ben Okafor", []string{desk.Agent}, []string{"highways"})
	parks := h.sit("Parks Person", []string{desk.Agent}, []string{"parks"})
	form := ben.fields(where, where+"/again")
	holder.press(where, where+"/claim", nil)
	if status, body := ben.post(where+"/again", form); status != http.StatusConflict || !strings.Contains(body, "Holder Hall") {
		t.Errorf("somebody else has it: %d", status)
	}
	if status, _ := parks.post(where+"/again", url.Values{"form": parks.fields("/desk/queue", "/desk/logout")["form"], "message": {message}}); status != http.StatusNotFound {
		t.Errorf("another team's: %d", status)
	}
	if status, body := holder.press(where, where+"/again", nil); status != http.StatusOK {
		t.Errorf("whose it is: %d\n%s", status, body)
	}
	if got := h.get(id); got.Owner != inbox.Bot {
		t.Errorf("it is with %s", got.Owner)
	}
	admin := h.sit("Admin Ade", []string{desk.Admin}, nil)
	h.setAside(id, cause)
	if _, body := admin.get("/desk/aside"); !strings.Contains(body, cause) || strings.Contains(body, where) {
		t.Error("who may see no conversations has a link to one, or does not see that something failed")
	}
}

func TestWhatNobodyCouldReadIsCountedAndDismissed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		h.must(h.write(func(tx *database.Tx) error {
			b := &database.Batch{}
			for _, id := range []string{"q1", "q2"} {
				b.Exec(`INSERT INTO quarantine (id, channel, provider_id, sealed, at, bytes) VALUES ($1, 'telegram', $1, $2, $3, 3000)`, id, h.keys.Seal("quarantine", id, []byte("secret words")), tx.Now())
			}
			return tx.Run(ctx, b)
		}))
		auditor := h.sit("Olu Auditor", []string{desk.Auditor}, nil)
		if _, body := auditor.get("/desk/aside"); !strings.Contains(body, ">q1<") || !strings.Contains(body, "3 KB") || !strings.Contains(body, `<span class="tag warn">2</span>`) || strings.Contains(body, "/dismiss") {
			t.Errorf("an auditor reads:\n%s", body)
		}
		admin := h.sit("Admin Ade", []string{desk.Admin}, nil)
		form := admin.fields("/desk/aside", "/desk/aside/q1/dismiss")
		if status, body := admin.post("/desk/aside/q1/dismiss", form); status != http.StatusOK || strings.Contains(body, ">q1<") || !strings.Contains(body, ">q2<") { // a form's token may hold any two letters
			t.Errorf("dismissed: %d\n%s", status, body)
		}
		if status, _ := admin.post("/desk/aside/q1/dismiss", form); status != http.StatusNotFound {
			t.Errorf("twice: %d", status)
		}
		if got := h.one(`SELECT actor FROM audit WHERE deed = 'quarantine.dismissed' AND subject = 'q1'`); got != admin.id {
			t.Errorf("the audit names %s", got)
		}
		form.Del("form")
		if status, _ := admin.post("/desk/aside/q2/dismiss", form); status != http.StatusForbidden {
			t.Errorf("without its token: %d", status)
		}
	})
}

// Where more were set aside than a page lists, the numbers beside the list still tell all.
func TestHealthCountsAllThatWasSetAside(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha Rahman", []string{desk.Supervisor}, []string{"highways"})
		id := h.resident("sms:+447700900101", "en", "bad one")
		h.must(h.write(func(tx *database.Tx) error {
			const many = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 103) `
			_, err := tx.Exec(ctx, many+`INSERT INTO messages (id, conversation_id, seq, inbound, kind, created_at, taken)
				SELECT 'm' || i, $1, 1000 + i, TRUE, 'text', $2, 'aside' FROM n`, id, tx.Now())
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, many+`INSERT INTO asides (message_id, cause, at) SELECT 'm' || i, 'error', $1 FROM n`, tx.Now())
			return err
		}))
		for _, page := range []string{"/desk/health", "/desk/aside"} {
			if _, body := asha.get(page); !strings.Contains(body, `<span class="tag warn">103</span>`) {
				t.Errorf("%s does not tell that there are 103", page)
			}
		}
	})
}
