package api_test

import (
	"net/http"
	"strings"
	"testing"

	"concierge/internal/database"
	"concierge/internal/database/databasetest"
)

// What no database keeps as a text is a mistake of the partner's, told as one: never our failure, which they would try again for ever.
func TestWhatIsNoTextIsRefused(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db)
		path := "/api/v1/cases/" + string(o.file("street_light").Reference) + "/changes"
		for n, c := range []struct{ key, body, field string }{
			{"k1", `{"status":"investigating","reason":"visit","text":"a\u0000b","language":"en","if_version":1}`, "text"},
			{"k2", `{"status":"investigating","reason":"visit","language":"e\u0000n","if_version":1}`, "language"},
			{"k3", `{"status":"closed","reason":"not_ours","next_step":"\u0000","if_version":1}`, "next_step"},
			{"k4", `{"status":"investigating","reason":"vi\u0000sit","if_version":1}`, "reason"},
			{"k\xff5", `{"status":"investigating","reason":"visit","if_version":1}`, "Idempotency-Key"},
		} {
			status, _, text := o.call("works-old", path, c.key, c.body)
			if status != http.StatusUnprocessableEntity || !strings.Contains(text, c.field) || !strings.Contains(text, "not_text") {
				t.Errorf("%d: %d %s", n, status, text)
			}
		}
		if status, _, text := o.call("works-old", "/api/v1/cases?cursor=%00", "", ""); status != http.StatusUnprocessableEntity {
			t.Errorf("a cursor: %d %s", status, text)
		}
		if status, _, text := o.call("works-old", path, "k6", `{"status":"investigating","reason":"visit","if_version":1}`); status != http.StatusOK {
			t.Errorf("a good one after them: %d %s", status, text)
		}
	})
}
