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

// What each role may, written by hand beside rights.go: s sees, w works, o takes over, g assigns, h health, x sets it, t staff's list, a adds staff.
var roleMay = map[string]string{
	desk.Viewer: "s", desk.Agent: "swo", desk.Supervisor: "swohxg", desk.Translator: "", desk.Auditor: "sht", desk.Admin: "hxta",
}

// letters is which of them a route needs; "-" is anybody who is signed in, "+" anybody at all.
var letters = map[string]string{"": "+", "signed": "-", "see": "s", "work": "w", "takeover": "o", "assign": "g", "health": "h", "health.set": "x", "staff.see": "t", "staff": "a"}

func TestEveryRouteForEveryRole(t *testing.T) {
	h := open(t, databasetest.Open(t, database.SQLite, nil), "en")
	own := h.resident("sms:+447700900101", "en", "a person please")
	h.request(own, inbox.Request{Reason: inbox.Asked, Topic: "pothole"})
	foreign := h.resident("sms:+447700900102", "en", "a person please")
	h.request(foreign, inbox.Request{Reason: inbox.Asked, Topic: "park_path"})
	ownCase, foreignCase := h.file(own, "pothole", "12 High St."), h.file(foreign, "park_path", "the park")
	people := map[string]*sitter{"": h.browser()}
	for _, role := range desk.Roles() {
		people[role] = h.sit(role+" Person", []string{role}, []string{"highways"})
	}
	for _, rt := range desk.RoutesForTest() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		need, known := letters[rt.Act]
		if !known {
			t.Fatalf("%s needs %q, which this test does not know", rt.Pattern, rt.Act)
		}
		if need == "+" || strings.HasSuffix(path, "/events") || strings.HasSuffix(path, "/logout") {
			continue
		}
		for role, s := range people {
			allowed := role != "" && (need == "-" || strings.Contains(roleMay[role], need))
			all := role == desk.Supervisor || role == desk.Auditor
			for _, whose := range []string{"own", "foreign", "absent"} {
				if !strings.Contains(strings.TrimSuffix(path, "{$}"), "{") && whose != "own" {
					continue
				}
				to := strings.NewReplacer("{$}", "", "{id}", map[string]string{"own": own, "foreign": foreign, "absent": "no-such-id"}[whose],
					"{reference}", map[string]string{"own": ownCase.Reference.String(), "foreign": foreignCase.Reference.String(), "absent": "H4T-9WX5"}[whose]).Replace(path)
				status := s.try(method, to)
				where := rt.Pattern + " by " + role + ", " + whose
				switch {
				case role == "":
					if status != http.StatusSeeOther {
						t.Errorf("%s: %d, not sent to sign in", where, status)
					}
				case !allowed:
					if status != http.StatusForbidden {
						t.Errorf("%s: %d, want 403", where, status)
					}
				case whose == "absent" || whose == "foreign" && !all && strings.Contains("swog", need):
					if status != http.StatusNotFound && !(status == http.StatusUnprocessableEntity && method == http.MethodPost) && !strings.Contains(path, "/staff/") {
						t.Errorf("%s: %d, want 404", where, status)
					}
				case status == http.StatusForbidden || status >= 500:
					t.Errorf("%s: %d", where, status)
				}
			}
		}
	}
	// Of all those tries nothing came to the foreign team's but what supervisors and auditors may.
	if c := h.get(foreign); c.Owner == inbox.AnAgent && c.AgentID != people[desk.Supervisor].id {
		t.Errorf("the foreign conversation went to %s", c.AgentID)
	}
}

// try asks for a path without following where it leads. POSTs carry their session's true token and nothing else.
func (s *sitter) try(method, path string) int {
	s.h.Helper()
	v := url.Values{}
	if method == http.MethodPost && s.name != "" {
		v = s.fields("/desk/health404", "/desk/logout") // every page has this form
	}
	req, err := http.NewRequest(method, s.h.url+path, strings.NewReader(v.Encode()))
	s.h.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.h.url)
	c := *s.Client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Do(req)
	s.h.must(err)
	resp.Body.Close()
	return resp.StatusCode
}
