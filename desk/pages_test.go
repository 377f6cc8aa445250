package desk_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"concierge/cases"
	"concierge/channels"
	"concierge/desk"
	"concierge/inbox"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

const evil = `<script>alert("x")</script>`

func TestEveryPageInBothDirectionsShowsScriptsAsText(t *testing.T) {
	for _, tag := range []string{"en", "ar"} {
		t.Run(tag, func(t *testing.T) {
			h := open(t, databasetest.Open(t, database.SQLite, nil), tag)
			s := h.sit("Asha "+evil, []string{desk.Supervisor, desk.Admin}, []string{"highways"})
			id := h.resident("whatsapp:+447700900101", "ar", evil+" مرحبا")
			h.bot(id, evil, evil, "2")
			h.receive(channels.Message{From: "whatsapp:+447700900101", Kind: channels.KindLocation, Location: &channels.Location{Lat: 52.4, Lon: -1.8, Label: evil}}, "ar")
			h.receive(channels.Message{From: "whatsapp:+447700900101", Kind: channels.KindPress, Press: channels.Press{Label: evil}}, "ar")
			h.request(id, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
			one := h.file(id, "pothole", evil)
			where, ref := "/desk/conversations/"+id, "/desk/cases/"+one.Reference.String()
			h.must(h.write(func(tx *database.Tx) error {
				if _, err := tx.Exec(ctx, `INSERT INTO quarantine (id, channel, provider_id, sealed, at) VALUES ('q', 'sms', 'p', $1, $2)`, []byte("x"), tx.Now()); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO nodes (id, version, started_at, renewed_at) VALUES ($1, 'v1', $2, $2)`, evil, tx.Now()); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO senders (channel, sender, held_until, why, code, told_at) VALUES ('sms', 'sms:+447700900000', $1, 'configuration', $2, $3)`,
					tx.Now().Add(time.Minute), evil+"20003", tx.Now()); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `UPDATE messages SET status = 'failed', rank = 3, reason = 'unreachable', code = $1 WHERE kind = 'reply'`, evil); err != nil {
					return err
				}
				_, err := h.cases.Note(ctx, tx, one.Reference, cases.Words{Text: evil}, cases.Actor{Kind: cases.Staff, ID: s.id})
				return err
			}))
			other := h.resident("sms:+447700900102", "en", evil)
			h.setAside(other, evil)
			pages := map[string]string{}
			get := func(path string) {
				status, body := s.get(path)
				if status != 200 {
					t.Fatalf("%s: %d\n%s", path, status, body)
				}
				pages[path] = body
			}
			get("/desk/queue")
			s.press(where, where+"/claim", nil)
			s.press(where, where+"/note", url.Values{"text": {evil}})
			s.press(ref, ref+"/note", url.Values{"text": {evil}})
			draft := s.fields(where, where+"/reply")
			draft.Set("text", evil)
			s.post(where+"/draft", draft)
			for _, path := range []string{where, "/desk/queue?view=mine", "/desk/queue?view=closed", "/desk/cases", ref, "/desk/health", "/desk/aside", "/desk/staff"} {
				get(path)
			}
			_, pages["preview"] = s.press(ref, ref+"/preview", url.Values{"target": {"fixed/repaired"}, "text": {evil}})
			_, pages["staff added"] = s.press("/desk/staff", "/desk/staff", url.Values{"email": {"x@council.example"}, "name": {evil}, "role": {desk.Agent}})
			_, pages["login"] = h.browser().get("/desk/login")
			_, pages["conflict"] = s.post(where+"/reply", url.Values{"form": draft["form"], "id": {"x"}, "text": {evil}, "last_seen_message_id": {"none"}})
			dir := map[string]string{"en": "ltr", "ar": "rtl"}[tag]
			for name, body := range pages {
				if strings.Contains(body, evil) || strings.Contains(body, `<script>`) {
					t.Errorf("%s runs a script", name)
				}
				if !strings.Contains(body, `dir="`+dir+`"`) {
					t.Errorf("%s is not written %s", name, dir)
				}
				if key := regexp.MustCompile(`[>"]desk\.[a-z_.]+[<"]|no value`).FindString(body); key != "" && !strings.Contains(key, "desk.css") {
					t.Errorf("%s shows the key %s", name, key)
				}
				if empty := regexp.MustCompile(`<(h1|h2|button|label|summary|th|option|dt)[^>]*>\s*</`).FindString(body); empty != "" && !strings.Contains(empty, `id="jump"`) {
					t.Errorf("%s has an empty %s", name, empty)
				}
			}
			for name, want := range map[string]string{where: "&lt;script&gt;", ref: "&lt;script&gt;", "preview": "&lt;script&gt;", "/desk/health": "&lt;script&gt;"} {
				if !strings.Contains(pages[name], want) {
					t.Errorf("%s does not show the text", name)
				}
			}
			if !strings.Contains(pages["/desk/health"], "20003") || !strings.Contains(pages["/desk/health"], "447700900000") {
				t.Error("the health page hides a sender that is held")
			}
			if h.words.Gaps() != 0 {
				t.Errorf("%d sentences could not be said", h.words.Gaps())
			}
		})
	}
}
