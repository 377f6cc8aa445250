package desk_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"concierge/cases"
	"concierge/desk"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

func TestTwentyAgentsClaimOneWinsNineteenReadHerName(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		id := h.resident("sms:+447700900101", "en", "a person please")
		h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		where := "/desk/conversations/" + id
		// Hashing passwords is slow on purpose, so four people have five browsers each.
		var sitters []*sitter
		for i, name := range []string{"Asha Rahman", "Ben Okafor", "Cleo Smith", "Dan Jones"} {
			s := h.sit(name, []string{desk.Agent}, []string{"highways"})
			sitters = append(sitters, s)
			_ = i
		}
		forms := make([]url.Values, 20)
		for i := range forms {
			forms[i] = sitters[i%4].fields(where, where+"/claim")
		}
		results := make([]int, 20)
		bodies := make([]string, 20)
		var wg sync.WaitGroup
		for i := range forms {
			wg.Go(func() { results[i], bodies[i] = sitters[i%4].post(where+"/claim", forms[i]) })
		}
		wg.Wait()
		c := h.get(id)
		winner := ""
		for _, s := range sitters {
			if s.id == c.AgentID {
				winner = s.name
			}
		}
		if winner == "" || c.Version != 3 { // made, requested, claimed
			t.Fatalf("after it: %+v", c)
		}
		for i := range results {
			name := sitters[i%4].name
			switch {
			case name == winner && results[i] != http.StatusOK: // pressed again, it is theirs already
				t.Errorf("the winner's browser %d reads %d", i, results[i])
			case name != winner && (results[i] != http.StatusConflict || !strings.Contains(bodies[i], winner+" has this conversation now.")):
				t.Errorf("%s reads %d:\n%s", name, results[i], bodies[i])
			}
		}
	})
}

func TestAConversationFromClaimToClose(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha Rahman", []string{desk.Agent}, []string{"highways"})
		id := h.resident("sms:+447700900101", "en", "a person please")
		h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		where := "/desk/conversations/" + id
		if _, body := asha.get("/desk/queue"); !strings.Contains(body, where) || !strings.Contains(body, "…0101") || strings.Contains(body, "7700900101") {
			t.Fatalf("the queue:\n%s", body)
		}
		for query, there := range map[string]bool{"channel=sms": true, "channel=telegram": false, "language=en": true, "language=ur": false, "service=pothole": true,
			"service=park_path": false, "team=highways": true, "team=parks": false} {
			if _, body := asha.get("/desk/queue?view=waiting&" + query); strings.Contains(body, where) != there {
				t.Errorf("narrowed by %s it is shown: %v", query, !there)
			}
		}
		if status, body := asha.press("/desk/queue", "/desk/queue/oldest", nil); status != http.StatusOK || !strings.Contains(body, "This conversation is yours.") {
			t.Fatalf("the oldest: %d\n%s", status, body)
		}
		old := asha.fields(where, where+"/reply")
		h.resident("sms:+447700900101", "en", "it is <b>urgent</b>")
		// A newer message holds the reply back with its words kept; Send anyway sends it once.
		old.Set("text", "Where is it exactly?")
		status, body := asha.post(where+"/reply", old)
		if status != http.StatusConflict || !strings.Contains(body, ">Where is it exactly?</textarea>") || !strings.Contains(body, "Send anyway") ||
			strings.Count(body, `<li class="line resident new"`) != 1 {
			t.Fatalf("a newer message: %d\n%s", status, body)
		}
		again := asha.fieldsOf(body, where+"/reply")
		again.Set("text", "Where is it exactly?")
		again.Set("anyway", "1")
		for range 2 {
			if status, body := asha.post(where+"/reply", again); status != http.StatusOK {
				t.Fatalf("send anyway: %d\n%s", status, body)
			}
		}
		asha.press(where, where+"/note", url.Values{"text": {"Known to the crew."}})
		_, body = asha.get(where)
		if strings.Count(body, "Where is it exactly?") != 1 || !strings.Contains(body, "Note, not sent") || !strings.Contains(body, "Asha (Roads team) has joined.") {
			t.Fatalf("the conversation:\n%s", body)
		}
		draft := asha.fields(where, where+"/reply") // the same form, by another button
		draft.Set("text", "Half a thou")
		asha.post(where+"/draft", draft)
		if _, body := asha.get(where); !strings.Contains(body, ">Half a thou</textarea>") {
			t.Fatal("the draft is gone")
		}
		// Given back: the concierge speaks first, by a job of this epoch. Then taken over again, and closed.
		stale := asha.fields(where, where+"/return")
		stale.Set("version", "1")
		stale.Set("how", "menu")
		if status, _ := asha.post(where+"/return", stale); status != http.StatusConflict {
			t.Fatalf("an old form: %d", status)
		}
		asha.press(where, where+"/return", url.Values{"how": {"menu"}})
		if c := h.get(id); c.Owner != inbox.Bot {
			t.Fatalf("not with the concierge: %+v", c)
		}
		h.bot(id, "What can I do for you?")
		asha.press(where, where+"/takeover", nil)
		if _, body := asha.get(where); !strings.Contains(body, "Not sent: a person took over") {
			t.Fatalf("what the concierge had ready:\n%s", body)
		}
		asha.press(where, where+"/release", nil)
		if c := h.get(id); c.Owner != inbox.Queue {
			t.Fatalf("not released: %+v", c)
		}
		asha.press(where, where+"/claim", nil)
		if status, body := asha.press(where, where+"/close", url.Values{"outcome": {"resolved"}, "tell": {"1"}}); status != http.StatusOK || !strings.Contains(body, "The conversation is closed.") {
			t.Fatalf("close: %d\n%s", status, body)
		}
		if c := h.get(id); c.State != inbox.Closed {
			t.Fatalf("not closed: %+v", c)
		}
		var deeds string
		h.must(db.Read(ctx, func(tx *database.Tx) error {
			rows, err := tx.Query(ctx, `SELECT deed FROM audit WHERE actor = $1 AND subject = $2 ORDER BY id`, asha.id, id)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var deed string
				if err := rows.Scan(&deed); err != nil {
					return err
				}
				deeds += strings.TrimPrefix(deed, "conversation.") + " "
			}
			return rows.Err()
		}))
		if deeds != "claimed opened replied noted returned taken_over released claimed closed " {
			t.Fatalf("audit: %s", deeds)
		}
	})
}

func TestASupervisorAssigns(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	sam, asha, pat := h.sit("Sam Boss", []string{desk.Supervisor}, nil), h.sit("Asha Rahman", []string{desk.Agent}, []string{"highways"}), h.sit("Pat Green", []string{desk.Agent}, []string{"parks"})
	id := h.resident("sms:+447700900101", "en", "a person please")
	h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
	where := "/desk/conversations/" + id
	if status, _ := sam.press(where, where+"/assign", url.Values{"agent": {pat.id}}); status != http.StatusUnprocessableEntity {
		t.Fatalf("to somebody who could not open it: %d", status)
	}
	if status, body := sam.press(where, where+"/assign", url.Values{"agent": {asha.id}}); status != http.StatusOK || !strings.Contains(body, "With Asha Rahman") {
		t.Fatalf("%d\n%s", status, body)
	}
	if status, _ := asha.press(where, where+"/reply", url.Values{"text": {"Hello."}}); status != http.StatusOK {
		t.Fatalf("her first words: %d", status)
	}
	if _, body := asha.get(where); !strings.Contains(body, "Asha (Roads team) has joined.") || strings.Contains(body, where+"/assign") {
		t.Fatalf("her page:\n%s", body)
	}
}

func TestAFailedMessageIsSentAgainByHand(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha Rahman", []string{desk.Agent}, []string{"highways"})
		id := h.resident("sms:+447700900101", "en", "a person please")
		h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		where := "/desk/conversations/" + id
		asha.press(where, where+"/reply", url.Values{"text": {"Hello."}})
		h.must(h.write(func(tx *database.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE messages SET status = 'failed', rank = 3, reason = 'unreachable', code = '30003' WHERE kind = 'agent'`)
			return err
		}))
		_, body := asha.get(where)
		if !strings.Contains(body, "Failed: the number cannot be reached, or blocked us (30003)") || strings.Count(body, where+"/retry") != 1 {
			t.Fatalf("the failure:\n%s", body) // what was overtaken has no button
		}
		form := asha.fieldsOf(body, where+"/retry")
		if status, body := asha.post(where+"/retry", form); status != http.StatusOK || strings.Contains(body, "30003") {
			t.Fatalf("send again: %d\n%s", status, body)
		}
		if status, _ := asha.post(where+"/retry", form); status != http.StatusConflict {
			t.Fatalf("pressed twice: %d", status)
		}
		var due int
		h.must(db.Read(ctx, func(tx *database.Tx) error {
			return tx.QueryRow(ctx, `SELECT COUNT(*) FROM messages WHERE kind = 'agent' AND status = 'queued' AND rank = 0 AND expires_at > $1`, tx.Now().Add(23*time.Hour)).Scan(&due)
		}))
		if due != 1 {
			t.Fatal("it does not wait to be sent")
		}
	})
}

func TestWhatsAppTakesNoFreeTextAfterADay(t *testing.T) {
	late := time.Duration(0)
	db := databasetest.Open(t, database.SQLite, func() time.Time { return time.Now().Add(late) })
	h := open(t, db, "en")
	id := h.resident("whatsapp:+447700900101", "en", "a person please")
	h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
	where := "/desk/conversations/" + id
	late = 25 * time.Hour
	ben := h.sit("Ben Okafor", []string{desk.Agent}, []string{"highways"})
	status, body := ben.press(where, where+"/reply", url.Values{"text": {"Sorry we are late."}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, ">Sorry we are late.</textarea>") || h.get(id).Owner != inbox.Queue {
		t.Fatalf("%d\n%s", status, body)
	}
}

func TestAChangeIsPreviewedThenMade(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		sam := h.sit("Sam Supervisor", []string{desk.Supervisor}, nil)
		first := h.resident("sms:+447700900101", "en", "pothole")
		second := h.resident("whatsapp:+447700900102", "ur", "گڑھا")
		one := h.file(first, "pothole", "12 High St.")
		join := func(conversation string) {
			c := h.get(conversation)
			h.must(h.write(func(tx *database.Tx) error {
				_, _, err := h.cases.Join(ctx, tx, one.Reference, cases.ContactID(c.ContactID), cases.ConversationID(c.ID), cases.Words{})
				return err
			}))
		}
		where := "/desk/cases/" + one.Reference.String()
		move := url.Values{"target": {"planned/parts"}, "text": {"A crew comes on Friday."}}
		status, body := sam.press(where, where+"/preview", move)
		if status != http.StatusOK || !strings.Contains(body, "1 SMS part (GSM-7)") || !strings.Contains(body, "1 person gets a message") {
			t.Fatalf("preview: %d\n%s", status, body)
		}
		if got := h.status(one.Reference); got != cases.Received {
			t.Fatalf("a preview made it %s", got)
		}
		// Somebody joins meanwhile: nothing is changed, and the fresh preview names both languages.
		form := sam.fieldsOf(body, where+"/change")
		join(second)
		status, body = sam.post(where+"/change", form)
		if status != http.StatusConflict || !strings.Contains(body, "2 people get a message") || !strings.Contains(body, "اردو") || h.status(one.Reference) != cases.Received {
			t.Fatalf("moved meanwhile: %d\n%s", status, body)
		}
		// Words other than those previewed are refused as well.
		forged := sam.fieldsOf(body, where+"/change")
		forged.Set("text", "Something else")
		if status, _ := sam.post(where+"/change", forged); status != http.StatusConflict || h.status(one.Reference) != cases.Received {
			t.Fatalf("other words: %d", status)
		}
		status, body = sam.post(where+"/change", sam.fieldsOf(body, where+"/change"))
		if status != http.StatusOK || !strings.Contains(body, "Its followers are being told.") || h.status(one.Reference) != cases.Planned {
			t.Fatalf("change: %d\n%s", status, body)
		}
		status, body = sam.press(where, where+"/preview", url.Values{"target": {"closed/no_action"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, "this reason needs one") {
			t.Fatalf("a rule broken: %d\n%s", status, body)
		}
		if _, body := sam.get("/desk/cases?status=all"); !strings.Contains(body, where) || !strings.Contains(body, "Waiting for parts") {
			t.Fatalf("the list:\n%s", body)
		}
	})
}

func (h *house) status(ref cases.Reference) (s cases.Status) {
	h.Helper()
	h.must(h.db.Read(ctx, func(tx *database.Tx) error {
		one, err := h.cases.Get(ctx, tx, ref)
		s = one.Status
		return err
	}))
	return s
}

func TestLiveEventsCarryIdsAndEndWithTheSession(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha Rahman", []string{desk.Agent}, []string{"highways"})
		resp, err := (&http.Client{Jar: asha.Jar}).Get(h.url + "/desk/events")
		h.must(err)
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("%s %v", resp.Status, resp.Header)
		}
		lines := make(chan string, 100)
		go func() {
			defer close(lines)
			for s := bufio.NewScanner(resp.Body); s.Scan(); {
				lines <- s.Text()
			}
		}()
		next := func(prefix string) string {
			for {
				select {
				case l, open := <-lines:
					if !open {
						return "ended"
					}
					if strings.HasPrefix(l, prefix) {
						return l
					}
				case <-time.After(10 * time.Second):
					t.Fatalf("no %q", prefix)
				}
			}
		}
		next("retry:")
		hidden := h.resident("sms:+447700900109", "en", "somebody hurts me")
		h.request(hidden, inbox.Request{Reason: inbox.Safeguarding})
		id := h.resident("sms:+447700900101", "en", "my secret words")
		h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
		if data := next("data:"); !strings.Contains(data, id) || strings.Contains(data, hidden) || strings.Contains(data, "secret") {
			t.Fatalf("the event: %s", data)
		}
		began := time.Now()
		asha.press("/desk/queue", "/desk/logout", nil)
		if end := next("never"); end != "ended" || time.Since(began) > 3*time.Second {
			t.Fatalf("%s after %s", end, time.Since(began))
		}
		// A browser that comes again with a number reads what it missed; signed out, it is sent to sign in.
		cleo := h.sit("Cleo Smith", []string{desk.Agent}, []string{"highways"})
		req, _ := http.NewRequest(http.MethodGet, h.url+"/desk/events", nil)
		req.Header.Set("Last-Event-ID", "0")
		again, err := (&http.Client{Jar: cleo.Jar}).Do(req)
		h.must(err)
		defer again.Body.Close()
		for s := bufio.NewScanner(again.Body); s.Scan(); {
			if strings.HasPrefix(s.Text(), "data:") {
				if !strings.Contains(s.Text(), id) {
					t.Fatalf("missed: %s", s.Text())
				}
				break
			}
		}
		if _, body := asha.get("/desk/queue"); !strings.Contains(body, `action="/desk/login"`) {
			t.Fatal("still signed in")
		}
	})
}
