package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"concierge/desk"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// A pasted text may hold what Postgres takes in no text. It is mended, never our failure.
func TestWhatIsNoTextIsMended(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db, "en")
		asha := h.sit("Asha", []string{desk.Supervisor, desk.Admin}, nil)
		id := h.resident("sms:+447700900801", "en", "person")
		at := "/desk/conversations/" + id
		for _, path := range []string{"/desk/queue?team=%00", "/desk/queue?channel=%ff", "/desk/cases?service=%ff&status=%00", "/desk/cases?team=a%00%ff"} {
			if status, body := asha.get(path); status != http.StatusOK {
				t.Errorf("%s: %d\n%s", path, status, body)
			}
		}
		if status, body := asha.press(at, at+"/takeover", nil); status != http.StatusOK {
			t.Fatalf("take over: %d\n%s", status, body)
		}
		if status, body := asha.press(at, at+"/note", url.Values{"text": {"a n\x00ote\xff"}}); status != http.StatusOK || !strings.Contains(body, "a note\uFFFD") {
			t.Errorf("note: %d\n%s", status, body)
		}
		form := asha.fields(at, at+"/reply")
		form.Set("text", "a dr\x00aft")
		if status, body := asha.post(at+"/draft", form); status != http.StatusOK || !strings.Contains(body, "a draft") {
			t.Errorf("draft: %d\n%s", status, body)
		}
		if status, body := asha.press("/desk/staff", "/desk/staff", url.Values{"email": {"n@council.example"}, "name": {"N\x00ora\xff"},
			"role": {"viewer"}}); status != http.StatusOK || !strings.Contains(body, "Nora\uFFFD") {
			t.Errorf("staff: %d\n%s", status, body)
		}
		other := h.browser()
		status, _ := other.press("/desk/login", "/desk/login", url.Values{"email": {"a\x00@b"}, "password": {"\x00"}})
		if status != http.StatusUnprocessableEntity {
			t.Errorf("sign in: %d", status)
		}
		if status, body := asha.press(at, at+"/transfer", url.Values{"team": {"parks"}, "note": {"x\x00y"}}); status != http.StatusOK {
			t.Errorf("transfer: %d\n%s", status, body)
		}
	})
}
