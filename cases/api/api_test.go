package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"concierge/cases"
	"concierge/cases/api"
	"concierge/council"
	"concierge/internal/database"
	"concierge/internal/database/databasetest"
	"concierge/internal/jobs"
)

const partners = `
partners:
  lamps: {keys_env: {in: LAMPS_IN}, may: [read, change], services: [street_light]}
  works: {keys_env: {in: WORKS_IN}, may: [read, change, text], services: [pothole, street_light]}
  watch: {keys_env: {in: WATCH_IN}, may: [read]}
  vault: {keys_env: {in: VAULT_IN, signing: VAULT_SIGNING}, signed: required, may: [read]}
`

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

type office struct {
	t     *testing.T
	db    *database.DB
	cases *cases.Cases
	url   string
}

func open(t *testing.T, db *database.DB) *office {
	t.Helper()
	text, err := fs.ReadFile(council.Demo(), "council.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"council.yaml": {Data: append(text, partners...)}}
	env := map[string]string{"LAMPS_IN": "lamps-key", "WORKS_IN": "works-old,works-new", "WATCH_IN": "watch-key", "VAULT_IN": "vault-key",
		"VAULT_SIGNING": secret}
	c, err := council.Load(council.Overlay(council.Demo(), files), func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	queue, err := jobs.New(db, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, db: db, cases: cases.New(cases.RulesOf(c), queue)}
	server := httptest.NewServer(api.New(api.Settings{DB: db, Cases: o.cases, Council: c}))
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

func (o *office) file(service string) (one cases.Case) {
	o.t.Helper()
	err := o.db.Write(context.Background(), func(tx *database.Tx) (err error) {
		one, err = o.cases.File(context.Background(), tx, cases.Report{Service: service, By: cases.ByResident("canary-contact"),
			Conversation: "canary-conversation", Description: "canary words", Language: "en", Channel: "sms",
			Place: cases.Place{Lat: 52.48, Lon: -1.9, Point: true, Label: "12 Canary Road", Street: "Canary Road", Ward: "Ladywood"}})
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return one
}

// call asks as a partner; a body makes it a POST with that idempotency key.
func (o *office) call(key, path, idempotency, body string, headers ...string) (int, map[string]any, string) {
	o.t.Helper()
	method, reader := "GET", io.Reader(nil)
	if body != "" {
		method, reader = "POST", strings.NewReader(body)
	}
	r, err := http.NewRequest(method, o.url+path, reader)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	if idempotency != "" {
		r.Header.Set("Idempotency-Key", idempotency)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		o.t.Fatalf("%s: %v", text, err)
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode >= 400 && kind != "application/problem+json" {
		o.t.Errorf("%s %s: %d as %s", method, path, resp.StatusCode, kind)
	}
	return resp.StatusCode, got, string(text)
}

func TestAChangeIsMadeAndToldOnce(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db)
		one := o.file("street_light")
		path := "/api/v1/cases/" + string(one.Reference) + "/changes"
		const body = `{"status":"planned","reason":"parts","planned_for":"2099-04-06","text":"New lamp ordered.","language":"en","if_version":1}`
		var wait sync.WaitGroup
		texts := make([]string, 20)
		for i := range texts {
			wait.Add(1)
			go func() {
				defer wait.Done()
				status, _, text := o.call("lamps-key", path, "one", body)
				if status != 200 {
					t.Errorf("%d %s", status, text)
				}
				texts[i] = text
			}()
		}
		wait.Wait()
		for _, text := range texts {
			if text != texts[0] {
				t.Errorf("copies of one request were answered\n%s and\n%s", texts[0], text)
			}
		}
		status, got, text := o.call("lamps-key", "/api/v1/cases/"+string(one.Reference), "", "")
		if status != 200 || got["version"] != 2.0 || got["status"] != "planned" || got["reason"] != "parts" || got["followers"] != 1.0 ||
			got["promised_at"] != "2099-04-06T16:00:00Z" || got["due_at"] != one.DueAt.Format(time.RFC3339) {
			t.Errorf("%d %s", status, text)
		}
		if strings.Contains(strings.ToLower(text), "canary-") || strings.Contains(text, "canary words") || strings.Contains(text, "12 Canary") {
			t.Errorf("who reported, or their words, in %s", text)
		}
		expect(t, o, 422, "Idempotency-Key", "used", "lamps-key", path, "one", strings.Replace(body, "parts", "permit", 1))
		expect(t, o, 409, "if_version", "stale", "lamps-key", path, "two", body)
		expect(t, o, 409, "if_version", "stale", "lamps-key", path, "two", body) // the same again
		status, got, text = o.call("works-new", "/api/v1/cases/"+string(one.Reference), "", "")
		if status != 200 || got["description"] != "canary words" || got["label"] != "12 Canary Road" {
			t.Errorf("a partner who may read words: %d %s", status, text)
		}
	})
}

func expect(t *testing.T, o *office, status int, field, code, key, path, idempotency, body string) {
	t.Helper()
	got, answer, text := o.call(key, path, idempotency, body)
	faults, _ := answer["errors"].([]any)
	if got != status || answer["status"] != float64(status) {
		t.Errorf("%s: %d, want %d: %s", body, got, status, text)
		return
	}
	if field == "" && code == "" {
		return
	}
	if len(faults) != 1 || faults[0].(map[string]any)["field"] != field || faults[0].(map[string]any)["code"] != code {
		t.Errorf("%s: %s, want %s %s", body, text, field, code)
	}
}

func TestRefusals(t *testing.T) {
	db := databasetest.Open(t, database.SQLite, nil)
	o := open(t, db)
	lamp, hole := o.file("street_light"), o.file("pothole")
	path := "/api/v1/cases/" + string(lamp.Reference) + "/changes"
	for i, c := range []struct {
		name, key, path, body string
		status                int
		field, code           string
	}{
		{"no key", "", path, `{}`, 401, "", ""},
		{"somebody else's key", "lamps", path, `{}`, 401, "", ""},
		{"a case of another service", "lamps-key", "/api/v1/cases/" + string(hole.Reference) + "/changes", `{"status":"planned"}`, 404, "", ""},
		{"a case nobody has", "lamps-key", "/api/v1/cases/H4T-9WX5/changes", `{"status":"planned"}`, 404, "", ""},
		{"no reference", "lamps-key", "/api/v1/cases/H4T-9WX6/changes", `{"status":"planned"}`, 404, "", ""},
		{"one who may only read", "watch-key", path, `{"status":"planned"}`, 403, "", ""},
		{"an unknown field", "lamps-key", path, `{"status":"planned","colour":"red"}`, 422, "colour", "unknown_field"},
		{"a number for a status", "lamps-key", path, `{"status":4}`, 422, "status", "wrong_kind"},
		{"no JSON", "lamps-key", path, `status=planned`, 400, "", "not_json"},
		{"two bodies", "lamps-key", path, `{"status":"planned"}{}`, 400, "", "not_json"},
		{"an unknown status", "lamps-key", path, `{"status":"done"}`, 422, "status", "unknown"},
		{"closed without a reason", "lamps-key", path, `{"status":"closed"}`, 422, "reason", "needed"},
		{"a date gone by", "lamps-key", path, `{"status":"planned","planned_for":"2020-01-01"}`, 422, "planned_for", "past"},
		{"back to received", "lamps-key", path, `{"status":"received"}`, 422, "status", "same"},
		{"too much", "lamps-key", path, `{"text":"` + strings.Repeat("a", 70_000) + `"}`, 413, "", ""},
		{"a resident's word", "lamps-key", path, `{"status":"fixed","reason":"by_resident"}`, 422, "reason", "not_allowed"},
		{"a bad original", "lamps-key", path, `{"status":"closed","reason":"duplicate","original":"pothole"}`, 422, "original", "unknown"},
		{"an original nobody has", "lamps-key", path, `{"status":"closed","reason":"duplicate","original":"H4T-9WX5"}`, 422, "original", "unknown"},
	} {
		t.Log(c.name)
		expect(t, o, c.status, c.field, c.code, c.key, c.path, fmt.Sprint("key", i), c.body)
	}
	expect(t, o, 422, "Idempotency-Key", "needed", "lamps-key", path, "", `{"status":"planned"}`)
	if status, got, _ := o.call("lamps-key", "/api/v1/cases/"+string(lamp.Reference), "", ""); status != 200 || got["version"] != 1.0 {
		t.Errorf("a refusal changed the case: %v", got)
	}
	status, _, _ := o.call("lamps-key", path, "", "") // GET where POST is
	if status != http.StatusMethodNotAllowed {
		t.Errorf("GET of changes: %d", status)
	}
}

func TestListsHoldToThePartnersServices(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		o := open(t, db)
		for range 3 {
			o.file("street_light")
		}
		o.file("pothole")
		o.file("park_path")
		for _, c := range []struct {
			key, query string
			n          int
		}{
			{"lamps-key", "", 3}, {"works-old", "", 4}, {"works-new", "?service=pothole", 1}, {"watch-key", "", 5},
			{"lamps-key", "?status=planned,fixed", 0}, {"lamps-key", "?status=received&changed_since=2020-01-01T00:00:00Z", 3},
		} {
			status, got, text := o.call(c.key, "/api/v1/cases"+c.query, "", "")
			if all, _ := got["cases"].([]any); status != 200 || len(all) != c.n {
				t.Errorf("%s%s: %d %s", c.key, c.query, status, text)
			}
		}
		seen, cursor := map[any]bool{}, ""
		for range 3 {
			_, got, _ := o.call("lamps-key", "/api/v1/cases?limit=2"+cursor, "", "")
			for _, one := range got["cases"].([]any) {
				seen[one.(map[string]any)["reference"]] = true
			}
			if got["cursor"] == nil {
				break
			}
			cursor = "&cursor=" + got["cursor"].(string)
		}
		if len(seen) != 3 {
			t.Errorf("pages showed %d of 3", len(seen))
		}
		expect(t, o, 404, "service", "unknown", "lamps-key", "/api/v1/cases?service=pothole", "", "")
		expect(t, o, 422, "colour", "unknown_field", "lamps-key", "/api/v1/cases?colour=red", "", "")
		_, got, text := o.call("lamps-key", "/api/v1/services", "", "")
		all, _ := got["services"].([]any)
		if len(all) != 1 || all[0].(map[string]any)["code"] != "street_light" || all[0].(map[string]any)["target"].(map[string]any)["working_days"] != 10.0 {
			t.Error(text)
		}
	})
}

func TestWhoMustSignIsHeardOnlySigned(t *testing.T) {
	o := open(t, databasetest.Open(t, database.SQLite, nil))
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	sign := func(id string, at time.Time, body string) []string {
		stamp := fmt.Sprint(at.Unix())
		m := hmac.New(sha256.New, raw)
		m.Write([]byte(id + "." + stamp + "." + body))
		return []string{"webhook-id", id, "webhook-timestamp", stamp, "webhook-signature",
			"v1,bm90aGluZw== v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))}
	}
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"unsigned":        {nil, 401},
		"signed":          {sign("msg_1", time.Now(), ""), 200},
		"an hour old":     {sign("msg_1", time.Now().Add(-time.Hour), ""), 401},
		"of another body": {sign("msg_1", time.Now(), "x"), 401},
	} {
		if status, _, text := o.call("vault-key", "/api/v1/services", "", "", c.headers...); status != c.status {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
}
